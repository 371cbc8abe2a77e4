"""Writes what the reference learns from small corpora, and what it makes of the tokenizers that the zoo learns.

    python tokenizer_train.py                     the golden files under tokenizer/train/testdata
    python tokenizer_train.py --shared ../../../shared
                                                  digests of what it learns from real corpora, for go test ./tokenizer/train -long

The corpora are made here. The ways into the models, and the tokenizers that the
reference is to open, are those of testdata/preset, which `go test
./tokenizer/train -run TestPresets -update` writes first.
"""

import argparse
import gzip
import hashlib
import io
import json
import pathlib
import random

import sentencepiece
import tokenizers
from tokenizers import pre_tokenizers, trainers

from tokenizer_texts import OWN

REPO = pathlib.Path(__file__).resolve().parents[2]
DATA = REPO / "tokenizer/train/testdata"
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())
FALLBACK = [f"<0x{b:02X}>" for b in range(256)]


def syllables(rng, onsets, nuclei, codas, count):
    return ["".join(rng.choice(onsets) + rng.choice(nuclei) + rng.choice(codas) for _ in range(rng.randint(1, 4))) for _ in range(count)]


def zipf(rng, words, count):
    return rng.choices(words, weights=[1 / (i + 2) for i in range(len(words))], k=count)


def words_corpus(rng):
    """Sentences of one script, with numbers, punctuation and capitals."""
    words = syllables(rng, ["b", "br", "d", "f", "gl", "k", "l", "m", "n", "p", "s", "st", "t", "th", "w", ""], "aeiou", ["", "", "n", "r", "s", "ck"], 900)
    lines = []
    for _ in range(220):
        line = zipf(rng, words, rng.randint(3, 12))
        line = [w + rng.choice(["ing", "ed", "'s", "ly"]) if rng.random() < 0.15 else w for w in line]
        line = [w.capitalize() if i == 0 or rng.random() < 0.05 else w for i, w in enumerate(line)]
        line = [str(rng.randint(0, 2030)) if rng.random() < 0.04 else w for w in line]
        lines.append(rng.choice([" ", " ", " ", "  "]).join(line) + rng.choice([".", ".", "!", "?", " —", ", \"quoted\"."]))
    return "\n".join(lines) + "\n"


def mixed_corpus(rng):
    """Lines of several scripts; marks, emoji, line ends of either kind, none at the end."""
    cyrillic = syllables(rng, list("бвгдзклмнпрст"), list("аеиоуя"), ["", "", "й", "нь"], 250)
    greek = syllables(rng, list("βγδκλμνπρστ"), list("αεηιοω") + ["ά", "έ"], ["", "ς", "ν"], 200)
    arabic = syllables(rng, list("بتجدرسكلمن"), list("اوي"), ["", "ة"], 150)
    han = ["".join(chr(0x4E00 + int(rng.expovariate(1 / 60))) for _ in range(rng.randint(1, 3))) for _ in range(300)]
    kana = ["".join(chr(rng.randint(0x3042, 0x3090)) for _ in range(rng.randint(1, 4))) for _ in range(80)]
    accents = ["café", "cafe\u0301", "naïve", "Ångström", "A\u030angstrom", "ﬁne", "№5", "x²", "½", "ﬀ", "İ", "straße"]
    emoji = ["😀", "👩‍💻", "🇫🇷", "👍🏽", "❤️"]
    lines = []
    for i in range(200):
        kind = i % 5
        if kind == 0:
            lines.append(" ".join(zipf(rng, cyrillic, 8)) + ".")
        elif kind == 1:
            lines.append(" ".join(zipf(rng, greek, 7)) + ";")
        elif kind == 2:
            lines.append("".join(zipf(rng, han, 10)) + "，" + "".join(zipf(rng, kana, 4)) + "。")
        elif kind == 3:
            lines.append(" ".join(zipf(rng, arabic, 6)) + "\t" + rng.choice(emoji))
        else:
            lines.append(" ".join(rng.choice(accents + emoji + cyrillic[:9]) for _ in range(6)) + "\u00a0end")
    return "".join(line + rng.choice(["\n", "\n", "\r\n", "\n\n"]) for line in lines[:-1]) + lines[-1]


def code_corpus(rng):
    """Lines like a program's, and runs of one character."""
    names = syllables(rng, list("bcdfgklmnprst"), "aeiou", ["", "x", "t"], 150)
    lines = []
    for _ in range(180):
        a, b, c = zipf(rng, names, 3)
        indent = " " * rng.choice([0, 0, 2, 4, 4, 8])
        lines.append(indent + rng.choice([
            f"func {a}({b} int) {{", f"{a} := {b}.{c}[{rng.randint(0, 99)}]", "}", f"if {a} != nil && {b}_{c} <= 0x{rng.randint(0, 4095):x} {{",
            f"return {a}({b}, \"{c}\") // {a} of {b}", f"{a.upper()}_{b.upper()} = {rng.randint(0, 10**6)}", "a" * rng.randint(2, 9), "-" * rng.randint(2, 40),
        ]))
    return "\n".join(lines) + "\n"


