"""Golden cases of the GPT decoders: gpt2."""

import torch
from transformers import GPT2LMHeadModel

import vocabulary
from golden import arguments, case, ids, mask, rename_tensors, seek, shaped
from llama import positions

FAMILY = "gpt"

GPT2 = {
    "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 299, "embd_pdrop": 0.1,
    "eos_token_id": 299, "initializer_range": 0.02, "layer_norm_epsilon": 1e-5, "model_type": "gpt2", "n_ctx": 64, "n_embd": 24,
    "n_head": 3, "n_layer": 2, "n_positions": 64, "resid_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1,
    "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}, "vocab_size": 300,
}
SMALL = shaped(GPT2, n_embd=32, n_head=4, vocab_size=64, bos_token_id=2, eos_token_id=2, n_inner=48, activation_function="gelu_new")

BEAM = (225, 51)  # what seek finds for gpt2-beam; None searches anew, for minutes


def text(seed, batch=2, length=12, vocab=299, attention_mask=None, low=0):
    tokens = ids(seed, batch, length, low, vocab)
    labels = tokens.clone()
    out = {"input_ids": tokens, "labels": labels}
    if attention_mask is not None:
        tokens[attention_mask == 0] = vocab
        labels[attention_mask == 0] = -100
        labels[:, 1:][attention_mask[:, :-1] == 0] = -100
        out["attention_mask"] = attention_mask
    return out


def hub(file):
    """The form of the first published files: no prefix, and each layer's causal mask as a buffer."""
    masks = {}
    for layer in range(2):
        masks[f"h.{layer}.attn.bias"] = torch.ones(64, 64).tril().view(1, 1, 64, 64)
        masks[f"h.{layer}.attn.masked_bias"] = torch.tensor(-10000.0)
    rename_tensors(file, lambda name: name.removeprefix("transformer."), masks)


def requests(seed, low, high):
    a, b = ids(seed, 2, 6, low, high).tolist()
    return [
        {"method": "greedy", "prompts": [a]},
        {"method": "greedy", "prompts": [a, b[:3]]},
        {"method": "beam", "prompts": [a], "num_beams": 4, "length_penalty": 1.0, "early_stopping": False},
        {"method": "beam", "prompts": [b], "num_beams": 4, "length_penalty": 0.6, "early_stopping": True},
        {"method": "beam", "prompts": [a, b[:4]], "num_beams": 4, "length_penalty": 2.0, "early_stopping": "never"},
    ]


def main(want):
    def make(name, config=GPT2, inputs=None, **rest):
        if want(name):
            case(FAMILY, name, GPT2LMHeadModel, config, inputs or text(41), **rest)

    right, left = mask(12, 12, 7), mask(12, 12, 7, left=True)
    make("gpt2", requests=requests(51, 0, 299)[:3], tokenizer=vocabulary.gpt2, gguf={}, gguf_pre="gpt-2")
    make("gpt2-saved", form="saved", weights="gpt2", outputs_of="gpt2")
    make("gpt2-hub", edit=hub, outputs_of="gpt2")
    make("gpt2-bin", formats=("bin",), outputs_of="gpt2")
    wide, asked = dict(embedding=0.4, fixed={"wpe": 1.0}), requests(53, 3, 64)
    seed, eos = BEAM or seek(GPT2LMHeadModel, SMALL, asked, 100, **wide)
    small, inner = text(43, vocab=63, low=3), dict(weights="gpt2-inner", seed=seed)
    make("gpt2-inner", config=SMALL, inputs=small, seed=seed, **wide)
    make("gpt2-beam", config=shaped(SMALL, eos_token_id=eos), inputs=small, outputs_of="gpt2-inner", requests=asked, **inner)
    make("gpt2-padding-right", config=SMALL, inputs=text(42, vocab=63, attention_mask=right), **inner)
    make("gpt2-padding-left", config=SMALL, inputs={**text(42, vocab=63, attention_mask=left), "position_ids": positions(left)},
         note="positions as generate computes them: cumsum(mask)-1, pads 1", **inner)
    make("gpt2-padding-left-plain", config=SMALL, inputs=text(42, vocab=63, attention_mask=left),
         note="no position_ids given: transformers counts 0..T-1 over the padding, so the text's positions start late", **inner)
    make("gpt2-inverse-layer", config=shaped(SMALL, scale_attn_by_inverse_layer_idx=True), inputs=small, **inner)
    make("gpt2-unscaled", config=shaped(SMALL, scale_attn_weights=False), inputs=small, **inner)
    make("gpt2-upcast", config=shaped(SMALL, reorder_and_upcast_attn=True, activation_function="gelu"), inputs=small, **inner)


if __name__ == "__main__":
    main(arguments(__doc__))
