"""Golden cases of the Llama-type decoders: llama, mistral, qwen2, qwen3."""

import torch
from transformers import LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM

import vocabulary
from golden import arguments, case, ids, mask, shaped

FAMILY = "llama"

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "hidden_act": "silu", "max_position_embeddings": 64,
    "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pretraining_tp": 1, "rope_scaling": None, "rope_theta": 10000.0,
    "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": False, "use_cache": True,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32",
}
GQA = shaped(LLAMA, num_key_value_heads=2, rms_norm_eps=1e-5)


def text(seed, batch=2, length=12, vocab=64, attention_mask=None):
    """Inputs of a causal model with labels; padded places hold the pad id and the label -100."""
    tokens = ids(seed, batch, length, 3, vocab)
    labels = tokens.clone()
    out = {"input_ids": tokens, "labels": labels}
    if attention_mask is not None:
        tokens[attention_mask == 0] = 0
        labels[attention_mask == 0] = -100
        labels[:, 1:][attention_mask[:, :-1] == 0] = -100  # a pad before the text predicts nothing that can be held to
        out["attention_mask"] = attention_mask
    return out


def positions(attention_mask):
    """Positions as generation gives them to a left-padded batch: pads get 1."""
    return (attention_mask.cumsum(-1) - 1).masked_fill(attention_mask == 0, 1)


def requests(seed, vocab=64):
    a, b = ids(seed, 2, 6, 3, vocab).tolist()
    return [
        {"method": "greedy", "prompts": [a]},
        {"method": "greedy", "prompts": [a, b[:3]]},
        {"method": "beam", "prompts": [b], "num_beams": 4, "length_penalty": 1.0, "early_stopping": False},
        {"method": "beam", "prompts": [a, b[:4]], "num_beams": 4, "length_penalty": 0.6, "early_stopping": True},
    ]


def plain(want):
    """Attention shapes, padding and file formats."""
    def make(name, cls=LlamaForCausalLM, config=LLAMA, inputs=None, **rest):
        if want(name):
            case(FAMILY, name, cls, config, inputs or text(11), **rest)

    right, left = mask(12, 12, 7), mask(12, 12, 7, left=True)
    make("mha", requests=requests(21))
    make("mha-padding-right", inputs=text(12, attention_mask=right), weights="mha")
    make("mha-padding-left", inputs=text(12, attention_mask=left), weights="mha",
         note="positions are 0..T-1 over the padding too: transformers counts them from the mask only in generate")
    make("mha-padding-left-positions", inputs={**text(12, attention_mask=left), "position_ids": positions(left)}, weights="mha",
         note="positions as generate computes them")
    make("mha-bin", formats=("bin",), outputs_of="mha")
    make("mha-bin-legacy", formats=("bin-legacy",), outputs_of="mha")
    make("mha-sharded", formats=("sharded",), outputs_of="mha")
    make("gqa", config=GQA, form="saved", seed=2, requests=requests(22))
    make("gqa-f16", config=shaped(GQA, torch_dtype="float16"), dtype=torch.float16, seed=2)
    make("gqa-bf16", config=shaped(GQA, torch_dtype="bfloat16"), dtype=torch.bfloat16, seed=2)
    make("bias", config=shaped(GQA, attention_bias=True, mlp_bias=True, head_dim=12), seed=3)
    make("bias-saved", config=shaped(GQA, attention_bias=True, mlp_bias=True, head_dim=12), form="saved", weights="bias", outputs_of="bias")


def rope(want):
    """Rotary scalings over the gqa weights, in the older and the newer form of config.json."""
    def make(name, form="published", length=16, outputs_of=None, max_position_embeddings=64, theta=10000.0, **scaling):
        if want(name):
            config = shaped(GQA, max_position_embeddings=max_position_embeddings, rope_theta=theta, rope_scaling=scaling or None)
            case(FAMILY, name, LlamaForCausalLM, config, text(13, length=length), weights="gqa", form=form,
                 outputs_of=outputs_of, seed=2)

    llama3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
    make("rope-llama3", max_position_embeddings=512, theta=500.0, **llama3)
    make("rope-llama3-saved", form="saved", outputs_of="rope-llama3", max_position_embeddings=512, theta=500.0, **llama3)
    make("rope-none")
    make("rope-linear", type="linear", factor=4.0)
    make("rope-dynamic", max_position_embeddings=8, type="dynamic", factor=2.0)
    make("rope-yarn", rope_type="yarn", factor=4.0)
    make("rope-yarn-original", max_position_embeddings=256, rope_type="yarn", factor=4.0, original_max_position_embeddings=64,
         beta_fast=16.0, beta_slow=2.0)
    make("rope-yarn-saved", form="saved", outputs_of="rope-yarn", max_position_embeddings=256, rope_type="yarn", factor=4.0, original_max_position_embeddings=64)
    make("rope-saved", form="saved", outputs_of="rope-none")
    make("codellama", max_position_embeddings=16384, theta=1000000.0)


