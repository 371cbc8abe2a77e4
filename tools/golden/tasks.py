"""Golden answers of transformers' pipelines on tiny random checkpoints: task/testdata/<case>/ and task/testdata/pipelines.json.

Needs transformers 4 (see the pin below), the last line that has the pipeline of question answering.
"""

import json
import pathlib
import shutil
import sys

import torch
import transformers as hf
from transformers import pipeline

assert hf.__version__ == "4.57.6", "pip install transformers==4.57.6"

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import vocabulary

OUT = pathlib.Path(__file__).parents[2] / "task" / "testdata"
WORDS = " ".join(vocabulary.TEXT)
SHORT = "The keeper feeds the lions, naïve zebras and 214 hippos in the morning; don't feed the Penguins!"
BRIEF = "naïve keepers don't feed the lions; 214 hippos do!"
SHAPE = {"hidden_size": 24, "intermediate_size": 32, "num_attention_heads": 4, "num_hidden_layers": 1}
NER = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG"]


def write(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def checkpoint(name, cls, tokenizer, config_class, labels=None, seed=1, spread=0.6, **more):
    """A checkpoint with random weights, wide enough that probabilities are far apart."""
    path = OUT / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    tokenizer(path)
    (path / "encodings.json").unlink(missing_ok=True)
    if labels:
        more |= {"id2label": dict(enumerate(labels)), "label2id": {n: i for i, n in enumerate(labels)}}
    tok = hf.AutoTokenizer.from_pretrained(path)
    config = config_class(vocab_size=len(tok), **SHAPE, **more)
    torch.manual_seed(seed)
    model = cls(config).eval()
    with torch.no_grad():
        for n, p in sorted(model.named_parameters()):
            p.normal_(0, spread) if p.ndim > 1 else p.normal_(1 if "LayerNorm.weight" in n else 0, 0.2)
    model.save_pretrained(path)
    stated = json.loads((path / "tokenizer_config.json").read_text()) if (path / "tokenizer_config.json").exists() else {}
    stated["model_max_length"] = more["max_position_embeddings"] - (2 if config.model_type == "roberta" else 0)
    write(path / "tokenizer_config.json", stated)
    return str(path)


def bert(name, cls, **more):
    return checkpoint(name, cls, vocabulary.bert, hf.BertConfig, max_position_embeddings=64, **more)


def plain(x):
    """Numbers of numpy as numbers."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return x.item() if hasattr(x, "item") else x


def main():
    torch.set_num_threads(1)
    rows = []

    def row(task, case, answer, **asked):
        rows.append({"task": task, "case": case, **asked, "answer": plain(answer)})

    kinds = {"single": {"labels": ["angry", "calm", "happy"]}, "many": {"labels": ["angry", "calm", "happy"], "problem_type": "multi_label_classification"},
             "number": {"num_labels": 1, "problem_type": "regression"}, "pairs": {"num_labels": 1}}
    for n, (kind, more) in enumerate(kinds.items()):
        case = f"classify-{kind}"
        run = pipeline("text-classification", bert(case, hf.BertForSequenceClassification, seed=3 + n, **more), top_k=None)
        row("classify", case, run([SHORT])[0], text=SHORT)
        row("classify", case, run([{"text": SHORT, "text_pair": "the bears sleep"}])[0], text=SHORT, pair="the bears sleep")

    case = "entail"
    run = pipeline("zero-shot-classification", bert(case, hf.BertForSequenceClassification, seed=8, labels=["contradiction", "neutral", "entailment"]))
    labels = ["animals", "the keeper", "rain"]
    for more in ({}, {"multi_label": True}, {"hypothesis_template": "it is of {} today."}):
        row("zero-shot", case, run(BRIEF, labels, **more), text=BRIEF, labels=labels, **more)

    for case, make in {
        "tag": lambda c: bert(c, hf.BertForTokenClassification, seed=9, labels=NER),
        "tag-roberta": lambda c: checkpoint(c, hf.RobertaForTokenClassification, vocabulary.roberta, hf.RobertaConfig, seed=12, labels=NER,
                                            max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2),
    }.items():
        path = make(case)
        for how in ("none", "simple", "first", "average", "max"):
            run = pipeline("token-classification", path, aggregation_strategy=how)
            row("tag", case, run(BRIEF), text=BRIEF, aggregation=how)
            if how != "none":
                run = pipeline("token-classification", path, aggregation_strategy=how, stride=16)
                row("tag", case, run(WORDS), text=WORDS, aggregation=how, stride=16)

    for case, make in {
        "answer": lambda c: bert(c, hf.BertForQuestionAnswering, seed=20),
        "answer-roberta": lambda c: checkpoint(c, hf.RobertaForQuestionAnswering, vocabulary.roberta, hf.RobertaConfig, seed=21,
                                               max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2),
    }.items():
        run = pipeline("question-answering", make(case))
        question = "who feeds the lions?"
        for text in (SHORT, WORDS):
            for more in ({}, {"top_k": 3}, {"top_k": 2, "handle_impossible_answer": True}, {"max_answer_len": 4, "doc_stride": 10, "max_seq_len": 40}):
                got = run(question=question, context=text, **more)
                row("answer", case, got if isinstance(got, list) else [got], question=question, text=text, **more)

    (OUT / "pipelines.json").write_text("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n", encoding="utf-8")


def attention():
    """task/testdata/attention.json: attention weights on checkpoints of the families, as rows of probabilities."""
    rows = []
    for case in ("bert/testdata/bert", "gpt/testdata/gpt2", "llama/testdata/tied", "t5/testdata/t5"):
        path = str(OUT.parents[1] / "models" / case)
        model = hf.AutoModel.from_pretrained(path, attn_implementation="eager", dtype=torch.float32).eval()
        model = getattr(model, "encoder", model) if case.startswith("t5") else model
        ids = hf.AutoTokenizer.from_pretrained(path)("the lions sleep", return_tensors="pt")["input_ids"]
        with torch.no_grad():
            weights = model(input_ids=ids, output_attentions=True).attentions
        rows.append({"case": case, "text": "the lions sleep", "ids": ids[0].tolist(),
                     "weights": [[[[round(x, 6) for x in row] for row in head] for head in layer[0].tolist()] for layer in weights]})
    (OUT / "attention.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
    attention()