CORPORA = {"words": words_corpus, "mixed": mixed_corpus, "code": code_corpus}


def case(preset, corpus, **config):
    return {"preset": preset, "corpus": corpus, "config": config}


def small_cases():
    for corpus in CORPORA:
        for size, frequency in ((300, 2), (700, 2), (2000, 0), (2000, 4)):
            yield case("gpt2", [corpus], VocabSize=size, MinFrequency=frequency)
        yield case("llama3", [corpus], VocabSize=600)
        yield case("bert-uncased", [corpus], VocabSize=800, LimitAlphabet=0)
        yield case("bert", [corpus], VocabSize=3000, MinFrequency=3, LimitAlphabet=0)
        yield case("gpt1", [corpus], VocabSize=900)
        yield case("llama", [corpus], VocabSize=1200)
        yield case("llama", [corpus], VocabSize=1500, MaxTokenLength=5, WholeLines=True)
        yield case("llama", [corpus], VocabSize=900, MaxTokenLength=9, Alphabet=[ord(c) for c in "Ωж+"])
    yield case("qwen2", ["words", "mixed", "code"], VocabSize=1500)
    yield case("roberta", ["code", "words"], VocabSize=700, MinFrequency=3)
    yield case("llama", ["words"], VocabSize=900, LimitAlphabet=30, ByteFallback=False)
    yield case("bert", ["words"], VocabSize=600, LimitAlphabet=25)
    yield case("gpt1", ["mixed"], VocabSize=900, Suffix="@@", Prefix="+")
    yield case("llama", ["code"], VocabSize=700, PreTokenizer=None, MinFrequency=1)


def real_cases():
    for corpus in ("shakespeare", "wiki", "darwin", "zh", "xquad-de"):
        for size in (1000, 8000, 30000):
            for preset in ("gpt2", "llama", "bert-uncased", "gpt1"):
                if corpus == "zh" and preset != "gpt2" and size < 8000:
                    continue  # the alphabet alone is more
                yield case(preset, [corpus], VocabSize=size, MinFrequency=0 if size > 8000 else 2, LimitAlphabet=0)


def real_corpora(shared):
    """Paths, or texts, of the shared corpora."""
    at = shared / "data/corpora"
    read = lambda *names: "".join((at / n).read_bytes().decode() for n in names)
    conllu = (at / "parallel/pud/zh_pud-ud-test.conllu").read_text(encoding="utf-8").split("\n")
    german = json.loads((at / "qa/xquad/xquad.de.json").read_text(encoding="utf-8"))["data"]
    return {
        "shakespeare": read("pretrain/tinyshakespeare/input.txt"),
        "wiki": read("pretrain/wikitext-2-raw/wiki.valid.raw", "pretrain/wikitext-2-raw/wiki.test.raw"),
        "darwin": read("pretrain/authors/darwin.txt"),
        "zh": "".join(line[9:] + "\n" for line in conllu if line.startswith("# text = ")),
        "xquad-de": "".join(p["context"] + "\n" for a in german for p in a["paragraphs"]),
    }


def learn(case, texts):
    """Adds to a case what the reference learns. It numbers characters with a prefix or a suffix in an order that is
    another one each time, so these are given to it, in the order of their texts, with the special tokens."""
    preset = json.loads((DATA / "preset" / (case["preset"] + ".json")).read_text(encoding="utf-8"))
    config = case["config"]
    body = dict(preset, added_tokens=[], post_processor=None)
    if "PreTokenizer" in config:
        body["pre_tokenizer"] = config["PreTokenizer"]
    model = body["model"] = dict(preset["model"], vocab={})
    kind = model["type"]
    prefix = config.get("Prefix", model.get("continuing_subword_prefix")) or ""
    suffix = config.get("Suffix", model.get("end_of_word_suffix")) or ""
    special = [t["content"] for t in preset["added_tokens"]]
    if kind == "WordPiece":
        model["vocab"] = {special[1]: 0}
    else:
        model.update(merges=[], continuing_subword_prefix=None, end_of_word_suffix=None, unk_token=None, byte_fallback=False)
    if config.get("ByteFallback", preset["model"].get("byte_fallback")):
        special += FALLBACK
    bytewise = case["preset"] in ("gpt2", "llama3", "qwen2", "roberta")
    lines = [line for name in case["corpus"] for line in texts[name].splitlines_kept()]
    if not config.get("WholeLines", case["preset"] != "llama"):
        lines = [line.removesuffix("\n").removesuffix("\r") for line in lines]
    settings = {"vocab_size": config["VocabSize"], "min_frequency": config.get("MinFrequency", 2), "show_progress": False}
    settings["initial_alphabet"] = BYTES if bytewise else [chr(c) for c in config.get("Alphabet", [])]
    settings |= {to: config[of] for of, to in (("LimitAlphabet", "limit_alphabet"), ("MaxTokenLength", "max_token_length")) if config.get(of)}
    if prefix:
        settings["continuing_subword_prefix"] = prefix
    if suffix:
        settings["end_of_word_suffix"] = suffix
    if prefix or suffix:
        special += forms(body, lines, settings, prefix, suffix)
    trainer = trainers.WordPieceTrainer if kind == "WordPiece" else trainers.BpeTrainer
    learnt = []
    for _ in range(3):
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(body))
        tokenizer.train_from_iterator(lines, trainer(special_tokens=special, **settings))
        learnt.append(json.loads(tokenizer.to_str())["model"])
    if any(other != learnt[0] for other in learnt):
        raise ValueError(f"{case}: the reference learns something else each time")
    vocab = learnt[0]["vocab"]
    case["tokens"] = sorted(vocab, key=vocab.get)
    case["merges"] = [list(m) for m in learnt[0].get("merges", [])]
    print(case["preset"], *case["corpus"], config, len(case["tokens"]), flush=True)
    return case


