"""Writes a copy of the golden cases whose checkpoints are PyTorch files.

    python bins.py OUT && ZOO_GOLDEN=OUT go test ./cmd/zoo -run TestForwardGolden

The copies repeat what the committed cases hold in another format, so they are
not committed.
"""

import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file

out = pathlib.Path(sys.argv[1])
models = pathlib.Path(__file__).resolve().parents[2] / "models"
for weights in sorted(models.glob("*/testdata/*/model.safetensors")):
    case = weights.parent
    copy = out / case.relative_to(models)
    copy.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "golden.json", "golden.safetensors"):
        if (case / name).exists():
            shutil.copy(case / name, copy / name)
    torch.save(load_file(weights), copy / "pytorch_model.bin")
