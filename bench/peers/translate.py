"""An encoder-decoder of T5's kind run by torch, as a peer of the zoo.

  translate.py MODEL THREADS

MODEL is a folder as transformers has it. Each line on standard input, "SOURCE TARGET PASSES",
is answered with a line of JSON: texts per second, where a text is a source of that many
tokens, read once, and a target of that many, written one after the other with a cache.
"""

import json
import statistics
import sys
import time

import torch
from transformers import T5ForConditionalGeneration


def main():
    model = T5ForConditionalGeneration.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
    torch.set_num_threads(int(sys.argv[2]))
    generator = torch.Generator().manual_seed(1)

    def once(source, target):
        with torch.inference_mode():
            read = model.encoder(input_ids=source)
            past = None
            for i in range(target.shape[1]):
                out = model(encoder_outputs=read, decoder_input_ids=target[:, i : i + 1], past_key_values=past, use_cache=True)
                past = out.past_key_values

    for line in sys.stdin:
        s, t, passes = map(int, line.split())
        source = torch.randint(0, model.config.vocab_size, (1, s), generator=generator)
        target = torch.randint(0, model.config.vocab_size, (1, t), generator=generator)
        once(source, target)
        times = []
        for _ in range(passes):
            start = time.perf_counter()
            once(source, target)
            times.append(time.perf_counter() - start)
        print(json.dumps({"value": 1 / statistics.median(times)}), flush=True)


if __name__ == "__main__":
    main()
