"""Golden LoRA adapters: PEFT's files, and the logits of the tiny checkpoints of other cases with them.

One case is a folder tune/testdata/<name>/: adapter_config.json and the weights as PEFT writes them, golden.safetensors
(ids, logits unmerged, a gradient norm of what is trained), golden.json (whose checkpoint it is).

With --check DIR it goes the other way: it opens an adapter that the zoo wrote, a folder that the test of package tune
makes where ZOO_PEFT names it, and compares the logits that the zoo gave with PEFT's.
"""

import argparse
import json
import pathlib
import shutil
import sys

import peft
import torch
import transformers as hf
from safetensors.torch import load_file, save_file

REPO = pathlib.Path(__file__).resolve().parents[2]
OUT = REPO / "tune" / "testdata"
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

GPT2 = ("models/gpt/testdata/gpt2-bin", hf.GPT2LMHeadModel)
LLAMA = ("models/llama/testdata/gqa", hf.LlamaForCausalLM)
BERT = ("models/bert/testdata/bert-classify", hf.BertForSequenceClassification)
T5 = ("models/t5/testdata/t5", hf.T5ForConditionalGeneration)

CASES = {
    "gpt2": (GPT2, dict(r=4, lora_alpha=16, fan_in_fan_out=True)),
    "gpt2-bias": (GPT2, dict(r=2, lora_alpha=3, fan_in_fan_out=True, target_modules=["c_attn", "mlp.c_proj"], bias="lora_only")),
    "gpt2-dora": (GPT2, dict(r=3, lora_alpha=6, fan_in_fan_out=True, use_dora=True, target_modules=["c_attn", "c_fc"])),
    "llama": (LLAMA, dict(r=4, lora_alpha=8, use_rslora=True, target_modules="all-linear")),
    "llama-pattern": (LLAMA, dict(r=4, lora_alpha=8, target_modules=["q_proj", "down_proj", "up_proj"], rank_pattern={"layers.0.self_attn.q_proj": 2, "down_proj": 6},
                                  alpha_pattern={"up_proj": 12.5}, layers_to_transform=[0])),
    "llama-regex": (LLAMA, dict(r=2, lora_alpha=8, target_modules=r".*\.1\..*(v_proj|gate_proj)")),
    "llama-dora": (LLAMA, dict(r=4, lora_alpha=8, use_dora=True, target_modules=["q_proj", "v_proj", "gate_proj", "o_proj"])),
    "llama-embedding": (LLAMA, dict(r=3, lora_alpha=5, target_modules=["embed_tokens", "k_proj"])),
    "bert": (BERT, dict(r=4, lora_alpha=8, task_type="SEQ_CLS")),
    "bert-dora": (BERT, dict(r=4, lora_alpha=8, task_type="SEQ_CLS", use_dora=True, use_rslora=True, bias="all",
                             target_modules=["query", "value", "intermediate.dense"], layers_to_transform=[0])),
    "t5": (T5, dict(r=4, lora_alpha=8)),
    "t5-dora": (T5, dict(r=2, lora_alpha=8, use_dora=True, target_modules=["q", "k", "v", "o", "wi", "wo"])),
}
BIN = {"llama-pattern"}


def inputs(model):
    generator = torch.Generator().manual_seed(7)
    vocab = model.config.vocab_size
    given = {"input_ids": torch.randint(5, vocab - 1, (2, 9), generator=generator)}
    if model.config.is_encoder_decoder:
        given["decoder_input_ids"] = torch.randint(5, vocab - 1, (2, 6), generator=generator)
    return given


def base(path, cls):
    return cls.from_pretrained(REPO / path, attn_implementation="eager", dtype=torch.float32).eval()


def make(name, where, options):
    path, cls = where
    options = dict(options)
    config = peft.LoraConfig(**options)
    model = peft.get_peft_model(base(path, cls), config)
    model.eval()
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():  # as if it had been trained: nothing is zero, or what it was
        for _, p in sorted(model.named_parameters()):
            if p.requires_grad:
                p.add_(torch.randn(p.shape, generator=generator) * 0.1)
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model.peft_config["default"].base_model_name_or_path = pathlib.Path(path).name
    model.save_pretrained(folder, safe_serialization=name not in BIN)
    (folder / "README.md").unlink(missing_ok=True)
    again = peft.PeftModel.from_pretrained(base(path, cls), folder, is_trainable=True).eval()
    given = inputs(again)
    logits = again(**given).logits
    (torch.logsumexp(logits, -1) - logits[..., 0]).sum().backward()
    norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in again.parameters() if p.requires_grad))
    save_file({**given, "logits": logits.detach().contiguous(), "grad_norm": norm.float().reshape(1)}, folder / "golden.safetensors")
    note = {"base": path, "peft": peft.__version__, "transformers": hf.__version__, "torch": torch.__version__.split("+")[0]}
    (folder / "golden.json").write_text(json.dumps(note, indent=1) + "\n")


def check(folder):
    worst = 0.0
    for config in sorted(pathlib.Path(folder).glob("*/adapter_config.json")):
        where, _ = CASES[config.parent.name]
        model = peft.PeftModel.from_pretrained(base(*where), config.parent).eval()
        golden = load_file(config.parent / "zoo.safetensors")
        with torch.no_grad():
            logits = model(**inputs(model)).logits
        off = (logits - golden["logits"].reshape(logits.shape)).abs().max().item()
        worst = max(worst, off)
        print(f"{config.parent.name}: PEFT's logits differ by {off:.2e} at most")
    sys.exit(worst > 2e-5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="comma separated cases; default all")
    parser.add_argument("--check", help="a folder of adapters that the zoo wrote")
    options = parser.parse_args()
    if options.check:
        check(options.check)
    for name, (where, how) in CASES.items():
        if not options.only or name in options.only.split(","):
            make(name, where, how)
