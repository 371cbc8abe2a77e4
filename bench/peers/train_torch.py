"""Steps of training by torch, as a peer of the zoo.

  train_torch.py CONFIG THREADS [--dropout]

CONFIG is a config.json of transformers; the weights are random. Each line on standard input,
"ROWS TOKENS STEPS", is answered with a line of JSON: tokens per second, by the median time of
that many steps (forward, backward and AdamW, eager) after one to warm up; or, with the word "memory"
after it, with the peak of the process's memory in MiB. An encoder-decoder reads and writes as many tokens, which count once.
"""

import argparse
import json
import re
import statistics
import sys
import time

import torch
import transformers


def classes(config):
    return getattr(transformers, config.architectures[0])


def peak():
    with open("/proc/self/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024


def main():
    args = argparse.ArgumentParser()
    args.add_argument("config")
    args.add_argument("threads", type=int)
    args.add_argument("--dropout", action="store_true")
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    with open(args.config) as f:
        fields = json.load(f)
    if not args.dropout:
        for name in fields:
            if "drop" in name:
                fields[name] = 0.0
    config = transformers.AutoConfig.for_model(fields.pop("model_type"), **fields)
    model = classes(config)(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)

    for line in sys.stdin:
        rows, tokens, steps, *memory = line.split()
        rows, tokens, steps = int(rows), int(tokens), int(steps)
        ids = torch.randint(2, min(config.vocab_size, 4000), (rows, tokens))
        times = []
        for _ in range(steps + 1):
            start = time.perf_counter()
            optimizer.zero_grad()
            model(input_ids=ids, labels=ids).loss.backward()
            optimizer.step()
            times.append(time.perf_counter() - start)
        seconds = statistics.median(times[1:])
        print(json.dumps({"value": peak() if memory else rows * tokens / seconds}), flush=True)


main()
