"""model/testdata/mix.json: the form that llama.cpp gives each tensor of a file when it quantises it.

    python mix.py FOLDER

The folder is that of the shared libraries of the npm package @node-llama-cpp/linux-x64 3.22.1. Models of a few layers
and columns are enough: only names, shapes and a few keys decide.
"""

import ctypes
import json
import pathlib
import sys
import tempfile

import gguf
import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "model/testdata/mix.json"
# The numbers that llama.h has for kinds of files.
MIXES = {
    "f16": 1, "q4_0": 2, "q4_1": 3, "q8_0": 7, "q5_0": 8, "q5_1": 9, "q2_k": 10, "q3_k_s": 11, "q3_k_m": 12, "q3_k_l": 13, "q4_k_s": 14,
    "q4_k_m": 15, "q5_k_s": 16, "q5_k_m": 17, "q6_k": 18, "iq4_nl": 25, "bf16": 32,
}
# How a type is written in the golden file, a letter a tensor.
LETTERS = dict(zip("F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL".split(), "abcdefghijklmn"))
# What differs between the models: columns must fit 256, 32 or nothing.
MODELS = {
    "qwen2-tied": dict(arch="qwen2", layers=12, hidden=32, ffn=256, heads=4, kv=2, tied=True),
    "llama": dict(arch="llama", layers=9, hidden=256, ffn=512, heads=8, kv=2, tied=False),
    "llama-heads-alike": dict(arch="llama", layers=3, hidden=256, ffn=32, heads=2, kv=2, tied=True),
    "llama-deep": dict(arch="llama", layers=80, hidden=256, ffn=256, heads=2, kv=1, tied=False),
    "qwen2-odd": dict(arch="qwen2", layers=2, hidden=48, ffn=96, heads=2, kv=1, tied=False),
    "mixtral": dict(arch="llama", layers=4, hidden=256, ffn=256, heads=4, kv=1, tied=False, experts=8),
    "gpt2": dict(arch="gpt2", layers=4, hidden=256, ffn=1024, heads=2, kv=2, tied=False),
    "bert": dict(arch="bert", layers=4, hidden=256, ffn=1024, heads=2, kv=2, tied=True),
}


def shapes(m):
    """The tensors of a model, rows first."""
    h, f, v = m["hidden"], m["ffn"], 32
    kv = h // m["heads"] * m["kv"]
    out = {"token_embd.weight": (v, h), "output_norm.weight": (h,)}
    if not m["tied"]:
        out["output.weight"] = (v, h)
    if m["arch"] in ("gpt2", "bert"):
        out["position_embd.weight"] = (16, h)
    if m["arch"] == "bert":
        out["token_types.weight"] = (2, h)
    for i in range(m["layers"]):
        p = f"blk.{i}."
        out[p + "attn_norm.weight"], out[p + "ffn_norm.weight"] = (h,), (h,)
        if m["arch"] == "gpt2":
            out[p + "attn_qkv.weight"], out[p + "attn_qkv.bias"] = (3 * h, h), (3 * h,)
        else:
            out[p + "attn_q.weight"], out[p + "attn_k.weight"], out[p + "attn_v.weight"] = (h, h), (kv, h), (kv, h)
        if m["arch"] == "qwen2":
            out[p + "attn_v.bias"] = (kv,)
        out[p + "attn_output.weight"] = (h, h)
        if n := m.get("experts"):
            out[p + "ffn_gate_inp.weight"] = (n, h)
            out[p + "ffn_gate_exps.weight"], out[p + "ffn_up_exps.weight"], out[p + "ffn_down_exps.weight"] = (n, f, h), (n, f, h), (n, h, f)
        else:
            if m["arch"] not in ("gpt2", "bert"):
                out[p + "ffn_gate.weight"] = (f, h)
            out[p + "ffn_up.weight"], out[p + "ffn_down.weight"] = (f, h), (h, f)
    return out


def write(path, m):
    w = gguf.GGUFWriter(path, m["arch"])
    w.add_block_count(m["layers"])
    w.add_context_length(16)
    w.add_embedding_length(m["hidden"])
    w.add_feed_forward_length(m["ffn"])
    w.add_head_count(m["heads"])
    w.add_head_count_kv(m["kv"])
    w.add_vocab_size(32)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_layer_norm_eps(1e-5)
    if m["arch"] == "bert":
        w.add_causal_attention(False)
    if n := m.get("experts"):
        w.add_expert_count(n)
        w.add_expert_used_count(2)
    for name, shape in shapes(m).items():
        wide = len(shape) > 1 and not any(part in name for part in ("position_embd", "token_types", "ffn_gate_inp"))
        w.add_tensor(name, np.zeros(shape, np.float16 if wide else np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


class Params(ctypes.Structure):
    _fields_ = [
        ("nthread", ctypes.c_int32), ("ftype", ctypes.c_int), ("output", ctypes.c_int), ("embedding", ctypes.c_int),
        ("flags", ctypes.c_bool * 6), ("rest", ctypes.c_void_p * 4), ("buffer", ctypes.c_size_t),
    ]


def load(folder):
    libraries = [ctypes.CDLL(str(next(folder.glob(name))), ctypes.RTLD_GLOBAL) for name in ("libggml-base.so", "libggml.*.so", "libllama.v*.so")]
    llama = libraries[-1]
    llama.llama_model_quantize_default_params.restype = Params
    llama.llama_model_quantize.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(Params)]
    return llama


def main():
    llama = load(pathlib.Path(sys.argv[1]))
    golden = {"letters": {letter: kind for kind, letter in LETTERS.items()}, "models": {}}
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/source.gguf", f"{folder}/target.gguf"
        for name, m in MODELS.items():
            write(source, m)
            all_shapes = shapes(m)
            keys = {k: m.get(k, 0) for k in ("arch", "layers", "heads", "kv", "experts")}
            golden["models"][name] = {"keys": keys, "shapes": [[n, *s] for n, s in all_shapes.items()], "types": {}}
            for mix, number in MIXES.items():
                params = llama.llama_model_quantize_default_params()
                params.nthread, params.ftype = 1, number
                if llama.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)) != 0:
                    raise ValueError(f"{name} {mix}")
                got = {t.name: t.tensor_type.name for t in gguf.GGUFReader(target).tensors}
                golden["models"][name]["types"][mix] = "".join(LETTERS[got[tensor]] for tensor in all_shapes)
    OUT.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
