"""An encoder run by onnxruntime or torch, as a peer of the zoo.

  encoder.py torch MODEL THREADS
  encoder.py onnxruntime MODEL THREADS [--int8] --cache DIR

MODEL is a folder as transformers has it. Each line on standard input, "ROWS TOKENS PASSES",
is answered with a line of JSON: tokens per second, by the median time of that many passes
after one to warm up. onnxruntime gets the graph that its own optimizer for transformers
makes of the model, and for --int8 its dynamic quantisation of that.
"""

import argparse
import json
import os
import statistics
import sys
import time

import numpy as np


def inputs(rows, tokens, vocab):
    ids = np.random.default_rng(1).integers(0, vocab, (rows, tokens), dtype=np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}


def load(path, attention):
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(path, dtype=torch.float32, attn_implementation=attention).eval()
    return torch, model


def with_torch(path, threads):
    torch, model = load(path, "sdpa")
    torch.set_num_threads(threads)
    vocab = model.config.vocab_size

    def prepare(rows, tokens):
        feed = {k: torch.from_numpy(v) for k, v in inputs(rows, tokens, vocab).items()}

        def once():
            with torch.inference_mode():
                model(**feed)

        return once

    return prepare


def export(path, plain):
    torch, model = load(path, "eager")

    class Body(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state

    feed = {k: torch.from_numpy(v) for k, v in inputs(2, 16, model.config.vocab_size).items()}
    names = list(feed)
    torch.onnx.export(
        Body(), tuple(feed.values()), plain, input_names=names, output_names=["last_hidden_state"],
        dynamic_axes={n: {0: "rows", 1: "tokens"} for n in [*names, "last_hidden_state"]}, opset_version=17, dynamo=False,
    )


def graph(path, cache, int8):
    """Returns the file of the graph that onnxruntime runs, made once."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer

    os.makedirs(cache, exist_ok=True)
    base = os.path.join(cache, os.path.basename(os.path.normpath(path)))
    plain, fused, small = base + ".plain.onnx", base + ".onnx", base + ".int8.onnx"
    if not os.path.exists(fused):
        if not os.path.exists(plain):
            export(path, plain)
        with open(os.path.join(path, "config.json")) as f:
            config = json.load(f)
        made = optimizer.optimize_model(plain, model_type="bert", num_heads=config["num_attention_heads"], hidden_size=config["hidden_size"])
        made.save_model_to_file(fused)
    if int8 and not os.path.exists(small):
        # the optimizer's own operators have no inferred types; all tensors are float
        quantize_dynamic(fused, small, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1})
    return small if int8 else fused


def with_onnxruntime(path, threads, cache, int8):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(graph(path, cache, int8), options, providers=["CPUExecutionProvider"])
    with open(os.path.join(path, "config.json")) as f:
        vocab = json.load(f)["vocab_size"]
    known = {i.name for i in session.get_inputs()}

    def prepare(rows, tokens):
        feed = {k: v for k, v in inputs(rows, tokens, vocab).items() if k in known}
        return lambda: session.run(None, feed)

    return prepare


def main():
    p = argparse.ArgumentParser()
    p.add_argument("kind", choices=["torch", "onnxruntime"])
    p.add_argument("model")
    p.add_argument("threads", type=int)
    p.add_argument("--int8", action="store_true")
    p.add_argument("--cache", default="onnx")
    a = p.parse_args()
    prepare = with_torch(a.model, a.threads) if a.kind == "torch" else with_onnxruntime(a.model, a.threads, a.cache, a.int8)
    for line in sys.stdin:
        rows, tokens, passes = map(int, line.split())
        once = prepare(rows, tokens)
        once()
        times = []
        for _ in range(passes):
            start = time.perf_counter()
            once()
            times.append(time.perf_counter() - start)
        print(json.dumps({"value": rows * tokens / statistics.median(times)}), flush=True)


if __name__ == "__main__":
    main()
