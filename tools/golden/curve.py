"""Losses of two hundred steps of training by torch.

Writes models/all/testdata/curves.json: for tiny checkpoints of GPT-2, BERT and T5 that the other
scripts wrote, the loss at each of 200 steps of AdamW, without dropout, float32, one thread. The
examples are formulas of step, row and place, which the test of the same name computes too.

At a learning rate of 1e-3 the tiny T5s are chaotic: noise of 6e-8 on the first weights moves torch's
own losses by 9e-2 within the 200 steps. At 3e-4 it moves them by 4e-6.
"""

import json
import pathlib

import torch
import transformers

REPO = pathlib.Path(__file__).resolve().parents[2]

STEPS, ROWS, TOKENS = 200, 4, 12
DECAY = 0.01
CASES = {
    "gpt/testdata/gpt2": (transformers.GPT2LMHeadModel, 1e-3),
    "bert/testdata/bert-masked": (transformers.BertForMaskedLM, 1e-3),
    "t5/testdata/t5": (transformers.T5ForConditionalGeneration, 3e-4),
    "t5/testdata/v1_1": (transformers.T5ForConditionalGeneration, 3e-4),
}
FIRST, SPAN, MASK = 4, 40, 3  # tokens are FIRST up to FIRST+SPAN-1


def token(step, row, place):
    return FIRST + (step % 10 * 17 + row * 29 + place * (row + step % 10 + 1)) % SPAN


def example(name, step):
    ids = [[token(step, r, t) for t in range(TOKENS)] for r in range(ROWS)]
    if "gpt" in name:
        return ids, ids
    if "t5" in name:
        return ids, [row[::-1] for row in ids]
    labels = [[v if (step + r + t) % 3 == 0 else -100 for t, v in enumerate(row)] for r, row in enumerate(ids)]
    return [[MASK if l >= 0 else v for v, l in zip(row, lab)] for row, lab in zip(ids, labels)], labels


def curve(name, cls, lr):
    model = cls.from_pretrained(REPO / "models" / name, attn_implementation="eager", dtype=torch.float32).eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=DECAY)
    losses = []
    for step in range(STEPS):
        ids, labels = example(name, step)
        optimizer.zero_grad()
        loss = model(input_ids=torch.tensor(ids), labels=torch.tensor(labels)).loss
        loss.backward()
        optimizer.step()
        losses.append(float(str(loss.detach().numpy())))
    return losses


def main():
    torch.set_num_threads(1)
    text = json.dumps({name: {"lr": lr, "losses": curve(name, cls, lr)} for name, (cls, lr) in CASES.items()}, separators=(",", ":"))
    out = REPO / "models/all/testdata/curves.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(text.replace('},"', '},\n"') + "\n")


main()
