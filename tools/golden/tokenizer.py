"""Writes what the reference tokenizers make of many texts.

    python tokenizer.py --shared ../../../shared --out DIR      2,000 texts a vocabulary, for ZOO_GOLDEN=DIR go test ./tokenizer
    python tokenizer.py --shared ../../../shared --commit       the small set under tokenizer/testdata

The vocabularies themselves are read from the shared data. A case holds a text,
its ids with and without the tokens the template puts around it, what decoding
makes of the ids, and the offsets of fast tokenizers in characters.
"""

import argparse
import glob
import gzip
import json
import pathlib
import random
import tempfile

import sentencepiece
import tokenizers
import transformers
from sentencepiece import sentencepiece_model_pb2 as proto
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
    return texts[:2000]


class Fast:
    """A tokenizer of transformers or of tokenizers."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.backend = getattr(tokenizer, "backend_tokenizer", tokenizer)

    def case(self, text):
        full = self.backend.encode(text)
        bare = self.backend.encode(text, add_special_tokens=False)
        return {
            "ids": full.ids,
            "bare": bare.ids,
            "decoded": self.backend.decode(full.ids, skip_special_tokens=False),
            "skipped": self.backend.decode(full.ids, skip_special_tokens=True),
            "offsets": [list(o) for o in full.offsets],
        }

    def save(self, path):
        self.backend.save(str(path / "tokenizer.json"))


class Slow:
    """A SentencePiece model. It knows no special tokens in text."""

    def __init__(self, data):
        self.data = data
        self.model = sentencepiece.SentencePieceProcessor(model_proto=data)

    def case(self, text):
        ids = self.model.encode(text)
        return {"bare": ids, "skipped": self.model.decode(ids)}

    def save(self, path):
        (path / "spiece.model").write_bytes(self.data)


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
    for piece, score, kind in rows:
        model.pieces.add(piece=piece, score=score, type=kind)
    model.trainer_spec.model_type = 2
    model.trainer_spec.byte_fallback = True
    model.trainer_spec.vocab_size = len(model.pieces)
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.name = "identity"
    return model.SerializeToString()


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
                    cases.write(json.dumps({"text": text} | reference.case(text), ensure_ascii=True) + "\n")
        if options.commit and not name.endswith("-json"):
            folder = REPO / "tokenizer/testdata/golden"
            folder.mkdir(parents=True, exist_ok=True)
            cases = [{"text": text} | reference.case(text) for text in OWN]
            for case in cases:
                case.pop("offsets", None)
                if case.get("bare") and case.get("ids"):
                    case.pop("bare")
            packed = gzip.compress(json.dumps(cases, ensure_ascii=True, separators=(",", ":")).encode(), 9, mtime=0)
            (folder / (name + ".json.gz")).write_bytes(packed)
        print(name, flush=True)


if __name__ == "__main__":
    main()
