"""Published configs, and their parameter counts by building each model in the reference on the meta device.

Writes model/testdata/config/<name>.json as the checkpoints publish them, and
model/testdata/parameters.json: for each, under each architecture, the number of
parameters with a tied one counted once. FACTS are the numbers known
beforehand; a difference stops the script.
"""

import json

import torch
import transformers
from transformers import AutoConfig

from golden import REPO, write_json

FACTS = {
    "gpt2": {"GPT2LMHeadModel": 124439808}, "gpt2-medium": {"GPT2LMHeadModel": 354823168}, "gpt2-large": {"GPT2LMHeadModel": 774030080},
    "gpt2-xl": {"GPT2LMHeadModel": 1557611200},
    "bert-base-uncased": {"BertModel": 109482240, "BertForPreTraining": 110106428, "BertForMaskedLM": None},
    "bert-large-uncased": {"BertModel": 335141888, "BertForPreTraining": 336226108, "BertForMaskedLM": None},
    "bert-base-multilingual-cased": {"BertModel": 177853440, "BertForPreTraining": 178566653, "BertForMaskedLM": None},
    "roberta-base": {"RobertaModel": 124645632, "RobertaForMaskedLM": 124697433},
    "roberta-large": {"RobertaModel": 355359744, "RobertaForMaskedLM": 355412057},
    "xlm-roberta-base": {"XLMRobertaModel": 278043648, "XLMRobertaForMaskedLM": 278295186},
    "t5-small": {"T5ForConditionalGeneration": 60506624, "T5EncoderModel": 35330816},
    "t5-base": {"T5ForConditionalGeneration": 222903552, "T5EncoderModel": 109628544},
    "t5-11b": {"T5ForConditionalGeneration": 11307321344, "T5EncoderModel": 4864791552},
    "flan-t5-small": {"T5ForConditionalGeneration": 76961152, "T5EncoderModel": 35332800},
    "flan-t5-xl": {"T5ForConditionalGeneration": 2849757184, "T5EncoderModel": 1223527424},
    "mt5-base": {"MT5ForConditionalGeneration": 582401280, "MT5EncoderModel": 277040256},
    "Llama-2-7b-hf": {"LlamaForCausalLM": 6738415616}, "Llama-3.2-1B": {"LlamaForCausalLM": 1235814400},
    "Meta-Llama-3-8B": {"LlamaForCausalLM": 8030261248}, "Qwen2.5-0.5B": {"Qwen2ForCausalLM": 494032768},
    "Qwen3-0.6B": {"Qwen3ForCausalLM": 596049920}, "Mistral-7B-v0.1": {"MistralForCausalLM": 7241732096},
    "CodeLlama-7b-hf": {"LlamaForCausalLM": None},
}

GPT2 = {
    "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 50256, "embd_pdrop": 0.1,
    "eos_token_id": 50256, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "model_type": "gpt2", "n_ctx": 1024, "n_embd": 768,
    "n_head": 12, "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1,
    "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True,
    "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}, "vocab_size": 50257,
}
BERT = {
    "architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "gradient_checkpointing": False, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0,
    "position_embedding_type": "absolute", "transformers_version": "4.6.0.dev0", "type_vocab_size": 2, "use_cache": True,
    "vocab_size": 30522,
}
LARGE = {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 24}
MBERT = {
    "architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "directionality": "bidi", "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 0,
    "pooler_fc_size": 768, "pooler_num_attention_heads": 12, "pooler_num_fc_layers": 3, "pooler_size_per_head": 128,
    "pooler_type": "first_token_transform", "type_vocab_size": 2, "vocab_size": 119547,
}
ROBERTA = {
    "architectures": ["RobertaForMaskedLM"], "attention_probs_dropout_prob": 0.1, "bos_token_id": 0, "eos_token_id": 2,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072,
    "layer_norm_eps": 1e-05, "max_position_embeddings": 514, "model_type": "roberta", "num_attention_heads": 12, "num_hidden_layers": 12,
    "pad_token_id": 1, "type_vocab_size": 1, "vocab_size": 50265,
}
XLMR = {**ROBERTA, "architectures": ["XLMRobertaForMaskedLM"], "model_type": "xlm-roberta", "output_past": True,
        "position_embedding_type": "absolute", "use_cache": True, "vocab_size": 250002}


