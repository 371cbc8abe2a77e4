"""internal/kernel/testdata/encode.json: what ggml's own quantisers make of numbers, without an importance matrix.

    python encode.py libggml-base.so

The library is that of the npm package @node-llama-cpp/linux-x64 3.22.1 (llama.cpp's ggml, built without fused
multiply-adds, as its portable builds are).
"""

import base64
import ctypes
import json
import pathlib
import sys

import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "internal/kernel/testdata/encode.json"
# The number of a type in ggml, the values of a block and its bytes.
TYPES = {
    "Q8_0": (8, 32, 34), "Q4_0": (2, 32, 18), "Q4_1": (3, 32, 20), "Q5_0": (6, 32, 22), "Q5_1": (7, 32, 24), "Q2_K": (10, 256, 84),
    "Q3_K": (11, 256, 110), "Q4_K": (12, 256, 144), "Q5_K": (13, 256, 176), "Q6_K": (14, 256, 210), "IQ4_NL": (20, 32, 18),
}


def quantize(library, name, x):
    """The blocks that the library makes of x."""
    kind, values, size = TYPES[name]
    out = np.zeros(x.size // values * size, dtype=np.uint8)
    call = library.ggml_quantize_chunk
    call.restype = ctypes.c_size_t
    pointer = ctypes.c_void_p
    call.argtypes = [ctypes.c_int, pointer, pointer, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, pointer]
    if call(kind, x.ctypes.data, out.ctypes.data, 0, 1, x.size, None) != out.size:
        raise ValueError(f"{name}: not {out.size} bytes")
    return out


def numbers(rng):
    """Super-blocks of every sort that makes a search turn another way."""
    x = rng.normal(0, 1, (24, 256)).astype(np.float32)
    x[1] = 0
    x[2] = np.arange(256) / 4 - 32  # ties
    x[3] *= np.float32(1e-7)
    x[4] *= np.float32(1e4)
    x[5] = 1.25
    x[6] = -np.abs(x[6])
    x[7] = np.abs(x[7]) + 3
    x[8, 17] = 80  # one that stands out
    x[9, ::16] = -50
    x[10] = np.where(rng.random(256) < 0.9, 0, x[10])  # few that are not zero
    x[11, :128] = 0
    x[12] *= np.repeat(np.float32(10) ** rng.uniform(-6, 3, 16), 16).astype(np.float32)  # groups far apart
    x[13] = np.sign(x[13])
    x[14] = np.round(x[14] * 4)
    x[15] *= np.float32(1e-14)
    x[16] *= np.float32(1e-30)
    x[17] = rng.standard_t(2, 256)
    x[18] = -1.5
    x[19] = np.float32(2.0) ** rng.integers(-20, 10, 256)
    x[20] *= np.float32(0.02)
    x[21] = x[21] * np.float32(0.02) + np.float32(0.05)
    x[22, 0] = 1e8
    return x


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    library = ctypes.CDLL(sys.argv[1])
    x = numbers(np.random.default_rng(29))
    golden = {"numbers": text(x), "encode": {name: text(quantize(library, name, x)) for name in TYPES}}
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
