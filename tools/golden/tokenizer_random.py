"""Writes random tokenizers and what the reference makes of texts with them.

    python tokenizer_random.py DIR COUNT [SEED]      then ZOO_GOLDEN=DIR go test ./tokenizer

Each is a small tokenizer.json of a random model, normaliser, pre-tokenizer,
post-processor, decoder and added tokens, trained on the texts of
tokenizer_texts.py. Combinations the reference itself refuses are left out.
"""

import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tokenizer import Fast, drawn
from tokenizer_texts import OWN

FOLD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PATTERNS = [" ", Regex(r"\s"), Regex(r"\w+"), Regex(r"\d{1,3}"), Regex(r"\p{Lu}"), Regex(r"[\r\n]"), Regex(r"\s?\p{L}+"), Regex(r"\s?\p{P}+")] + [
    Regex(rf"{FOLD}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{TAIL}"),
    Regex(
        rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{FOLD}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{FOLD}?"
        rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{TAIL}"
    ),
    Regex("[一-龥぀-ゟ゠-ヿ]+"),
    Regex(r"(?<=\p{L})\p{N}|\p{N}(?=\p{L})"),
    Regex(r"[a-z]+|[A-Z]+?"),
]
BEHAVIOURS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]


def normalizer(rng):
    some = lambda: rng.random() < 0.5
    return rng.choice(
        [
            normalizers.NFC, normalizers.NFD, normalizers.NFKC, normalizers.NFKD, normalizers.Lowercase, normalizers.StripAccents,
            normalizers.Nmt, normalizers.ByteLevel,
            lambda: normalizers.Strip(left=some(), right=some()),
            lambda: normalizers.Replace("a", "xy"),
            lambda: normalizers.Replace(Regex(r"\s+"), " "),
            lambda: normalizers.Replace(Regex(r"[aeiou]"), ""),
            lambda: normalizers.Prepend("_"),
            lambda: normalizers.BertNormalizer(some(), some(), rng.choice([None, True, False]), some()),
        ]
    )()  # fmt: skip


def pre_tokenizer(rng):
    some = lambda: rng.random() < 0.5
    return rng.choice(
        [
            pre_tokenizers.Whitespace, pre_tokenizers.WhitespaceSplit, pre_tokenizers.BertPreTokenizer, pre_tokenizers.UnicodeScripts,
            lambda: pre_tokenizers.Punctuation(rng.choice(BEHAVIOURS)),
            lambda: pre_tokenizers.Digits(some()),
            lambda: pre_tokenizers.CharDelimiterSplit(rng.choice("a e-")),
            lambda: pre_tokenizers.Split(rng.choice(PATTERNS), rng.choice(BEHAVIOURS), invert=some()),
            lambda: pre_tokenizers.Split(rng.choice(PATTERNS), "isolated"),
            lambda: pre_tokenizers.FixedLength(length=rng.randint(1, 6)),
            lambda: pre_tokenizers.ByteLevel(add_prefix_space=some(), use_regex=some()),
            lambda: pre_tokenizers.Metaspace(rng.choice("▁_"), rng.choice(["always", "first", "never"]), some()),
        ]
    )()  # fmt: skip


def decoder(rng):
    some = lambda: rng.random() < 0.5
    byte, fuse, replace, strip = decoders.ByteFallback, decoders.Fuse, decoders.Replace, decoders.Strip
    return rng.choice(
        [
            decoders.ByteLevel,
            lambda: decoders.WordPiece("##", some()),
            lambda: decoders.Metaspace("▁", rng.choice(["always", "first", "never"])),
            lambda: decoders.BPEDecoder("</w>"),
            lambda: decoders.CTC("e", "|", some()),
            lambda: decoders.Sequence([replace("▁", " "), byte(), fuse(), strip(" ", 1, rng.randint(0, 2))]),
            lambda: decoders.Sequence([byte(), replace(Regex(r"[aeiou]+"), "*")]),
            lambda: decoders.Sequence([strip("_", 2, 0), fuse(), replace("a", "b")]),
            lambda: None,
        ]
    )()


def trained(rng, kind):
    """A tokenizer of the kind, trained, and the special tokens it has."""
    some = lambda: rng.random() < 0.5
    settings = dict(special_tokens=["<unk>", "<s>", "</s>"], vocab_size=rng.choice([150, 400, 900]), show_progress=False)
    if kind == "bpe":
        around = {k: v for k, v in (("continuing_subword_prefix", "##"), ("end_of_word_suffix", "</w>")) if rng.random() < 0.3}
        unk = rng.choice([None, "<unk>"])
        model = models.BPE(unk_token=unk, fuse_unk=some(), byte_fallback=some(), ignore_merges=some(), **around)
        trainer = trainers.BpeTrainer(**settings, limit_alphabet=120, **around)
    elif kind == "wordpiece":
        model = models.WordPiece(unk_token="<unk>", max_input_chars_per_word=rng.choice([100, 8]))
        trainer = trainers.WordPieceTrainer(**settings, limit_alphabet=120)
    elif kind == "unigram":
        model, trainer = models.Unigram(), trainers.UnigramTrainer(**settings, unk_token="<unk>")
    else:
        model, trainer = models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(**settings)
    tokenizer = Tokenizer(model)
    steps = [normalizer(rng) for _ in range(rng.randint(0, 2))]
    if steps:
        tokenizer.normalizer = normalizers.Sequence(steps)
    steps = [pre_tokenizer(rng) for _ in range(rng.randint(0, 3))]
    if steps:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.train_from_iterator(rng.sample(OWN, 90) * 2, trainer)
    return tokenizer


def dress(rng, tokenizer):
    """Adds tokens, a post-processor and a decoder."""
    some = lambda: rng.random() < 0.5
    if some():
        tokenizer.add_tokens([f"<0x{b:02X}>" for b in range(256)])
    tokenizer.add_tokens(
        [
            AddedToken("don", single_word=some(), lstrip=some(), rstrip=some(), normalized=some()),
            AddedToken("É", normalized=True),
            AddedToken("  ", normalized=some()),
        ]
    )
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=some(), rstrip=some()), "<|endoftext|>"])
    one = decoder(rng)
    if one is not None:
        tokenizer.decoder = one
    begin, end = (("<s>", tokenizer.token_to_id("<s>")), ("</s>", tokenizer.token_to_id("</s>")))
    post = [
        lambda: processors.TemplateProcessing("<s>:1 $A:2 </s>:3", "<s> $B:1 </s>:1 $A </s>:2", [begin, end]),
        lambda: processors.RobertaProcessing(end, begin, some(), some()),
        lambda: processors.BertProcessing(end, begin),
        lambda: processors.ByteLevel(trim_offsets=some()),
        None,
    ]
    one = rng.choice(post)
    if one:
        tokenizer.post_processor = one()


def main():
    out, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 5)
    texts = OWN + drawn(random.Random(9), 250)
    made = 0
    while made < count:
        kind = rng.choice(["bpe", "bpe", "wordpiece", "unigram", "wordlevel"])
        try:
            tokenizer = trained(rng, kind)
            dress(rng, tokenizer)
            rows = [json.dumps({"text": text} | Fast(tokenizer).case(text)) for text in texts]
        except KeyboardInterrupt:
            raise
        except BaseException:  # the reference's panics are no Exceptions
            continue
        folder = out / f"{made:03d}-{kind}"
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "cases.jsonl").write_text("\n".join(rows) + "\n")
        made += 1
    print(made)


if __name__ == "__main__":
    main()
