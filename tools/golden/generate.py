"""Writes generate/testdata/process.json: scores before and after transformers' logits processors."""

import itertools
import json
import pathlib

import numpy as np
import torch
from transformers import generation as g

REPO = pathlib.Path(__file__).resolve().parents[2]
VOCAB = 64


def processors(o):
    """The processors for options of ours, in the order in which generate() puts them."""
    out = g.LogitsProcessorList()
    if "bias" in o:
        out.append(g.SequenceBiasLogitsProcessor({(int(k),): v for k, v in o["bias"].items()}))
    if "repetition_penalty" in o:
        out.append(g.RepetitionPenaltyLogitsProcessor(o["repetition_penalty"]))
    if "no_repeat_ngram" in o:
        out.append(g.NoRepeatNGramLogitsProcessor(o["no_repeat_ngram"]))
    if "min_tokens" in o:
        out.append(g.MinNewTokensLengthLogitsProcessor(o["prompt"], o["min_tokens"], [3, 9], device="cpu"))
    if "temperature" in o:
        out.append(g.TemperatureLogitsWarper(o["temperature"]))
    if "top_k" in o:
        out.append(g.TopKLogitsWarper(o["top_k"]))
    if "top_p" in o:
        out.append(g.TopPLogitsWarper(o["top_p"]))
    if "min_p" in o:
        out.append(g.MinPLogitsWarper(o["min_p"]))
    if "typical" in o:
        out.append(g.TypicalLogitsWarper(o["typical"]))
    if "epsilon" in o:
        out.append(g.EpsilonLogitsWarper(o["epsilon"]))
    if "eta" in o:
        out.append(g.EtaLogitsWarper(o["eta"], device="cpu"))
    return out


def main():
    single = [
        {"bias": {"5": 2.5, "7": -30.0}}, {"repetition_penalty": 1.3}, {"repetition_penalty": 0.7},
        {"no_repeat_ngram": 1}, {"no_repeat_ngram": 2}, {"no_repeat_ngram": 3}, {"min_tokens": 50},
        {"temperature": 0.3}, {"temperature": 2.0}, {"top_k": 1}, {"top_k": 10}, {"top_k": 1000},
        {"top_p": 0.05}, {"top_p": 0.5}, {"top_p": 0.9}, {"top_p": 0.999}, {"min_p": 0.02}, {"min_p": 0.5}, {"min_p": 1.0},
        {"typical": 0.1}, {"typical": 0.5}, {"typical": 0.95}, {"epsilon": 0.01}, {"epsilon": 0.3}, {"eta": 0.02}, {"eta": 0.4},
    ]
    parts = [{"repetition_penalty": 1.2}, {"no_repeat_ngram": 2}, {"temperature": 0.7}, {"top_k": 20}, {"top_p": 0.8},
             {"min_p": 0.05}, {"typical": 0.7}, {"epsilon": 0.02}, {"eta": 0.05}]
    mixed = [dict(itertools.chain(*(p.items() for p in pair))) for pair in itertools.combinations(parts, 2)]
    mixed.append(dict(itertools.chain(*(p.items() for p in parts))))
    random = np.random.Generator(np.random.PCG64(5))
    cases = []
    for number, options in enumerate(single + mixed):
        for shape in range(3):
            logits = random.standard_normal(VOCAB).astype(np.float32) * (0.5, 2, 6)[shape]
            if shape == 1:  # equal scores
                logits = np.round(logits)
            ids = random.integers(0, 12, 30)
            logits = [float(f"{v:.4f}") for v in logits]
            scores = torch.tensor([logits], dtype=torch.float32)
            out = processors({"prompt": 20, **options})(torch.tensor([ids.tolist()]), scores.clone())[0]
            cases.append({"options": options, "ids": ids.tolist(), "logits": logits,
                          "want": [None if v == -float("inf") else float(f"{v:.7g}") for v in out.tolist()]})
    text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n"
    path = REPO / "generate" / "testdata" / "process.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


main()
