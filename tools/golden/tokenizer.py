"""Writes what the reference tokenizers make of many texts.

    python tokenizer.py --shared ../../../shared --out DIR      4,500 texts a vocabulary, for ZOO_GOLDEN=DIR go test ./tokenizer
    python tokenizer.py --shared ../../../shared --commit       the small set under tokenizer/testdata

The vocabularies themselves are read from the shared data. A case holds a text,
its ids with and without the tokens the template puts around it, what decoding
makes of the ids, and of fast tokenizers the offsets in characters, the words,
the segments, and the same for the text with the text before it as a pair.
"""

import argparse
import base64
import glob
import gzip
import json
import pathlib
import random
import tempfile

import sentencepiece
import tiktoken
import tokenizers
import transformers
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, processors
from transformers import (
    BertTokenizer,
    CLIPTokenizer,
    LlamaTokenizer,
    OpenAIGPTTokenizer,
    Qwen2Tokenizer,
    RobertaTokenizer,
    T5Tokenizer,
    XLMRobertaTokenizer,
    XLNetTokenizer,
)

from tokenizer_texts import OWN

REPO = pathlib.Path(__file__).resolve().parents[2]
transformers.logging.set_verbosity_error()

SCRIPTS = [  # ranges that random texts are drawn from
    (0x20, 0x7E), (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x17F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x530, 0x58F),
    (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF), (0xE00, 0xE7F), (0x1000, 0x109F),
    (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF),
    (0x2100, 0x214F), (0x2150, 0x218F), (0x2460, 0x24FF), (0x2500, 0x257F), (0x3000, 0x30FF), (0x3300, 0x33FF), (0x4E00, 0x4FFF),
    (0xAC00, 0xACFF), (0xF900, 0xF9FF), (0xFB00, 0xFB4F), (0xFE30, 0xFE6F), (0xFF00, 0xFFEF), (0x1D400, 0x1D4FF),
    (0x1F300, 0x1F64F), (0x1F1E6, 0x1F1FF), (0x20000, 0x200FF), (0x9, 0xD),
]


def assigned(char):
    import unicodedata

    return unicodedata.category(char) != "Cn" and not 0xD800 <= ord(char) <= 0xDFFF


def drawn(rng, count):
    """Random texts: runs of one or two scripts with spaces between."""
    texts = []
    for _ in range(count):
        text = ""
        for _ in range(rng.randint(1, 6)):
            low, high = rng.choice(SCRIPTS)
            word = [chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8))]
            text += "".join(filter(assigned, word)) + rng.choice(["", " ", " ", "  ", "\n", ", ", "'s "])
        texts.append(text)
    return texts


def collect(shared):
    """The texts of the full comparison, the same on every run."""
    rng = random.Random(7)
    data = shared / "data"
    texts = list(OWN)
    for path in sorted(glob.glob(str(data / "corpora/parallel/pud/*.conllu"))):
        lines = [line[9:].rstrip("\n") for line in open(path, encoding="utf-8") if line.startswith("# text = ")]
        texts += rng.sample(lines, 120)
    for path in sorted(glob.glob(str(data / "corpora/ner/*/*.iob2"))):
        lines = [line[9:].rstrip("\n") for line in open(path, encoding="utf-8") if line.startswith("# text = ")]
        texts += rng.sample(lines, min(40, len(lines)))
    for path in sorted(glob.glob(str(data / "corpora/qa/xquad/*.json"))):
        articles = json.load(open(path, encoding="utf-8"))["data"]
        texts += rng.sample([p["context"] for a in articles for p in a["paragraphs"]], 40)
    wiki = open(data / "corpora/pretrain/wikitext-2-raw/wiki.test.raw", encoding="utf-8").read().split("\n")
    texts += rng.sample([line for line in wiki if line], 150)
    with gzip.open(data / "corpora/code/humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as code:
        texts += [json.loads(line)["prompt"] for line in code][:120]
    texts += json.load(open(data / "attacks/strings/blns.json", encoding="utf-8"))
    for line in open(data / "attacks/utf8/utf8tests.bin", "rb"):
        try:
            texts.append(line.decode("utf-8").rstrip("\n"))
        except UnicodeDecodeError:
            pass
    texts += drawn(rng, 2000 - len(texts))
    return texts[:2000] + made(rng, data, texts)


CONTROLS = [chr(c) for c in [*range(0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFE), 0xE0001, 0xE0020]]
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "\r", "\v", "\f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u3000", "\u200b"]
SIGNS = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + ["\u2019", "\u2026", "\u3002", "\u20ac", "\u2581", "``", "''", "'s", "'S", "'re", "n't", "'LL"]
SPECIALS = (
    "<s> </s> <unk> <pad> <mask> [CLS] [SEP] [PAD] [UNK] [MASK] <|endoftext|> <|im_start|> <|im_end|> <|startoftext|> <|padding|> <extra_id_0> <extra_id_99>"
    " <cls> <sep> <eop> <eod> [INST] [/INST] <0x0A> <0xE2> <|fim_prefix|> <|endofprompt|> <tool_call> <|box_start|> \u2581<PRE>"
).split(" ")
EMOJI = "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea \u2764\ufe0f \U0001f3f4\U000e0067\U000e0062\U000e007f 1\ufe0f\u20e3 \U0001f9d1\U0001f3ff\u200d\U0001f680 \u263a".split(" ")