def forms(body, lines, settings, prefix, suffix):
    """The alphabet, and what characters become by where they stand, in order."""
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(body))
    counts, found = {}, set()
    words = []
    for line in lines:
        if tokenizer.normalizer:
            line = tokenizer.normalizer.normalize_str(line)
        words += [w for w, _ in tokenizer.pre_tokenizer.pre_tokenize_str(line)]
    for word in words:
        for char in word:
            counts[char] = counts.get(char, 0) + 1
    limit = settings.get("limit_alphabet", len(counts))
    kept = sorted(sorted(counts, key=lambda c: -counts[c])[:limit])
    for word in words:
        for i, char in enumerate(word):
            if char in kept:
                found.add((prefix if i > 0 else "") + char + (suffix if i == len(word) - 1 else ""))
    return kept + sorted(found, key=lambda s: s.encode())


class Text(str):
    def splitlines_kept(self):
        """Lines with their ends; only \\n ends one."""
        parts = self.split("\n")
        return [p + "\n" for p in parts[:-1]] + parts[-1:] * (parts[-1] != "")


def write(path, value):
    packed = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(packed, 9, mtime=0))


def digest(case):
    """A case with a digest in the place of its tokens and merges."""
    text = "\0".join(case.pop("tokens")) + "\1" + "\0".join(" ".join(m) for m in case.pop("merges"))
    return case | {"sha256": hashlib.sha256(text.encode()).hexdigest()}


def pieces(name, text, size):
    """How many tokens SentencePiece's own unigram vocabulary makes of the text it was learnt from."""
    lines = text.replace("<unk>", "unknown").split("\n")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=size, model_type="unigram", max_sentence_length=1 << 30,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    case = {"corpus": name, "size": size, "tokens": sum(len(ids) for ids in processor.encode(lines))}
    print("sentencepiece", case, flush=True)
    return case


def write_lines(path, cases):
    lines = ",\n".join(json.dumps(c) for c in cases)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def opened(path):
    """What the library makes of texts with a tokenizer of the zoo's."""
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    cases = []
    for text in OWN:
        ids = tokenizer.encode(text).ids
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
    print("opened", path.stem, flush=True)
    return {"pair": tokenizer.encode("one", "two words").ids, "cases": cases}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path)
    parser.add_argument("--corpora", action="store_true", help="write the corpora only")
    options = parser.parse_args()
    if options.shared:
        texts = {name: Text(text) for name, text in real_corpora(options.shared).items()}
        write_lines(DATA / "real.json", [digest(learn(c, texts)) for c in real_cases()])
        write_lines(DATA / "real_unigram.json", [pieces(c, texts[c], 8000) for c in ("shakespeare", "wiki", "darwin")] + [pieces("xquad-de", texts["xquad-de"], 6000)])
        return
    texts = {}
    for name, make in CORPORA.items():
        texts[name] = Text(make(random.Random(name)))
        path = DATA / "corpus" / (name + ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(texts[name].encode())
    if options.corpora:
        return
    write_lines(DATA / "unigram.json", [pieces(c, texts[c], n) for c, n in (("words", 400), ("words", 600), ("mixed", 600), ("code", 200))])
    write(DATA / "learnt.json.gz", [learn(c, texts) for c in small_cases()])
    write(DATA / "opened.json.gz", {p.stem: opened(p) for p in sorted((DATA / "preset").glob("*.json"))})


if __name__ == "__main__":
    main()
