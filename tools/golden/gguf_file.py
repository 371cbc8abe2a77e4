"""model.gguf beside a checkpoint, or in place of one, and the check that it holds the same numbers."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import gguf
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def convert(llama_cpp, model, out, pre="default", types=None, config=None):
    """Converts the HF directory `model` to the file `out`; `config` replaces keys of config.json for the converter alone."""
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for file in model.iterdir():
            if not file.name.startswith(("golden", "encodings", "model.gguf")):
                shutil.copy(file, scratch / file.name)
        if config:
            both = {**json.loads((scratch / "config.json").read_text()), **config}
            (scratch / "config.json").write_text(json.dumps(both))
        done = subprocess.run([sys.executable, HERE / "convert.py", llama_cpp, scratch, out, pre, json.dumps(types or {})],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-3000:])


def quantized(value, types, gguf_names):
    """What a float32 matrix becomes when stored in the type its GGUF name selects."""
    for pattern, kind in types.items():
        if value.ndim > 1 and any(re.search(pattern, name) for name in gguf_names):
            kind = gguf.GGMLQuantizationType[kind]
            return gguf.dequantize(gguf.quantize(value, kind), kind).reshape(value.shape)
    return value


def names(tensors, arch, layers):
    """The GGUF name of each HF tensor, for the quantisation table."""
    table = gguf.get_tensor_name_map(arch, layers)
    out = {}
    for name in tensors:
        found = table.get_name(name.removeprefix("bert."), try_suffixes=(".weight", ".bias"))
        out[name] = [found] if found else []
    return out


def sorted_bytes(value):
    """The bits of a tensor's numbers in ascending order; adding 0 makes -0 the same as 0."""
    return np.sort(value.astype(np.float32) + np.float32(0), axis=None).tobytes()


def check(file, tensors):
    """Each tensor of the file must be, as a set of numbers, one of the checkpoint's: row orders differ, values may not."""
    want = {}
    for name, value in tensors.items():
        want.setdefault(sorted_bytes(value), []).append(name)
    reader = gguf.GGUFReader(file)
    lost = set(tensors)
    for tensor in reader.tensors:
        value = gguf.dequantize(tensor.data, tensor.tensor_type)
        found = want.get(sorted_bytes(value))
        if not found and tensor.name != "rope_freqs.weight":
            raise ValueError(f"{file}: {tensor.name} holds none of the checkpoint's tensors")
        lost -= set(found or [])
    return sorted(lost)