def joined(rng, count, *sources):
    """Texts of pieces drawn from lists, whose order is chance."""
    return ["".join(rng.choice(rng.choice(sources)) for _ in range(rng.randint(1, 24))) for _ in range(count)]


def made(rng, data, texts):
    """2,500 texts that are rare where people write: what breaks scanners, normalisers and offsets."""
    words = [word for text in texts for word in text.split(" ") if 0 < len(word) < 30]
    marks = [chr(c) for c in (*range(0x300, 0x370), 0x5B0, 0x64E, 0x93C, 0x94D, 0xE31, 0x1DC0, 0x20D0, 0x3099, 0xFE20, 0x1D165)]
    out = drawn(rng, 900)
    out += joined(rng, 150, CONTROLS, words) + joined(rng, 150, marks, words, "aeiou") + joined(rng, 150, EMOJI, words)
    out += joined(rng, 350, SPACES, SIGNS, words) + joined(rng, 150, SPACES, "ab1") + joined(rng, 250, SPECIALS, words, [" ", "", "  ", "\n"])
    for mode in ["replace", "ignore"]:  # random bytes, some of which are UTF-8
        for _ in range(150):
            raw = b"".join(rng.choice([rng.randbytes(3), rng.choice(words).encode()[: rng.randint(1, 9)], b" "]) for _ in range(rng.randint(1, 14)))
            out.append(raw.decode("utf-8", mode))
    with gzip.open(data / "corpora/code/humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as code:
        rows = [json.loads(line) for line in code]
    out += [row["canonical_solution"] + row["test"] for row in rows[:100]]
    out += ["".join(chr(rng.choice([rng.randrange(0x20, 0x7F), rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)])) for _ in range(8)) for _ in range(150)]
    # very long lines
    prose = open(data / "corpora/pretrain/authors/darwin.txt", encoding="utf-8").read()
    for n in range(12):
        at = rng.randrange(len(prose) - 20000)
        out.append(prose[at : at + 12000].replace("\n", " " if n % 2 else "\n"))
    out += ["".join(row["prompt"] + row["canonical_solution"] for row in rows[i : i + 12]) for i in range(0, 60, 12)]
    out += ["".join(rng.choices(words, k=1500)), " ".join(rng.choices(words, k=1500)), "a" * 9000, " " * 9000 + "b", "ab " * 4000]
    out += ["\u4e2d" * 4000, "\U0001f600" * 2000, "e\u0301" * 3000, "\n" * 5000, "9" * 5000, "-" * 5000, "\u0e01\u0e34" * 2000]
    out += joined(rng, 2500 - len(out), SPACES, SIGNS, words, EMOJI, marks)
    return out


