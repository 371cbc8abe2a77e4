"""Writes a copy of the golden cases whose checkpoints are PyTorch files.

    python bins.py OUT && ZOO_GOLDEN=OUT go test ./cmd/zoo -run TestForwardGolden

The copies repeat what the committed cases hold in another format, so they are
not committed.
"""

import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file

out = pathlib.Path(sys.argv[1])
models = pathlib.Path(__file__).resolve().parents[2] / "models"
for golden in sorted(models.glob("*/testdata/*/golden.json")):
    case, facts = golden.parent, json.loads(golden.read_text())
    weights = case / "model.safetensors"
    if not weights.exists() and "weights" not in facts:
        continue  # sharded, GGUF alone, or a PyTorch file already
    if "weights" in facts and not (case.parent / facts["weights"] / "model.safetensors").exists():
        continue
    copy = out / case.relative_to(models)
    copy.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "golden.json"):
        shutil.copy(case / name, copy / name)
    shutil.copy(case.parent / facts.get("outputs", case.name) / "golden.safetensors", copy / "golden.safetensors")
    if "outputs" in facts:
        (copy / "golden.json").write_text(json.dumps({k: v for k, v in facts.items() if k != "outputs"}))
    if weights.exists():
        torch.save(load_file(weights), copy / "pytorch_model.bin")
