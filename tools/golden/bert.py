"""Golden cases of the BERT encoders: bert, roberta, xlm-roberta, with every head."""

import torch
import transformers as hf
from safetensors.torch import load_file

import vocabulary
from golden import arguments, case, ids, mask, rename_tensors, shaped

FAMILY = "bert"

BERT = {
    "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "classifier_dropout": None, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "hidden_size": 32, "initializer_range": 0.02, "intermediate_size": 48, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 40, "model_type": "bert", "num_attention_heads": 4, "num_hidden_layers": 2, "pad_token_id": 0,
    "position_embedding_type": "absolute", "type_vocab_size": 2, "use_cache": True, "vocab_size": 96,
}
ROBERTA = shaped(BERT, architectures=["RobertaModel"], model_type="roberta", bos_token_id=0, eos_token_id=2, pad_token_id=1,
                 layer_norm_eps=1e-5, type_vocab_size=1, vocab_size=300, max_position_embeddings=26)
XLMR = shaped(ROBERTA, architectures=["XLMRobertaForMaskedLM"], model_type="xlm-roberta", vocab_size=107)


def labelled(config, cls, count):
    """The config of a fine-tuned model with `count` labels."""
    names = {str(i): f"LABEL_{i}" for i in range(count)}
    return shaped(config, architectures=[cls.__name__], id2label=names, label2id={v: int(k) for k, v in names.items()})