class Fast:
    """A tokenizer of transformers or of tokenizers."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        self.before = ""

    def case(self, text):
        full = self.backend.encode(text)
        bare = self.backend.encode(text, add_special_tokens=False)
        case = {
            "ids": full.ids,
            "bare": bare.ids,
            "decoded": self.backend.decode(full.ids, skip_special_tokens=False),
            "skipped": self.backend.decode(full.ids, skip_special_tokens=True),
            "offsets": [list(o) for o in full.offsets],
            "words": [-1 if w is None else w for w in full.word_ids],
            "types": full.type_ids,
            "special": full.special_tokens_mask,
        }
        if len(text) + len(self.before) < 3000:
            both = self.backend.encode(text, self.before)
            case["pair"] = {
                "text": self.before,
                "ids": both.ids,
                "types": both.type_ids,
                "texts": [-1 if s is None else s for s in both.sequence_ids],
                "special": both.special_tokens_mask,
            }
        self.before = text
        return case

    def save(self, path):
        self.backend.save(str(path / "tokenizer.json"))


class Slow:
    """A SentencePiece model. It knows no added tokens in text; texts with the one that stays one are left out."""

    def __init__(self, data, added=None):
        self.data = data
        self.added = added
        self.model = sentencepiece.SentencePieceProcessor(model_proto=data)

    def case(self, text):
        if self.added and self.added in text:
            return None
        ids = self.model.encode(text)
        return {"bare": ids, "skipped": self.model.decode(ids)}

    def save(self, path):
        (path / "spiece.model").write_bytes(self.data)


class Ranks:
    """A rank file of tiktoken with the pattern and special tokens given for it."""

    def __init__(self, path, pattern, special):
        ranks = {}
        for line in path.read_bytes().splitlines():
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
        self.model = tiktoken.Encoding(path.stem, pat_str=pattern, mergeable_ranks=ranks, special_tokens=special)

    def case(self, text):
        ids = self.model.encode(text, allowed_special="all")
        literal = self.model.encode_ordinary(text)
        return {"ids": ids, "literal": literal, "decoded": self.model.decode(ids), "starts": self.model.decode_with_offsets(literal)[1]}

    def save(self, path):
        pass


FOLDED = r"'(?i:[sdmt]|ll|ve|re)"
PATTERNS = {
    "r50k": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k": FOLDED + r"|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": "|".join(
        [
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        ]
    ),
}
CL100K = {"<|endoftext|>": 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260, "<|endofprompt|>": 100276}


def vocab_text(path):
    tokens = [line.rstrip("\n") for line in open(path, encoding="utf-8")]
    if "[UNK]" not in tokens:  # a copy that was lower-cased as a whole
        tokens = [t.upper() if t in ("[unk]", "[cls]", "[sep]", "[mask]") else t for t in tokens]
    return {token: i for i, token in enumerate(tokens)}


def merges_text(path):
    lines = open(path, encoding="utf-8").read().split("\n")
    return [tuple(line.split()) for line in lines if line and not line.startswith("#version")]


def clip(path):
    lines = gzip.open(path, "rt", encoding="utf-8").read().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    tokens = list(bytes_to_unicode().values())
    tokens += [t + "</w>" for t in tokens] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=merges)


def from_gguf(path):
    """A SentencePiece model of a GGUF vocabulary."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    model = proto.ModelProto()
    rows = zip(*(fields["tokenizer.ggml." + k].contents() for k in ("tokens", "scores", "token_type")))
    for i, (piece, score, kind) in enumerate(rows):
        kind = 2 if i == 0 else 3 if kind in (2, 4) else kind  # one unknown piece; added tokens are no pieces
        model.pieces.add(piece=piece, score=score, type=kind)
    model.trainer_spec.model_type = 2
    model.trainer_spec.byte_fallback = True
    model.trainer_spec.vocab_size = len(model.pieces)
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.name = "identity"
    return model.SerializeToString()


def bytes_gguf(path, *cut):
    """A byte-level tokenizer of a GGUF vocabulary: words are cut as the published tokenizer.json does."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    tokens, kinds, merges = (fields["tokenizer.ggml." + k].contents() for k in ("tokens", "token_type", "merges"))
    merges = [(m[: m.index(" ", 1)], m[m.index(" ", 1) + 1 :]) for m in merges]
    tokenizer = tokenizers.Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=len(cut) < 2)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([t for t, kind in zip(tokens, kinds) if kind == 3])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t, kind in zip(tokens, kinds) if kind == 4])
    if "tokenizer.ggml.add_bos_token" in fields:
        bos = fields["tokenizer.ggml.bos_token_id"].contents()
        tokenizer.post_processor = processors.TemplateProcessing(f"{tokens[bos]} $A", f"{tokens[bos]} $A {tokens[bos]}:1 $B:1", [(tokens[bos], bos)])
    return Fast(tokenizer)


def split(expression):
    return pre_tokenizers.Split(Regex(expression), "isolated")


DEEPSEEK = [split(e) for e in (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+")] + [pre_tokenizers.Digits(individual_digits=True)]


def words_gguf(path):
    """A WordPiece tokenizer of a GGUF vocabulary, which marks the beginnings of words instead of the rest."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    tokens, kinds = (fields["tokenizer.ggml." + k].contents() for k in ("tokens", "token_type"))
    spelled = [t if k != 1 else t[1:] if t.startswith("\u2581") and len(t) > 1 else "##" + t for t, k in zip(tokens, kinds)]
    return Fast(BertTokenizer(vocab={t: i for i, t in enumerate(spelled)}))


def converted(cls, path, **settings):
    """A tokenizer of transformers made from a SentencePiece file."""
    with tempfile.TemporaryDirectory() as folder:
        name = cls.vocab_files_names["vocab_file"]
        (pathlib.Path(folder) / name).write_bytes(path.read_bytes())
        return Fast(cls.from_pretrained(folder, **settings))


