"""Makes the tiny tokenizers that stand beside some checkpoints, so that the directory is a whole model.

Each function writes the files a published model of that kind has, and
encodings.json: texts with the ids the reference gives for them.
"""

import collections
import io
import json
import re

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer

TEXT = """the keeper feeds the lions in the morning and the lions sleep in the shade.
a zebra runs faster than a hippo, but the hippo swims better than the zebra.
in the house of the apes there is a small door; the apes open the door at noon.
the owl is awake at night and the bat is awake at night, too.
how many animals are in the zoo? there are 214 animals in 37 houses.
the keeper said: "don't feed the bears!" and the children didn't feed them.
the penguins walk in a row, one after another, to the water and back again.
when it rains the elephants are happy and the cats are not happy at all.
the oldest tortoise is 160 years old and eats 2 heads of salad a day.
at the end of the day the gates are closed and the keeper goes home.
""".strip().split("\n")

PROBES = ["the lions sleep in the shade.", " the zebra", "the  hippo\n\nswims", "214 animals in 37 houses", "don't feed them!",
          "naïve café", "零 and 🦁", "", "keeper's zoo?", "ａｂｃ ﬁsh"]


def write(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def encodings(path, encode, decode, pairs=()):
    """encodings.json: for each probe the ids with the model's special tokens, without them, and the text they decode to."""
    rows = []
    for text in PROBES:
        bare = encode(text, False)
        rows.append({"text": text, "ids": encode(text, True), "bare": bare, "decoded": decode(bare)})
    lines = ",\n".join(" " + json.dumps(row, ensure_ascii=False) for row in rows)
    pairs = ",\n".join(" " + json.dumps(row, ensure_ascii=False) for row in pairs)
    (path / "encodings.json").write_text('{"texts": [\n' + lines + '\n],\n"pairs": [\n' + pairs + "\n]}\n", encoding="utf-8")


def sentencepiece_model(file, **options):
    buffer = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(TEXT), model_writer=buffer, num_threads=1, minloglevel=2, **options)
    file.write_bytes(buffer.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=buffer.getvalue())


def by_transformers(path, **rest):
    tokenizer = AutoTokenizer.from_pretrained(path, **rest)
    encode = lambda text, special: tokenizer(text, add_special_tokens=special)["input_ids"]
    decode = lambda ids: tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return tokenizer, encode, decode


def llama(path, vocab_size=320):
    """SentencePiece BPE with byte pieces, as of Llama 1 and 2: tokenizer.model and tokenizer_config.json."""
    spm = sentencepiece_model(
        path / "tokenizer.model", model_type="bpe", vocab_size=vocab_size, byte_fallback=True, character_coverage=0.99,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
    write(path / "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "legacy": False,
        "clean_up_tokenization_spaces": False, "model_max_length": 64, "tokenizer_class": "LlamaTokenizer"})
    encode = lambda text, special: [1] * special + spm.encode(text)
    encodings(path, encode, spm.decode)
    return encode, by_transformers(path)[1]


PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def byte_bpe(path, kind, vocab_size, special, config, first=False, template=None):
    """Byte-level BPE in the shape of gpt2, qwen2, llama3 or roberta: tokenizer.json, vocab.json, merges.txt, tokenizer_config.json."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
    if kind == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    if kind in ("gpt2", "roberta"):
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        split = pre_tokenizers.Split(Regex(PATTERNS[kind]), behavior="isolated", invert=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size - (0 if first else len(special)), show_progress=False,
                                  special_tokens=list(special) if first else [],
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.add_special_tokens(list(special))
    tokenizer.post_processor = template or processors.ByteLevel(trim_offsets=False)
    if tokenizer.get_vocab_size() != vocab_size:
        raise ValueError(f"vocabulary of {tokenizer.get_vocab_size()}, not {vocab_size}")
    tokenizer.save(str(path / "tokenizer.json"))
    model = json.loads((path / "tokenizer.json").read_text())["model"]
    if kind != "llama3":  # published Llama 3 has tokenizer.json alone
        write(path / "vocab.json", model["vocab"])
        merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
        (path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    write(path / "tokenizer_config.json", config)
    encode = lambda text, add: tokenizer.encode(text, add_special_tokens=add).ids
    pairs = [{"text": PROBES[0], "pair": PROBES[4], "ids": tokenizer.encode(PROBES[0], PROBES[4]).ids}] if template else []
    encodings(path, encode, lambda ids: tokenizer.decode(ids, skip_special_tokens=False), pairs)
    return encode, by_transformers(path)[1]


def gpt2(path, vocab_size=300):
    return byte_bpe(path, "gpt2", vocab_size, ["<|endoftext|>"], {
        "add_prefix_space": False, "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
        "model_max_length": 64, "tokenizer_class": "GPT2Tokenizer"})


def qwen2(path, vocab_size=300):
    return byte_bpe(path, "qwen2", vocab_size, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], {
        "add_prefix_space": False, "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None,
        "errors": "replace", "model_max_length": 64, "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer"})


def llama3(path, vocab_size=300):
    bos = processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B",
                                        special_tokens=[("<|begin_of_text|>", vocab_size - 2)])
    both = processors.Sequence([processors.ByteLevel(trim_offsets=False), bos])
    return byte_bpe(path, "llama3", vocab_size, ["<|begin_of_text|>", "<|end_of_text|>"], {
        "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>", "clean_up_tokenization_spaces": True,
        "model_input_names": ["input_ids", "attention_mask"], "model_max_length": 512, "tokenizer_class": "PreTrainedTokenizerFast"},
        template=both)


def roberta(path, vocab_size=300):
    template = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return byte_bpe(path, "roberta", vocab_size, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], {
        "add_prefix_space": False, "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>",
        "unk_token": "<unk>", "mask_token": "<mask>", "model_max_length": 48, "tokenizer_class": "RobertaTokenizer"},
        first=True, template=template)


def bert(path, vocab_size=96):
    """WordPiece of an uncased BERT: vocab.txt, tokenizer_config.json."""
    words = [word for line in TEXT for word in re.findall(r"[a-z]+|\d+|[^\sa-z\d]", line)]
    first, rest = {word[0] for word in words}, {"##" + c for word in words for c in word[1:]}
    counts = collections.Counter(words)  # the library's trainer breaks ties by a hash that changes from run to run
    counts.update("##" + word[i:] for word in words for i in range(1, len(word) - 1))
    longer = sorted((w for w in counts if len(w.removeprefix("##")) > 1), key=lambda w: (-counts[w] * len(w), w))
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(first), *sorted(rest), *longer][:vocab_size]
    (path / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    write(path / "tokenizer_config.json", {"do_lower_case": True, "model_max_length": 40, "tokenizer_class": "BertTokenizer"})
    reference, encode, decode = by_transformers(path)
    pair = reference(PROBES[0], PROBES[4])
    pairs = [{"text": PROBES[0], "pair": PROBES[4], "ids": pair["input_ids"], "token_type_ids": pair["token_type_ids"]}]
    encodings(path, encode, decode, pairs)
    return encode, encode


# A normalisation map of our own: what nmt_nfkc does to these, in 60 rows instead of 240 KB.
CHARSMAP = [("\ufb01", "fi"), ("\u00a0", " "), ("\t", " "), ("\n", " "), ("\u3000", " "), ("e\u0301", "\u00e9"), ("\u2026", "...")]
CHARSMAP += [(chr(0xFF01 + i), chr(0x21 + i)) for i in range(94) if chr(0x21 + i).isalnum()]


def t5(path, pieces=100, extra=8):
    """SentencePiece unigram with a normalisation map, as of T5: spiece.model, tokenizer_config.json. Sentinels follow the pieces."""
    table = path / "charsmap.tsv"
    table.write_text("".join("{}\t{}\n".format(" ".join(f"{ord(c):X}" for c in a), " ".join(f"{ord(c):X}" for c in b)) for a, b in CHARSMAP))
    spm = sentencepiece_model(path / "spiece.model", model_type="unigram", vocab_size=pieces, character_coverage=0.999,
                              normalization_rule_tsv=str(table), pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    table.unlink()
    sentinels = [f"<extra_id_{i}>" for i in range(extra)]
    write(path / "tokenizer_config.json", {
        "additional_special_tokens": sentinels, "extra_ids": extra, "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>",
        "model_max_length": 64, "tokenizer_class": "T5Tokenizer"})
    write(path / "added_tokens.json", {name: pieces + extra - 1 - i for i, name in enumerate(sentinels)})
    encode = lambda text, special: spm.encode(text) + [1] * special
    encodings(path, encode, spm.decode)
    return encode, by_transformers(path)[1]


def xlm_roberta(path, pieces=105):
    """SentencePiece unigram with fairseq's ids, as of XLM-R: <s> 0, <pad> 1, </s> 2, <unk> 3, other pieces one up, <mask> last."""
    spm = sentencepiece_model(path / "sentencepiece.bpe.model", model_type="unigram", vocab_size=pieces, character_coverage=0.999,
                              normalization_rule_name="identity", unk_id=0, bos_id=1, eos_id=2)
    write(path / "tokenizer_config.json", {"model_max_length": 48, "tokenizer_class": "XLMRobertaTokenizer"})
    up = lambda i: i + 1 if i > 0 else 3
    encode = lambda text, special: [0] * special + [up(i) for i in spm.encode(text)] + [2] * special
    decode = lambda ids: spm.decode([i - 1 if i != 3 else 0 for i in ids])
    encodings(path, encode, decode)
    return encode, by_transformers(path)[1]


def agree(path, encoders):
    """Adds to encodings.json, as "transformers", what transformers says where the library below it says something else."""
    own, other = encoders
    text = (path / "encodings.json").read_text(encoding="utf-8")
    for probe in PROBES:
        if own(probe, True) != other(probe, True):
            start = json.dumps(probe, ensure_ascii=False)
            text = text.replace(f'{{"text": {start}, "ids"', f'{{"text": {start}, "transformers": {json.dumps(other(probe, True))}, "ids"')
    (path / "encodings.json").write_text(text, encoding="utf-8")
