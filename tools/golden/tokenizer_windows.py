"""Writes how the reference cuts texts into windows and fills rows.

    python tokenizer_windows.py --shared ../../../shared      writes tokenizer/testdata/golden-windows.json.gz
"""

import argparse
import gzip
import json
import pathlib
import random

from tokenizer import REPO, references
from tokenizer_texts import OWN

VOCABULARIES = ["bert-base-uncased", "roberta", "gpt-neox", "clip"]


def row(encoding):
    return {
        "ids": encoding.ids,
        "types": encoding.type_ids,
        "texts": [-1 if s is None else s for s in encoding.sequence_ids],
        "words": [-1 if w is None else w for w in encoding.word_ids],
        "special": encoding.special_tokens_mask,
        "attention": encoding.attention_mask,
        "offsets": [list(o) for o in encoding.offsets],
    }


def windows(encoding):
    return [row(one) for one in [encoding, *encoding.overflowing]]


def case(rng, tokenizer, name):
    texts = [rng.choice(OWN) for _ in range(rng.choice([1, 1, 2]))]
    cut = {
        "max_length": rng.choice([2, 3, 4, 5, 8, 13, 20, 40]),
        "stride": rng.choice([0, 0, 1, 3]),
        "strategy": rng.choice(["longest_first", "only_first", "only_second"]),
        "direction": rng.choice(["right", "left"]),
    }
    fill = rng.choice([None, {"length": 24}, {"length": None}, {"length": None, "pad_to_multiple_of": 8}, {"length": 10, "pad_to_multiple_of": 7}])
    bare = rng.random() < 0.3
    try:
        tokenizer.enable_truncation(**cut)
    except ValueError:  # no text at all could be cut so
        return case(rng, tokenizer, name)
    tokenizer.no_padding()
    if fill is not None:
        fill |= {"direction": rng.choice(["left", "right"]), "pad_id": rng.choice([0, 1]), "pad_type_id": rng.choice([0, 1])}
        tokenizer.enable_padding(**fill)
    out = {"vocabulary": name, "rows": [texts], "cut": cut, "fill": fill, "bare": bare}
    if rng.random() < 0.3:
        out["rows"].append([rng.choice(OWN) for _ in texts])
    try:
        inputs = [tuple(r) if len(r) == 2 else r[0] for r in out["rows"]]
        out["windows"] = [windows(e) for e in tokenizer.encode_batch(inputs, add_special_tokens=not bare)]
    except BaseException as e:  # the reference's panics are no Exceptions
        if isinstance(e, KeyboardInterrupt):
            raise
        out["error"] = str(e)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path, default=REPO.parent / "shared")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--out", type=pathlib.Path, default=REPO / "tokenizer/testdata/golden-windows.json.gz")
    options = parser.parse_args()
    rng = random.Random(3)
    cases = []
    for name, make in references(options.shared):
        if name in VOCABULARIES:
            tokenizer = make().backend
            cases += [case(rng, tokenizer, name) for _ in range(options.count)]
    options.out.write_bytes(gzip.compress(json.dumps(cases, ensure_ascii=True, separators=(",", ":")).encode(), 9, mtime=0))
    print(len(cases), sum("error" in c for c in cases), options.out.stat().st_size)


if __name__ == "__main__":
    main()