def prefixes(beams, length, penalty, text):
    return {"early_stopping": True, "length_penalty": penalty, "max_length": length, "no_repeat_ngram_size": 3, "num_beams": beams,
            "prefix": text} if penalty else {"early_stopping": True, "max_length": length, "num_beams": beams, "prefix": text}


T5 = {
    "architectures": ["T5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 512, "decoder_start_token_id": 0,
    "dropout_rate": 0.1, "eos_token_id": 1, "initializer_factor": 1.0, "is_encoder_decoder": True, "layer_norm_epsilon": 1e-06,
    "model_type": "t5", "n_positions": 512, "num_heads": 8, "num_layers": 6, "output_past": True, "pad_token_id": 0,
    "relative_attention_num_buckets": 32,
    "task_specific_params": {
        "summarization": {**prefixes(4, 200, 2.0, "summarize: "), "min_length": 30},
        "translation_en_to_de": prefixes(4, 300, None, "translate English to German: "),
        "translation_en_to_fr": prefixes(4, 300, None, "translate English to French: "),
        "translation_en_to_ro": prefixes(4, 300, None, "translate English to Romanian: ")},
    "vocab_size": 32128,
}
FLAN = {
    "architectures": ["T5ForConditionalGeneration"], "d_ff": 1024, "d_kv": 64, "d_model": 512, "decoder_start_token_id": 0,
    "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0, "is_encoder_decoder": True,
    "layer_norm_epsilon": 1e-06, "model_type": "t5", "n_positions": 512, "num_decoder_layers": 8, "num_heads": 6, "num_layers": 8,
    "output_past": True, "pad_token_id": 0, "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32,
    "task_specific_params": T5["task_specific_params"], "tie_word_embeddings": False, "transformers_version": "4.23.1",
    "use_cache": True, "vocab_size": 32128,
}
MT5 = {
    "architectures": ["MT5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 768, "decoder_start_token_id": 0,
    "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu", "initializer_factor": 1.0, "is_encoder_decoder": True,
    "layer_norm_epsilon": 1e-06, "model_type": "mt5", "num_decoder_layers": 12, "num_heads": 12, "num_layers": 12, "output_past": True,
    "pad_token_id": 0, "relative_attention_num_buckets": 32, "tie_word_embeddings": False, "tokenizer_class": "T5Tokenizer",
    "vocab_size": 250112,
}
LLAMA2 = {
    "architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 4096,
    "initializer_range": 0.02, "intermediate_size": 11008, "max_position_embeddings": 4096, "model_type": "llama",
    "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
    "rope_scaling": None, "tie_word_embeddings": False, "torch_dtype": "float16", "transformers_version": "4.31.0.dev0",
    "use_cache": True, "vocab_size": 32000,
}
LLAMA3 = {**LLAMA2, "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": 128001,
          "intermediate_size": 14336, "max_position_embeddings": 8192, "num_key_value_heads": 8, "rope_theta": 500000.0,
          "torch_dtype": "bfloat16", "transformers_version": "4.40.0.dev0", "vocab_size": 128256}
LLAMA32 = {**LLAMA3, "head_dim": 64, "hidden_size": 2048, "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": False,
           "num_hidden_layers": 16, "tie_word_embeddings": True, "transformers_version": "4.45.0.dev0",
           "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
                            "rope_type": "llama3"}}
QWEN25 = {
    "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643, "hidden_act": "silu",
    "hidden_size": 896, "initializer_range": 0.02, "intermediate_size": 4864, "max_position_embeddings": 32768, "max_window_layers": 24,
    "model_type": "qwen2", "num_attention_heads": 14, "num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0, "sliding_window": 32768, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
    "transformers_version": "4.40.1", "use_cache": True, "use_mrope": False, "use_sliding_window": False, "vocab_size": 151936,
}
QWEN3 = {
    "architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 151643,
    "eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024, "initializer_range": 0.02,
    "intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
    "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_scaling": None,
    "rope_theta": 1000000, "sliding_window": None, "tie_word_embeddings": True, "torch_dtype": "bfloat16",
    "transformers_version": "4.51.0", "use_cache": True, "use_sliding_window": False, "vocab_size": 151936,
}
MISTRAL = {
    "architectures": ["MistralForCausalLM"], "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 4096,
    "initializer_range": 0.02, "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral",
    "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
    "sliding_window": 4096, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "transformers_version": "4.34.0.dev0",
    "use_cache": True, "vocab_size": 32000,
}
CODELLAMA = {**LLAMA2, "max_position_embeddings": 16384, "rope_theta": 1000000, "torch_dtype": "bfloat16",
             "transformers_version": "4.32.0.dev0", "vocab_size": 32016}
CODELLAMA.pop("tie_word_embeddings")

CONFIGS = {
    "gpt2": GPT2,
    "gpt2-medium": {**GPT2, "n_embd": 1024, "n_head": 16, "n_layer": 24, "n_special": 0, "predict_special_tokens": True},
    "gpt2-large": {**GPT2, "n_embd": 1280, "n_head": 20, "n_layer": 36},
    "gpt2-xl": {**GPT2, "n_embd": 1600, "n_head": 25, "n_layer": 48, "output_past": True},
    "bert-base-uncased": BERT, "bert-large-uncased": {**BERT, **LARGE}, "bert-base-multilingual-cased": MBERT,
    "roberta-base": ROBERTA, "roberta-large": {**ROBERTA, **LARGE}, "xlm-roberta-base": XLMR,
    "t5-small": T5, "t5-base": {**T5, "d_ff": 3072, "d_model": 768, "num_heads": 12, "num_layers": 12},
    "t5-11b": {**T5, "d_ff": 65536, "d_kv": 128, "d_model": 1024, "num_heads": 128, "num_layers": 24},
    "flan-t5-small": FLAN,
    "flan-t5-xl": {**FLAN, "d_ff": 5120, "d_model": 2048, "num_decoder_layers": 24, "num_heads": 32, "num_layers": 24},
    "mt5-base": MT5, "Llama-2-7b-hf": LLAMA2, "Llama-3.2-1B": LLAMA32, "Meta-Llama-3-8B": LLAMA3, "Qwen2.5-0.5B": QWEN25,
    "Qwen3-0.6B": QWEN3, "Mistral-7B-v0.1": MISTRAL, "CodeLlama-7b-hf": CODELLAMA,
}


def count(path, config, architecture):
    """Parameters of the architecture, tied ones once; a T5 output matrix that the checkpoint keeps apart counts."""
    loaded = AutoConfig.from_pretrained(path)
    with torch.device("meta"):
        model = getattr(transformers, architecture)(loaded)
    total = sum(p.numel() for p in model.parameters())
    apart = config.get("tie_word_embeddings") is False and "t5" in config["model_type"] and hasattr(model, "lm_head")
    if apart and model.lm_head.weight is model.shared.weight:  # this version ties them until it has seen a checkpoint
        total += model.lm_head.weight.numel()
    return total


def main():
    folder = REPO / "model" / "testdata"
    (folder / "config").mkdir(parents=True, exist_ok=True)
    result = {}
    for name, config in CONFIGS.items():
        path = folder / "config" / f"{name}.json"
        write_json(path, config)
        counts = {}
        for architecture, known in FACTS[name].items():
            counts[architecture] = count(path, config, architecture)
            if known is not None and counts[architecture] != known:
                raise SystemExit(f"{name}: {architecture} has {counts[architecture]} parameters, not {known}")
        result[name] = {"architecture": config["architectures"][0], "count": counts[config["architectures"][0]], "counts": counts}
        print(name, json.dumps(counts), flush=True)
    write_json(folder / "parameters.json", result)


if __name__ == "__main__":
    main()
