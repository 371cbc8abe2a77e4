"""What the losses of objectives are: objective/testdata/losses.json, and objective/testdata/spanbert.

The models are golden cases of tools/golden (bert.py and the others come first) and
a SpanBERT, whose head for boundaries is written here after arXiv:1907.10529, section
3.2: transformers has none. Each term is the mean over its targets.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.torch import load_file, save_file

from golden import REPO, draw, ids, read_model, shaped, write_json
from bert import BERT

OUT = REPO / "objective" / "testdata"
IGNORE = -100
SPANBERT = shaped(BERT, architectures=["BertForSpanBoundary"], num_hidden_layers=1, span_embedding_size=10, max_span_positions=4)


def tokens(seed, length, low, high):
    return ids(seed, 1, length, low, high)[0].tolist()


def shifted(row):
    """Next tokens, none in the next document."""
    docs = row.get("documents", [0] * (len(row["all"])))
    target = [t if docs[i + 1] == docs[i] else IGNORE for i, t in enumerate(row["all"][1:])]
    out = {"input": row["all"][:-1], "target": target}
    if "documents" in row:
        out["documents"] = docs[:-1]
    return out


def prefixed(all, n):
    row = shifted({"all": all})
    row["target"][: n - 1] = [IGNORE] * (n - 1)
    return {**row, "visible": n}


def masked(seed, length, low, high, mask_id):
    """About a third of the places, each masked, with a random token, or as it was."""
    text = tokens(seed, length, low, high)
    rng = np.random.Generator(np.random.PCG64([seed, 5]))
    target = [t if rng.random() < 0.35 and 0 < i < length - 1 else IGNORE for i, t in enumerate(text)]
    target[2] = text[2]
    row = [t if target[i] == IGNORE else [mask_id, mask_id, t, (t + 7) % high][int(rng.integers(4))] for i, t in enumerate(text)]
    return {"input": row, "target": target}


def packed(rows, fill):
    width = max(len(r) for r in rows)
    return torch.tensor([r + [fill] * (width - len(r)) for r in rows])


def visible(rows, causal):
    """[B,1,T,T], 0 for a key that a query sees, and a large negative number for others; positions [B,T]."""
    T = max(len(r["input"]) for r in rows)
    see = torch.zeros(len(rows), T, T, dtype=torch.bool)
    positions = torch.zeros(len(rows), T, dtype=torch.long)
    for b, r in enumerate(rows):
        n, docs, prefix = len(r["input"]), r.get("documents", [0] * len(r["input"])), r.get("visible", 0)
        for q in range(n):
            positions[b, q] = q - docs.index(docs[q]) if "documents" in r else q
            for k in range(n):
                see[b, q, k] = docs[q] == docs[k] and (not causal or k <= q or k < prefix)
        for q in range(n, T):
            see[b, q, q] = True
    return torch.where(see, 0.0, torch.finfo(torch.float32).min)[:, None], positions


def mean(logits, target, smoothing=0.0, z=0.0):
    logits, target = logits.flatten(0, -2), target.flatten()
    loss = F.cross_entropy(logits, target, ignore_index=IGNORE, label_smoothing=smoothing)
    if z:
        loss = loss + z * (torch.logsumexp(logits[target != IGNORE], -1) ** 2).mean()
    return loss


def case(name, objective, model, weights, rows, terms, **options):
    model.zero_grad()
    terms = terms(model, rows)
    sum(terms.values()).backward()
    square = sum(float((p.grad.double() ** 2).sum()) for p in model.parameters() if p.grad is not None)
    return {"name": name, "objective": objective, "model": weights, **options, "examples": rows,
            "terms": {k: float(v.detach()) for k, v in terms.items()}, "grad_norm": square**0.5}


def causal(**entropy):
    def terms(model, rows):
        mask, positions = visible(rows, True)
        logits = model(packed([r["input"] for r in rows], 0), attention_mask=mask, position_ids=positions).logits
        return {"lm": mean(logits, packed([r["target"] for r in rows], IGNORE), **entropy)}
    return terms


def mlm(model, rows):
    mask, positions = visible(rows, False)
    config = model.config
    more = {}
    if any("documents" in r for r in rows):
        more["position_ids"] = positions + (config.pad_token_id + 1 if config.model_type == "roberta" else 0)
    logits = model(packed([r["input"] for r in rows], config.pad_token_id), attention_mask=mask, **more).logits
    return {"mlm": mean(logits, packed([r["target"] for r in rows], IGNORE))}


def pretraining(model, rows):
    lengths = [len(r["input"]) for r in rows]
    attention = torch.tensor([[1] * n + [0] * (max(lengths) - n) for n in lengths])
    out = model(packed([r["input"] for r in rows], 0), attention_mask=attention, token_type_ids=packed([r["types"] for r in rows], 0))
    return {"mlm": mean(out.prediction_logits, packed([r["target"] for r in rows], IGNORE)),
            "nsp": mean(out.seq_relationship_logits, torch.tensor([r["label"] for r in rows]))}


def denoising(**entropy):
    def terms(model, rows):
        source = packed([r["input"] for r in rows], 0)
        lengths = [len(r["input"]) for r in rows]
        attention = torch.tensor([[1] * n + [0] * (max(lengths) - n) for n in lengths])
        labels = packed([r["target"] for r in rows], IGNORE)
        out = model(source, attention_mask=attention, labels=labels)
        return {"lm": mean(out.logits, labels, **entropy)}
    return terms


def infilled(parts, spm, signs):
    """A document whose middle is moved to the end, as Code Llama's paper has it, and shifted.

    With parts = (prefix, middle, suffix), after arXiv:2308.12950, section 2.3, and the order of its released generation code.
    """
    begin, pre, suf, mid, end = signs
    prefix, middle, suffix = parts
    if spm:
        moved = [pre, suf] + suffix + [mid] + prefix + middle
    else:
        moved = [pre] + prefix + [suf] + suffix + [mid] + middle
    return {**shifted({"all": [begin] + moved + [end]}), "parts": [prefix, middle, suffix], "spm": spm}


class SpanBert(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        E, P = config["hidden_size"], config["span_embedding_size"]
        self.masked = hf.BertForMaskedLM(hf.BertConfig(**{k: v for k, v in config.items() if k != "architectures"}, attn_implementation="eager"))
        self.position_embeddings = torch.nn.Embedding(config["max_span_positions"], P)
        self.dense1, self.LayerNorm1 = torch.nn.Linear(2 * E + P, E), torch.nn.LayerNorm(E, eps=1e-12)
        self.dense2, self.LayerNorm2 = torch.nn.Linear(E, E), torch.nn.LayerNorm(E, eps=1e-12)
        self.bias = torch.nn.Parameter(torch.zeros(config["vocab_size"]))
        with torch.no_grad():
            for name, p in self.named_parameters():
                norm = "LayerNorm" in name and name.endswith("weight")
                p.copy_(draw(name, p.shape, 31, mean=float(norm), std=0.2 if p.ndim == 1 else 0.3))

    def files(self):
        own = {name.replace("masked.", ""): p for name, p in self.named_parameters() if name.startswith("masked.")}
        head = {"cls.boundary." + name: p for name, p in self.named_parameters() if not name.startswith("masked.")}
        return {k: v.detach().contiguous() for k, v in {**own, **head}.items()}

    def logits(self, rows):
        mask, _ = visible(rows, False)
        x = self.masked.bert(packed([r["input"] for r in rows], 0), attention_mask=mask).last_hidden_state
        pairs, target = [], []
        for b, r in enumerate(rows):
            for left, right, place, token in boundaries(r["target"], self.position_embeddings.num_embeddings):
                pairs.append(torch.cat([x[b, left], x[b, right], self.position_embeddings.weight[place]]))
                target.append(token)
        h = self.LayerNorm1(F.gelu(self.dense1(torch.stack(pairs))))
        h = self.LayerNorm2(F.gelu(self.dense2(h)))
        words = self.masked.bert.embeddings.word_embeddings.weight
        return self.masked.cls(x), h @ words.T + self.bias, torch.tensor(target)


def boundaries(target, most):
    """For each token of a span: the places of the span's neighbours, its own in the span, and it."""
    out, i = [], 0
    while i < len(target):
        j = i
        while j < len(target) and target[j] != IGNORE:
            j += 1
        if j > i and i > 0 and j < len(target):
            out += [(i - 1, j, k, target[i + k]) for k in range(min(j - i, most))]
        i = max(j, i + 1)
    return out


