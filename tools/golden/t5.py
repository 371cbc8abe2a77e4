"""Golden cases of T5, its version 1.1, mT5 and the encoder alone."""

import torch
from transformers import MT5ForConditionalGeneration, T5EncoderModel, T5ForConditionalGeneration

import vocabulary
from golden import arguments, case, ids, mask, rename_tensors, seek, shaped

FAMILY = "t5"

T5 = {
    "architectures": ["T5ForConditionalGeneration"], "d_ff": 36, "d_kv": 6, "d_model": 32, "decoder_start_token_id": 0,
    "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "relu", "initializer_factor": 1.0, "is_encoder_decoder": True,
    "layer_norm_epsilon": 1e-6, "model_type": "t5", "n_positions": 64, "num_heads": 4, "num_layers": 2, "pad_token_id": 0,
    "relative_attention_num_buckets": 32, "tie_word_embeddings": True, "use_cache": True, "vocab_size": 108,
}
V11 = shaped(T5, feed_forward_proj="gated-gelu", num_decoder_layers=2, relative_attention_max_distance=128, tie_word_embeddings=False)
MT5 = shaped(V11, architectures=["MT5ForConditionalGeneration"], model_type="mt5", tokenizer_class="T5Tokenizer")
SPREAD = dict(embedding=1.0, fixed={"relative_attention_bias": 1.0})
BEAM = (603, 33)  # what seek finds for beam; None searches anew
UNTIED = ("lm_head.weight",)


def text(seed, batch=2, source=14, target=9, vocab=100, attention_mask=None):
    """Inputs with labels; the decoder's inputs are the labels shifted right, as the model would make them."""
    tokens, labels = ids(seed, batch, source, 3, vocab), ids(seed + 1, batch, target, 3, vocab)
    labels[:, -1] = 1
    labels[-1, -2:] = torch.tensor([1, -100])
    out = {"input_ids": tokens, "labels": labels}
    shifted = torch.cat([torch.zeros(batch, 1, dtype=labels.dtype), labels[:, :-1]], 1)
    out["decoder_input_ids"] = shifted.masked_fill(shifted == -100, 0)
    if attention_mask is not None:
        tokens[attention_mask == 0] = 0
        out["attention_mask"] = attention_mask
    return out


def requests(seed, vocab=100):
    a, b = ids(seed, 2, 8, 3, vocab).tolist()
    a[-1] = b[-1] = 1
    return [
        {"method": "greedy", "prompts": [a, b[:4] + [1]]},
        {"method": "beam", "prompts": [a], "num_beams": 4, "length_penalty": 1.0, "early_stopping": False},
        {"method": "beam", "prompts": [b], "num_beams": 4, "length_penalty": 0.6, "early_stopping": True},
        {"method": "beam", "prompts": [a, b[:4] + [1]], "num_beams": 4, "length_penalty": 0.6, "early_stopping": False},
        {"method": "beam", "prompts": [b], "num_beams": 4, "length_penalty": 1.0, "early_stopping": True},
        {"method": "beam", "prompts": [b], "num_beams": 3, "length_penalty": 1.0, "early_stopping": "never"},
    ]


def aliases(file):
    """Older files hold the embedding three times and a bias table that no layer uses."""
    from safetensors.torch import load_file
    shared = load_file(file)["shared.weight"]
    extra = {"encoder.embed_tokens.weight": shared.clone(), "decoder.embed_tokens.weight": shared.clone(),
             "lm_head.weight": shared.clone(),
             "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": torch.ones(32, 4)}
    rename_tensors(file, lambda name: name, extra)


def main(want):
    def make(name, cls=T5ForConditionalGeneration, config=T5, inputs=None, **rest):
        if want(name):
            case(FAMILY, name, cls, config, inputs or text(61), **{**SPREAD, **rest})

    padded, long = mask(14, 14, 9), text(64, batch=1, source=140, target=20)
    make("t5", tokenizer=vocabulary.t5, gguf={}, requests=requests(71)[:1])
    make("t5-saved", form="saved", weights="t5", outputs_of="t5")
    make("t5-aliases", edit=aliases, outputs_of="t5")
    make("t5-padding", inputs=text(63, attention_mask=padded), weights="t5")
    make("t5-long", inputs=long, weights="t5", note="distances in every bucket, past relative_attention_max_distance")
    asked = requests(77)
    seed, eos = BEAM or seek(T5ForConditionalGeneration, V11, asked, 600, untie=UNTIED, **SPREAD)
    v11 = dict(weights="v1_1", outputs_of="v1_1", seed=seed)
    make("v1_1", config=V11, seed=seed, untie=UNTIED, requests=asked[:1])
    make("v1_1-saved", config=V11, form="saved", **v11)
    make("mt5", cls=MT5ForConditionalGeneration, config=MT5, requests=asked[:1], **v11)
    make("beam", config=shaped(V11, eos_token_id=eos), requests=asked, **v11)
    make("v1_1-deep", config=shaped(V11, num_layers=1, num_decoder_layers=2, feed_forward_proj="gated-silu",
                                    relative_attention_num_buckets=8, relative_attention_max_distance=16),
         inputs=text(65, attention_mask=padded), seed=3, untie=UNTIED)
    encoder = shaped(T5, architectures=["T5EncoderModel"], num_layers=1)
    inputs = {"input_ids": text(66, attention_mask=padded)["input_ids"], "attention_mask": padded}
    make("encoder", cls=T5EncoderModel, config=encoder, inputs=inputs, seed=5, tokenizer=vocabulary.t5, gguf={}, gguf_arch="t5encoder")
    make("encoder-of-t5", cls=T5EncoderModel, config=shaped(T5, architectures=["T5EncoderModel"]), inputs=inputs, weights="t5",
         note="the encoder read from a whole checkpoint")


if __name__ == "__main__":
    main(arguments(__doc__))
