"""internal/kernel/testdata/blocks.json: what gguf-py makes of blocks, and of numbers that become blocks."""

import base64
import json
import pathlib

import gguf
import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "internal/kernel/testdata/blocks.json"
DECODE = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL"]
ENCODE = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]
# Where the half precision scales of a block stand.
SCALES = {"Q4_1": (0, 2), "Q5_1": (0, 2), "Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def decoded(kind, rng):
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (8 if size < 200 else 4, size), dtype=np.uint8)
    if size < 16:  # plain numbers: all magnitudes, no NaN
        count = 256
        bits = rng.integers(0, 0x7C00 if kind.name == "F16" else 0x7F80, count).astype(np.uint16)
        bits |= rng.integers(0, 2, count).astype(np.uint16) << 15
        blocks = bits.view(np.uint8)
    else:
        for at in SCALES.get(kind.name, (0,)):
            scale = rng.normal(0, 0.1, len(blocks)).astype(np.float16)
            scale[0], scale[1] = 0, 6e-8  # the least subnormal
            blocks[:, at:at + 2] = scale.view(np.uint8).reshape(-1, 2)
    values = gguf.dequantize(blocks, kind).astype(np.float32)
    return {"blocks": text(blocks), "values": text(values)}


def numbers(rng):
    x = rng.normal(0, 1, (16, 32)).astype(np.float32)
    x[0] = 0
    x[1] = np.arange(-16, 16)  # ties everywhere
    x[2] = np.arange(32) / 4
    x[3] *= 1e-6
    x[4] *= 1e4
    x[5] = 1.25
    x[6] = -np.abs(x[6])
    x[7, 1::2] = -x[7, ::2]  # two values of the largest magnitude
    x[8] = np.where(np.arange(32) % 2, 127, 63.5)
    x[9] = 2.0 ** np.arange(-26, 6)  # half precision subnormals
    return x


def main():
    rng = np.random.default_rng(3)
    kinds = gguf.GGMLQuantizationType
    x = numbers(rng)
    golden = {
        "gguf": "0.19", "numbers": text(x),
        "decode": {name: decoded(kinds[name], rng) for name in DECODE},
        "encode": {name: text(gguf.quantize(x, kinds[name])) for name in ENCODE},
    }
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


main()
