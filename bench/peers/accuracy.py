"""How far an encoder with weights of 8 bits is from float32.

  accuracy.py zoo MODEL --zoo BINARY --weights int8
  accuracy.py onnxruntime MODEL --cache DIR

MODEL is a folder as transformers has it. Each line on standard input, "ROWS TOKENS", is
answered with a line of JSON: one less the cosine between a token's last hidden state and
that of torch in float32, on average over the tokens of random texts.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from encoder import graph, inputs, load


def of_zoo(a):
    from safetensors.numpy import load_file

    def hidden(ids):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.safetensors")
            rows = [x for row in ids for x in ("--ids", ",".join(map(str, row)))]
            subprocess.run([a.zoo, "forward", a.model, *rows, "--all", "--out", out, "--weights", a.weights], check=True)
            found = load_file(out)
        layers = [name for name in found if name.startswith("hidden_states.")]
        return found[max(layers, key=lambda name: int(name.split(".")[1]))]

    return hidden


def of_onnxruntime(a):
    import onnxruntime

    session = onnxruntime.InferenceSession(graph(a.model, a.cache, True), providers=["CPUExecutionProvider"])
    known = {i.name for i in session.get_inputs()}

    def hidden(ids):
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return session.run(None, {k: v for k, v in feed.items() if k in known})[0]

    return hidden


def main():
    p = argparse.ArgumentParser()
    p.add_argument("kind", choices=["zoo", "onnxruntime"])
    p.add_argument("model")
    p.add_argument("--zoo")
    p.add_argument("--weights")
    p.add_argument("--cache", default="onnx")
    a = p.parse_args()
    torch, reference = load(a.model, "sdpa")
    hidden = of_zoo(a) if a.kind == "zoo" else of_onnxruntime(a)
    for line in sys.stdin:
        rows, tokens = map(int, line.split())
        feed = inputs(rows, tokens, reference.config.vocab_size)
        with torch.inference_mode():
            want = reference(**{k: torch.from_numpy(v) for k, v in feed.items()}).last_hidden_state.numpy().astype(np.float64)
        got = hidden(feed["input_ids"]).astype(np.float64)
        cosine = (got * want).sum(-1) / np.linalg.norm(got, axis=-1) / np.linalg.norm(want, axis=-1)
        print(json.dumps({"value": float(np.mean(1 - cosine))}), flush=True)


if __name__ == "__main__":
    main()