def sbo(model, rows):
    mask, boundary, target = model.logits(rows)
    return {"mlm": mean(mask, packed([r["target"] for r in rows], IGNORE)), "sbo": mean(boundary, target)}


def spans(seed):
    """Rows with spans of one to six tokens, one of them at the end of the text."""
    rows = []
    for i, cuts in enumerate([[(2, 8), (10, 11)], [(1, 3), (6, 9)], [(3, 5), (8, 9)]]):
        text = tokens(seed + i, [14, 11, 9][i], 5, 90)
        target = [t if any(lo <= p < hi for lo, hi in cuts) else IGNORE for p, t in enumerate(text)]
        rows.append({"input": [t if target[p] == IGNORE else 4 for p, t in enumerate(text)], "target": target})
    return rows


def load(cls, family, name):
    return read_model(cls, REPO / "models" / family / "testdata" / name)


def main():
    docs = [0] * 5 + [1] * 8
    llama, gpt2 = load(hf.LlamaForCausalLM, "llama", "tied"), load(hf.GPT2LMHeadModel, "gpt", "gpt2")
    bert, roberta = load(hf.BertForMaskedLM, "bert", "bert-masked"), load(hf.RobertaForMaskedLM, "bert", "roberta-masked")
    both = load(hf.BertForPreTraining, "bert", "bert-pretraining")
    t5, v11 = load(hf.T5ForConditionalGeneration, "t5", "t5"), load(hf.T5ForConditionalGeneration, "t5", "v1_1")
    plain = [shifted({"all": tokens(1, 13, 3, 290)}), shifted({"all": tokens(2, 9, 3, 290)})]
    onward = [shifted({"all": tokens(31, 13, 5, 90)}), shifted({"all": tokens(32, 9, 5, 90)})]
    several = [shifted({"all": tokens(3, 13, 3, 290), "documents": docs}), shifted({"all": tokens(4, 10, 3, 290), "documents": [0] * 3 + [1] * 3 + [2] * 4})]
    prefix = [prefixed(tokens(5, 13, 3, 290), 5), prefixed(tokens(6, 10, 3, 290), 1)]
    holes = [masked(7, 12, 5, 90, 4), masked(8, 9, 5, 90, 4)]
    apart = [{**masked(9, 12, 5, 90, 4), "documents": [0] * 7 + [1] * 5}, {**masked(10, 8, 5, 90, 4), "documents": [0] * 2 + [1] * 6}]
    pairs = [{**masked(11, 12, 5, 90, 4), "types": [0] * 5 + [1] * 7, "label": 1}, {**masked(12, 9, 5, 90, 4), "types": [0] * 4 + [1] * 5, "label": 0}]
    written = [{"input": tokens(13, 11, 3, 99), "target": tokens(14, 7, 3, 99)}, {"input": tokens(15, 6, 3, 99), "target": tokens(16, 4, 3, 99)}]

    signs = [1, 291, 292, 293, 294]  # begin, prefix, suffix, middle, end
    cuts = [(5, 4, 3), (1, 6, 2), (4, 1, 4), (3, 3, 3)]
    moved = []
    for i, (a, b, c) in enumerate(cuts):
        text = tokens(41 + i, a + b + c, 3, 290)
        moved.append(infilled((text[:a], text[a : a + b], text[a + b :]), i % 2 == 1, signs))

    span = SpanBert(SPANBERT).eval()
    (OUT / "spanbert").mkdir(parents=True, exist_ok=True)
    write_json(OUT / "spanbert" / "config.json", SPANBERT)
    files = span.files()
    save_file({k: v for k, v in files.items() if k != "cls.predictions.decoder.weight" and k != "cls.predictions.decoder.bias"},
              OUT / "spanbert" / "model.safetensors", metadata={"format": "pt"})

    entropy = {"smoothing": 0.1, "z": 0.01}
    models = "../models/"
    cases = [
        case("llama", "causal", llama, models + "llama/testdata/tied", plain, causal()),
        case("llama, documents", "causal", llama, models + "llama/testdata/tied", several, causal()),
        case("gpt2, documents", "causal", gpt2, models + "gpt/testdata/gpt2", several, causal()),
        case("gpt2, smoothing and z", "causal", gpt2, models + "gpt/testdata/gpt2", plain, causal(**entropy), entropy=entropy),
        case("gpt2, prefix", "prefix", gpt2, models + "gpt/testdata/gpt2", prefix, causal()),
        case("llama, prefix", "prefix", llama, models + "llama/testdata/tied", prefix, causal()),
        case("llama, infilling", "infilling", llama, models + "llama/testdata/tied", moved, causal(), signs=signs),
        case("bert, causal", "onward", bert, models + "bert/testdata/bert-masked", onward, causal()),
        case("bert", "masked", bert, models + "bert/testdata/bert-masked", holes, mlm),
        case("bert, documents", "masked", bert, models + "bert/testdata/bert-masked", apart, mlm),
        case("roberta", "masked", roberta, models + "bert/testdata/roberta-masked", holes, mlm),
        case("roberta, documents", "masked", roberta, models + "bert/testdata/roberta-masked", apart, mlm),
        case("bert, pairs", "next-sentence", both, models + "bert/testdata/bert-pretraining", pairs, pretraining),
        case("spanbert", "span-boundary", span, "testdata/spanbert", spans(17), sbo),
        case("t5", "denoising", t5, models + "t5/testdata/t5", written, denoising()),
        case("t5, smoothing and z", "denoising", t5, models + "t5/testdata/t5", written, denoising(**entropy), entropy=entropy),
        case("t5 1.1", "denoising", v11, models + "t5/testdata/v1_1", written, denoising()),
    ]
    write_json(OUT / "losses.json", {"transformers": hf.__version__, "torch": torch.__version__.split("+")[0], "cases": cases})


if __name__ == "__main__":
    main()