LLAMA3 = shaped(GQA, vocab_size=300, tie_word_embeddings=True, max_position_embeddings=512, rope_theta=500.0, pad_token_id=None,
                bos_token_id=298, eos_token_id=299,
                rope_scaling={"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 64,
                              "rope_type": "llama3"})

QWEN2 = {
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 300, "hidden_size": 32, "intermediate_size": 48,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 64,
    "max_window_layers": 1, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "sliding_window": 4,
    "use_sliding_window": False, "attention_dropout": 0.0, "tie_word_embeddings": True, "use_cache": True, "bos_token_id": 297,
    "eos_token_id": 299, "torch_dtype": "float32",
}

QWEN3 = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12, "hidden_act": "silu",
    "max_position_embeddings": 64, "max_window_layers": 2, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "rope_scaling": None,
    "rope_theta": 1000000.0, "sliding_window": None, "use_sliding_window": False, "attention_bias": False, "attention_dropout": 0.0,
    "tie_word_embeddings": True, "use_cache": True, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32",
}

MISTRAL = {
    "architectures": ["MistralForCausalLM"], "model_type": "mistral", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12, "hidden_act": "silu",
    "max_position_embeddings": 64, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "sliding_window": 4,
    "tie_word_embeddings": False, "use_cache": True, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32",
}


def members(want):
    """Whole models with tokenizers, GGUF files, and the other members of the family."""
    def make(name, cls, config, inputs=None, **rest):
        if want(name):
            case(FAMILY, name, cls, config, inputs or text(14), **rest)

    words, small = text(15, length=9, vocab=320), text(16, length=9, vocab=298)
    make("tied", LlamaForCausalLM, shaped(GQA, vocab_size=320, tie_word_embeddings=True), words, seed=5, requests=requests(25, 320),
         tokenizer=vocabulary.llama, gguf={})
    make("llama3", LlamaForCausalLM, LLAMA3, small, seed=6, tokenizer=vocabulary.llama3, formats=("gguf",), gguf={},
         gguf_pre="llama-bpe", gguf_config={"original_max_position_embeddings": 64},
         note="the scaling is in rope_freqs.weight")
    mixed = {"token_embd": "Q8_0", "attn_q": "Q4_0", "attn_k": "Q4_1", "attn_v": "Q5_0", "attn_output": "Q5_1", "ffn_gate": "Q8_0",
             "ffn_up": "F16", "ffn_down": "BF16", "output": "Q8_0"}
    wide = shaped(GQA, intermediate_size=64, vocab_size=320)
    make("gguf-q8_0", LlamaForCausalLM, wide, words, seed=7, tokenizer=vocabulary.llama, formats=("gguf",), gguf={".": "Q8_0"})
    make("gguf-mixed", LlamaForCausalLM, wide, words, seed=8, tokenizer=vocabulary.llama, formats=("gguf",), gguf=mixed)
    make("mistral", MistralForCausalLM, MISTRAL, seed=4, requests=requests(24)[:2])
    make("mistral-saved", MistralForCausalLM, MISTRAL, form="saved", weights="mistral", outputs_of="mistral", seed=4)
    make("qwen2", Qwen2ForCausalLM, QWEN2, small, seed=9, requests=requests(29, 300), tokenizer=vocabulary.qwen2, gguf={},
         gguf_pre="qwen2")
    make("qwen2-saved", Qwen2ForCausalLM, QWEN2, small, form="saved", weights="qwen2", outputs_of="qwen2", seed=9)
    window = shaped(QWEN2, use_sliding_window=True, sliding_window=4, max_window_layers=1)
    make("qwen2-window", Qwen2ForCausalLM, window, small, weights="qwen2", seed=9)
    make("qwen2-window-saved", Qwen2ForCausalLM, window, small, form="saved", weights="qwen2", outputs_of="qwen2-window", seed=9)
    make("qwen3", Qwen3ForCausalLM, QWEN3, seed=10, requests=requests(30)[:2])
    make("qwen3-saved", Qwen3ForCausalLM, QWEN3, form="saved", weights="qwen3", outputs_of="qwen3", seed=10)
    make("mistral-full", MistralForCausalLM, shaped(MISTRAL, sliding_window=None), weights="mistral", seed=4)


if __name__ == "__main__":
    wanted = arguments(__doc__)
    for group in (plain, rope, members):
        group(wanted)
