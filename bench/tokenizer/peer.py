"""One peer of the benchmark: encodes a corpus each time it reads a line, and prints the seconds and the number of ids.

    python peer.py KIND VOCABULARY CORPUS THREADS        KIND is "tokenizers" or "tiktoken"

CORPUS holds documents, each ended by a zero byte.
"""

import os
import sys
import time


def load(kind, vocabulary, threads):
    if kind == "tokenizers":
        os.environ["TOKENIZERS_PARALLELISM"] = "false" if threads == 1 else "true"
        os.environ["RAYON_NUM_THREADS"] = str(threads)
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(vocabulary)
        return lambda docs: sum(len(e.ids) for e in tokenizer.encode_batch_fast(docs, add_special_tokens=False))
    import base64

    import tiktoken

    ranks = {}
    for line in open(vocabulary, "rb"):
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    patterns = {  # those of the library for the two rank files
        50256: r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
        100256: r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    }
    encoding = tiktoken.Encoding("peer", pat_str=patterns[len(ranks)], mergeable_ranks=ranks, special_tokens={})
    if threads == 1:
        return lambda docs: sum(len(encoding.encode_ordinary(doc)) for doc in docs)
    return lambda docs: sum(map(len, encoding.encode_ordinary_batch(docs, num_threads=threads)))


def main():
    kind, vocabulary, corpus, threads = sys.argv[1:]
    docs = open(corpus, encoding="utf-8", newline="").read().split("\0")[:-1]
    encode = load(kind, vocabulary, int(threads))
    encode(docs[:100])
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        count = encode(docs)
        print(time.perf_counter() - begin, count, flush=True)


main()
