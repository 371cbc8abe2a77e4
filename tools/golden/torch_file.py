"""checkpoint/torch/testdata: one state dict in each form that torch.save writes, and its tensors as safetensors."""

import collections
import pathlib

import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "checkpoint/torch/testdata"


def tensors():
    torch.manual_seed(4)
    base = torch.randn(4, 6)
    plain = {
        "f32": base, "f64": base.double(), "f16": base.half(), "bf16": base.bfloat16(),
        "i64": torch.tensor([-1, 2 ** 40]), "i32": torch.tensor([-1, 7], dtype=torch.int32), "i16": torch.tensor([-300], dtype=torch.int16),
        "i8": torch.tensor([[-8]], dtype=torch.int8), "u8": torch.tensor([255, 0], dtype=torch.uint8), "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3),
    }
    views = {
        "tied": base, "transposed": base.t(), "row": base[2], "column": base[:, 1], "step": base[1::2, ::3],
        "permuted": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1), "one": base[1:2, 3:4],
    }
    return {**plain, **views}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    want = tensors()
    save_file({k: v.clone(memory_format=torch.contiguous_format) for k, v in want.items()}, OUT / "want.safetensors")
    ordered = collections.OrderedDict(want)
    ordered._metadata = collections.OrderedDict({"": {"version": 1}})
    parameters = {k: torch.nn.Parameter(v, requires_grad=False) for k, v in want.items()}
    torch.save(ordered, OUT / "zip.bin")
    torch.save(want, OUT / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(parameters, OUT / "parameters.bin")
    torch.save({"epoch": 3, "lr": 1e-3, "big": 2 ** 40, "state_dict": ordered, "args": ["x", None, (1, True)]}, OUT / "inner.bin")
    torch.save(ordered, OUT / "protocol4.bin", pickle_protocol=4)
    torch.save({"w": torch.zeros(2).to_sparse()}, OUT / "sparse.bin")
    torch.save(torch.nn.Linear(2, 2), OUT / "module.bin")


main()