def references(shared):
    at = shared / "data/tokenizers"
    yield "bert-base-uncased", lambda: Fast(BertTokenizer(vocab=vocab_text(at / "bert-base-uncased/vocab.txt")))
    yield "bert-base-chinese", lambda: Fast(BertTokenizer(vocab=vocab_text(at / "bert-base-chinese/vocab.txt"), do_lower_case=False))
    yield "bert-multilingual-cased", lambda: Fast(
        BertTokenizer(vocab=vocab_text(at / "bert-multilingual-cased/vocab.txt"), do_lower_case=False)
    )
    yield "roberta", lambda: Fast(
        RobertaTokenizer(vocab=json.load(open(at / "roberta/vocab.json")), merges=merges_text(at / "roberta/merges.txt"))
    )
    yield "qwen2", lambda: Fast(Qwen2Tokenizer.from_pretrained(str(at / "qwen2")))
    yield "gpt-neox", lambda: Fast(tokenizers.Tokenizer.from_file(str(at / "gpt-neox/20B_tokenizer.json")))
    yield "openai-gpt", lambda: Fast(
        OpenAIGPTTokenizer(
            vocab=json.load(open(at / "openai-gpt/openai-gpt-vocab.json")), merges=merges_text(at / "openai-gpt/openai-gpt-merges.txt")
        )
    )
    yield "clip", lambda: Fast(clip(at / "clip/bpe_simple_vocab_16e6.txt.gz"))
    yield "t5", lambda: Slow((at / "t5/t5_tokenizer_base.model").read_bytes())
    yield "xlnet", lambda: Slow((at / "xlnet/spiece.model").read_bytes())
    yield "mistral", lambda: Slow((at / "mistral/tokenizer.model.v1").read_bytes())
    yield "mistral-v3", lambda: Slow((at / "mistral/mistral_instruct_tokenizer_240323.model.v3").read_bytes())
    yield "llama-spm", lambda: Slow(from_gguf(at / "ggml-vocab/ggml-vocab-llama-spm.gguf"))
    yield "phi-3", lambda: Slow(from_gguf(at / "ggml-vocab/ggml-vocab-phi-3.gguf"), "</s>")
    yield "gguf-gpt-2", lambda: bytes_gguf(at / "ggml-vocab/ggml-vocab-gpt-2.gguf")
    yield "gguf-starcoder", lambda: bytes_gguf(at / "ggml-vocab/ggml-vocab-starcoder.gguf", pre_tokenizers.Digits(individual_digits=True))
    yield "gguf-deepseek-coder", lambda: bytes_gguf(at / "ggml-vocab/ggml-vocab-deepseek-coder.gguf", *DEEPSEEK)
    yield "gguf-bert-bge", lambda: words_gguf(at / "ggml-vocab/ggml-vocab-bert-bge.gguf")
    yield "tiktoken-r50k", lambda: Ranks(at / "tiktoken/r50k_base.tiktoken", PATTERNS["r50k"], {"<|endoftext|>": 50256})
    yield "tiktoken-cl100k", lambda: Ranks(at / "tiktoken/cl100k_base.tiktoken", PATTERNS["cl100k"], CL100K)
    yield "tiktoken-o200k", lambda: Ranks(at / "tiktoken/cl100k_base.tiktoken", PATTERNS["o200k"], CL100K)
    yield "t5-json", lambda: converted(T5Tokenizer, at / "t5/t5_tokenizer_base.model")
    yield "xlnet-json", lambda: converted(XLNetTokenizer, at / "xlnet/spiece.model")
    yield "xlm-roberta-json", lambda: converted(XLMRobertaTokenizer, at / "xlnet/spiece.model")
    yield "mistral-json", lambda: converted(LlamaTokenizer, at / "mistral/tokenizer.model.v1")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path, default=REPO.parent / "shared")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--commit", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    for name, make in references(options.shared):
        if only and name not in only:
            continue
        reference = make()
        if options.out:
            folder = options.out / name
            folder.mkdir(parents=True, exist_ok=True)
            reference.save(folder)
            with open(folder / "cases.jsonl", "w", encoding="utf-8") as cases:
                for text in collect(options.shared):
                    case = reference.case(text)
                    if case is not None:
                        cases.write(json.dumps({"text": text} | case, ensure_ascii=True) + "\n")
        if options.commit and not name.endswith("-json"):
            folder = REPO / "tokenizer/testdata/golden"
            folder.mkdir(parents=True, exist_ok=True)
            cases = [{"text": text} | case for text in OWN if (case := reference.case(text)) is not None]
            for case in cases:
                for field in ("offsets", "words", "types", "special", "pair", "starts"):
                    case.pop(field, None)
                if case.get("bare") and case.get("ids"):
                    case.pop("bare")
            packed = gzip.compress(json.dumps(cases, ensure_ascii=True, separators=(",", ":")).encode(), 9, mtime=0)
            (folder / (name + ".json.gz")).write_bytes(packed)
        print(name, flush=True)


if __name__ == "__main__":
    main()
