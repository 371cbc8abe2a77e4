"""What optimizers and schedules of the reference make of given gradients.

Writes optim/testdata/optim.json: parameters, twenty gradients of each, and for each
case the parameters after 1, 5 and 20 steps, and optim/testdata/schedules.json. AdamW,
SGD and Adafactor are those of torch and transformers; BERT's Adam and LAMB, which these
do not have, are the formulas of BERT's optimization.py and ALBERT's lamb_optimizer.py,
written out in float64.
"""

import json
import math
import pathlib

import numpy as np
import torch
from transformers import optimization

REPO = pathlib.Path(__file__).resolve().parents[2]

SHAPES = {"embed.weight": (11, 6), "dense.weight": (5, 9), "dense.bias": (9,), "norm.weight": (6,)}
STEPS, SEEN = 20, (1, 5, 20)
LR = 0.05


def draw():
    rng = np.random.default_rng(5)
    values = {k: rng.normal(0, 0.5, s).astype(np.float32) for k, s in SHAPES.items()}
    gradients = [{k: (rng.normal(0, 10.0 ** rng.integers(-3, 2), s)).astype(np.float32) for k, s in SHAPES.items()} for _ in range(STEPS)]
    gradients[7]["embed.weight"][3] = 0  # a token that no text had
    return values, gradients


def flat(values):
    return {k: [float(str(x)) for x in np.asarray(v, np.float32).reshape(-1)] for k, v in values.items()}


def write(name, value):
    text = json.dumps(value, separators=(",", ":")).replace('},"', '},\n"').replace('],"', '],\n"')
    (REPO / "optim/testdata" / name).write_text(text + "\n")


def run(make, lrs=None, clip=None):
    """The parameters after the steps seen, by an optimizer of torch's kind."""
    values, gradients = draw()
    params = {k: torch.nn.Parameter(torch.tensor(v)) for k, v in values.items()}
    matrices = [p for p in params.values() if p.dim() > 1]
    vectors = [p for p in params.values() if p.dim() < 2]
    optimizer = make([{"params": matrices}, {"params": vectors, "weight_decay": 0.0}])
    seen, norms = {}, []
    for step, g in enumerate(gradients):
        for k, p in params.items():
            p.grad = torch.tensor(g[k])
        if clip:
            norms.append(float(torch.nn.utils.clip_grad_norm_(params.values(), clip)))
        if lrs:
            for group in optimizer.param_groups:
                group["lr"] = lrs[step]
        optimizer.step()
        if step + 1 in SEEN:
            seen[step + 1] = flat({k: p.detach().numpy() for k, p in params.items()})
    return {"seen": seen, "norms": norms}


def formula(decay, update):
    """The same, by a formula for one parameter, in float64."""
    values, gradients = draw()
    values = {k: v.astype(np.float64) for k, v in values.items()}
    m = {k: np.zeros_like(v) for k, v in values.items()}
    v = {k: np.zeros_like(x) for k, x in values.items()}
    seen = {}
    for step, g in enumerate(gradients):
        for k, w in values.items():
            d = g[k].astype(np.float64)
            m[k] = 0.9 * m[k] + 0.1 * d
            v[k] = 0.999 * v[k] + 0.001 * d * d
            values[k] = update(w, m[k] / (np.sqrt(v[k]) + 1e-6), decay if w.ndim > 1 else 0)
        if step + 1 in SEEN:
            seen[step + 1] = flat(values)
    return {"seen": seen, "norms": []}


def bert(w, u, decay):
    return w - LR * (u + decay * w)


def lamb(w, u, decay):
    if decay == 0:
        return w - LR * u
    u = u + decay * w
    a, b = np.linalg.norm(w), np.linalg.norm(u)
    return w - LR * (a / b if a > 0 and b > 0 else 1) * u


def cases():
    lrs = [LR * (1 - i / STEPS) for i in range(STEPS)]
    adafactor = optimization.Adafactor
    return {
        "adamw": run(lambda p: torch.optim.AdamW(p, lr=LR, weight_decay=0.1)),
        "adamw-betas": run(lambda p: torch.optim.AdamW(p, lr=LR, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.01), lrs),
        "adamw-clip": run(lambda p: torch.optim.AdamW(p, lr=LR, weight_decay=0.1), clip=1.0),
        "sgd": run(lambda p: torch.optim.SGD(p, lr=LR, momentum=0.9, weight_decay=0.01)),
        "sgd-plain": run(lambda p: torch.optim.SGD(p, lr=LR)),
        "sgd-nesterov": run(lambda p: torch.optim.SGD(p, lr=LR, momentum=0.8, nesterov=True)),
        "adafactor": run(lambda p: adafactor(p, lr=LR, relative_step=False)),
        "adafactor-torch": run(lambda p: torch.optim.Adafactor(p, lr=LR, weight_decay=0.0)),
        "adafactor-plain": run(lambda p: adafactor(p, lr=LR, relative_step=False, scale_parameter=False, weight_decay=0.02)),
        "adafactor-moment": run(lambda p: adafactor(p, lr=LR, relative_step=False, beta1=0.9, clip_threshold=0.5, decay_rate=-0.7)),
        "adafactor-relative": run(lambda p: adafactor(p)),
        "adafactor-warmup": run(lambda p: adafactor(p, warmup_init=True)),
        "bert": formula(0.01, bert),
        "lamb": formula(0.01, lamb),
    }


def schedule(make, total=100):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _ in range(total):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


def schedules():
    o = optimization
    return {
        "constant": schedule(lambda p: o.get_constant_schedule(p)),
        "constant-warmup": schedule(lambda p: o.get_constant_schedule_with_warmup(p, 10)),
        "linear": schedule(lambda p: o.get_linear_schedule_with_warmup(p, 10, 100)),
        "cosine": schedule(lambda p: o.get_cosine_schedule_with_warmup(p, 10, 100)),
        "cosine-floor": schedule(lambda p: o.get_cosine_with_min_lr_schedule_with_warmup(p, 10, 100, min_lr_rate=0.1)),
        "inverse_sqrt": schedule(lambda p: o.get_inverse_sqrt_schedule(p, 10)),
        "inverse_sqrt-timescale": schedule(lambda p: o.get_inverse_sqrt_schedule(p, 5, timescale=20)),
        "wsd": schedule(lambda p: o.get_wsd_schedule(p, 10, 20, num_training_steps=100, decay_type="linear")),
        "wsd-cosine": schedule(lambda p: o.get_wsd_schedule(p, 0, 20, num_training_steps=100, min_lr_ratio=0.1)),
        "wsd-sqrt": schedule(lambda p: o.get_wsd_schedule(p, 10, 20, num_training_steps=100, decay_type="1-sqrt")),
        "rsqrt": [1 / math.sqrt(max(step + 1, 30)) for step in range(100)],
    }


if __name__ == "__main__":
    values, gradients = draw()
    write("optim.json", {
        "shapes": {k: list(s) for k, s in SHAPES.items()}, "values": flat(values), "gradients": [flat(g) for g in gradients], "cases": cases(),
    })
    write("schedules.json", schedules())
