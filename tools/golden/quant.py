"""Block formats of GGUF: random valid blocks and the values the reference gives for them.

Writes checkpoint/gguf/testdata/quant.safetensors with, for each type T,
T.blocks (U8 [blocks, bytes of a block]) and T.values (F32 [blocks, elements]),
which must agree to the bit; and for the types the reference can also write,
T.source (F32) and T.quantized (U8), the blocks it makes of the source.
"""

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import save_file

from golden import REPO

# Where in a block its half-precision scales lie, in bytes.
SCALES = {
    "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2],
    "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}
# Scales worth a block of their own: ordinary, negative, zero, the smallest subnormal, a large one.
EDGES = [0.0123, -0.75, 0.0, 2.0**-24, 60.0]


def blocks(kind, rng, count=6):
    """Random blocks: any bits at all are a valid block, so long as the scales are finite."""
    _, size = gguf.GGML_QUANT_SIZES[Type[kind]]
    raw = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for place in SCALES[kind]:
        scales = rng.normal(0, 0.02, count)
        scales[: len(EDGES)] = rng.permutation(EDGES)
        raw[:, place : place + 2] = scales.astype(np.float16).view(np.uint8).reshape(count, 2)
    return raw


def halves(kind, rng):
    """F16 and BF16: every exponent, both signs, both zeros, the smallest and the largest."""
    step = 0x0123 if kind == "F16" else 0x0203
    finite = 0x7C00 if kind == "F16" else 0x7F80
    bits = np.arange(0, finite, step, dtype=np.uint16)
    edge = np.array([0, 1, finite - 1, 0x8000, 0x8001, (finite - 1) | 0x8000], dtype=np.uint16)
    bits = np.concatenate([bits, bits[::3] | 0x8000, edge, rng.integers(0, finite, 32, dtype=np.uint16)])
    return bits.view(np.uint8).reshape(1, -1)


def sources(kind, rng):
    """Values to quantise: ordinary rows, a row of zeros, one outlier, ties at half steps, tiny values."""
    width = max(gguf.GGML_QUANT_SIZES[Type[kind]][0], 32)
    rows = rng.normal(0, 1, (8, width)).astype(np.float32)
    rows[1] = 0
    rows[2, 5] = -40
    rows[3] = np.arange(width, dtype=np.float32) / 2 - 8
    rows[4] *= np.float32(1e-7)
    rows[5] = np.abs(rows[5])
    rows[6, :] = rows[6, 0]
    return rows


def main():
    out = {}
    for kind in ["F16", "BF16", *SCALES]:
        rng = np.random.Generator(np.random.PCG64([17, Type[kind].value]))
        raw = halves(kind, rng) if kind in ("F16", "BF16") else blocks(kind, rng)
        out[f"{kind}.blocks"] = raw
        values = gguf.dequantize(raw if kind != "F16" else raw.view(np.float16), Type[kind]).astype(np.float32)
        if not np.isfinite(values).all():
            raise ValueError(f"{kind}: values are not finite")
        out[f"{kind}.values"] = values
        rows = sources(kind, rng)
        try:
            made = gguf.quantize(rows, Type[kind])
        except NotImplementedError:
            continue
        out[f"{kind}.source"] = rows
        out[f"{kind}.quantized"] = np.ascontiguousarray(made).view(np.uint8).reshape(len(rows), -1)
    path = REPO / "checkpoint" / "gguf" / "testdata" / "quant.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(out, path)
    path.chmod(0o644)
    for name, value in out.items():
        print(name, value.dtype, value.shape)
    print(path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