def text(seed, config, batch=2, length=12, valid=(12, 8), left=False, segments=True):
    """Ids, mask and segments of sentence pairs; a padded place holds the pad id."""
    pad = config["pad_token_id"]
    attention = mask(length, *valid, left=left)
    tokens = ids(seed, batch, length, 5, config["vocab_size"] - 1).masked_fill(attention == 0, pad)
    out = {"input_ids": tokens, "attention_mask": attention}
    if segments and config["type_vocab_size"] > 1:
        second = (torch.arange(length) >= length // 2).long().expand(batch, length)
        out["token_type_ids"] = second * attention
    return out


def holes(seed, inputs, vocab):
    """Labels of masked language modelling: about a third of the places, none of the padding."""
    shape = inputs["input_ids"].shape
    labels, keep = ids(seed + 1, *shape, 5, vocab), ids(seed + 2, *shape, 0, 3)
    return labels.masked_fill((keep > 0) | (inputs["attention_mask"] == 0), -100)


def tags(seed, inputs, count):
    return ids(seed + 3, *inputs["input_ids"].shape, 0, count).masked_fill(inputs["attention_mask"] == 0, -100)


def choices(seed, config, count=3):
    """Inputs [batch, choices, length] of multiple choice."""
    parts = [text(seed + i, config) for i in range(count)]
    return {**{name: torch.stack([part[name] for part in parts], 1) for name in parts[0]}, "labels": torch.tensor([2, 0])}


def legacy(file):
    """The oldest form: gamma and beta, a buffer of positions, the tied matrix and its bias written out."""
    tensors = load_file(file)
    extra = {"bert.embeddings.position_ids": torch.arange(40).view(1, 40),
             "cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"].clone(),
             "cls.predictions.decoder.bias": tensors["cls.predictions.bias"].clone()}
    rename_tensors(file, lambda n: n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"), extra)


def heads(want, prefix, config, classes, seed):
    """The heads that bert and roberta share; one layer is enough to tell them apart."""
    def make(name, cls, changed, inputs, **rest):
        if want(name):
            case(FAMILY, name, cls, changed, inputs, seed=seed, **rest)

    plain = text(seed + 80, config)
    arch = lambda cls: shaped(config, architectures=[cls.__name__])
    make(f"{prefix}-masked", classes.masked, arch(classes.masked),
         {**plain, "labels": holes(seed + 80, plain, config["vocab_size"])})
    make(f"{prefix}-classify", classes.classify, labelled(config, classes.classify, 3), {**plain, "labels": torch.tensor([2, 0])})
    make(f"{prefix}-regress", classes.classify, labelled(config, classes.classify, 1), {**plain, "labels": torch.tensor([0.7, -1.2])})
    make(f"{prefix}-tag", classes.tag, labelled(config, classes.tag, 5), {**plain, "labels": tags(seed, plain, 5)})
    make(f"{prefix}-qa", classes.qa, arch(classes.qa),
         {**plain, "start_positions": torch.tensor([3, 12]), "end_positions": torch.tensor([5, 2])},
         note="the second start lies past the text, so it is left out of the loss")
    make(f"{prefix}-choice", classes.choice, arch(classes.choice), choices(seed + 90, config))


class Bert:
    masked, classify, tag = hf.BertForMaskedLM, hf.BertForSequenceClassification, hf.BertForTokenClassification
    qa, choice = hf.BertForQuestionAnswering, hf.BertForMultipleChoice


class Roberta:
    masked, classify, tag = hf.RobertaForMaskedLM, hf.RobertaForSequenceClassification, hf.RobertaForTokenClassification
    qa, choice = hf.RobertaForQuestionAnswering, hf.RobertaForMultipleChoice


def bert(want):
    def make(name, cls, config, inputs, **rest):
        if want(name):
            case(FAMILY, name, cls, config, inputs, **rest)

    plain, both = text(81, BERT), shaped(BERT, architectures=["BertForPreTraining"])
    task = {**plain, "labels": holes(81, plain, 96), "next_sentence_label": torch.tensor([1, 0])}
    make("bert", hf.BertModel, BERT, plain, tokenizer=vocabulary.bert, gguf={})
    make("bert-ids", hf.BertModel, BERT, {"input_ids": plain["input_ids"][:1]}, weights="bert",
         note="neither mask nor segments given: all ones, all zeros")
    make("bert-padding-left", hf.BertModel, BERT, text(82, BERT, left=True), weights="bert",
         note="positions count the padding")
    make("bert-tanh", hf.BertModel, shaped(BERT, hidden_act="gelu_new"), plain, weights="bert")
    make("bert-relu", hf.BertModel, shaped(BERT, hidden_act="relu"), plain, weights="bert")
    make("bert-pretraining", hf.BertForPreTraining, both, task, seed=2)
    make("bert-pretraining-saved", hf.BertForPreTraining, both, task, seed=2, form="saved", weights="bert-pretraining",
         outputs_of="bert-pretraining")
    make("bert-pretraining-legacy", hf.BertForPreTraining, both, task, seed=2, edit=legacy, outputs_of="bert-pretraining")
    make("bert-pretraining-bin", hf.BertForPreTraining, both, task, seed=2, formats=("bin",), outputs_of="bert-pretraining")
    make("bert-of-pretraining", hf.BertModel, BERT, plain, seed=2, weights="bert-pretraining",
         note="a bare encoder read from a checkpoint with prefix and heads")
    make("bert-masked-of-pretraining", hf.BertForMaskedLM, shaped(BERT, architectures=["BertForMaskedLM"]),
         {**plain, "labels": task["labels"]}, seed=2, weights="bert-pretraining",
         note="as bert-base-uncased is published: pooler and next-sentence head are there and unused")
    make("bert-next", hf.BertForNextSentencePrediction, shaped(BERT, architectures=["BertForNextSentencePrediction"], num_hidden_layers=1),
         {**plain, "labels": torch.tensor([1, 0])}, seed=3)
    heads(want, "bert", shaped(BERT, num_hidden_layers=1), Bert, 4)


def roberta(want):
    def make(name, cls, config, inputs, **rest):
        if want(name):
            case(FAMILY, name, cls, config, inputs, **rest)

    small = shaped(ROBERTA, vocab_size=96)
    plain, left = text(83, small), text(84, small, left=True)
    make("roberta", hf.RobertaModel, small, plain, seed=5)
    make("roberta-saved", hf.RobertaModel, small, plain, seed=5, form="saved", weights="roberta", outputs_of="roberta")
    make("roberta-padding-left", hf.RobertaModel, small, left, seed=5, weights="roberta",
         note="positions follow the ids: pads get 1, text counts from 2")
    make("roberta-ids", hf.RobertaModel, small, {"input_ids": plain["input_ids"]}, seed=5, weights="roberta",
         note="pads in the ids and no mask: positions skip them, attention does not")
    heads(want, "roberta", shaped(small, num_hidden_layers=1), Roberta, 6)
    big = text(86, ROBERTA, length=9, valid=(9, 6))
    make("roberta-words", hf.RobertaForMaskedLM, shaped(ROBERTA, architectures=["RobertaForMaskedLM"], num_hidden_layers=1),
         {**big, "labels": holes(86, big, 300)}, seed=7, tokenizer=vocabulary.roberta)
    other = text(87, XLMR)
    make("xlmr-masked", hf.XLMRobertaForMaskedLM, XLMR, {**other, "labels": holes(87, other, 107)}, seed=8,
         tokenizer=vocabulary.xlm_roberta)


if __name__ == "__main__":
    wanted = arguments(__doc__)
    for group in (bert, roberta):
        group(wanted)
