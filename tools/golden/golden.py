"""Makes tiny random checkpoints and the reference's outputs for them.

One call of `case` writes models/<family>/testdata/<name>/: a checkpoint in the
Hugging Face layout, golden.safetensors (inputs, hidden states, outputs, loss,
gradients) and golden.json (what the numbers belong to, and generated ids).
The outputs are always those of the files as read back from disk, in float32
with eager attention, so they hold for the files and not for some object that
existed in memory before them.
"""

import argparse
import json
import os
import pathlib
import shutil
import tempfile
import zlib

import gguf as gguf_library
import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, GenerationConfig, LogitsProcessor, LogitsProcessorList

import gguf_file
import vocabulary

REPO = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 2e-5
LLAMA_CPP = None  # a checkout of llama.cpp whose converter writes the GGUF files

torch.set_num_threads(1)  # one order of summation
torch.use_deterministic_algorithms(True)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def arguments(text):
    """Reads the command line common to every family script: which cases, and llama.cpp's place."""
    global LLAMA_CPP
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--llama.cpp", dest="llama", help="checkout of llama.cpp; without it no model.gguf is written")
    parser.add_argument("--only", default="", help="comma separated cases; default all")
    options = parser.parse_args()
    LLAMA_CPP = options.llama
    chosen = [name for name in options.only.split(",") if name]
    return lambda name: not chosen or name in chosen


def directory(family, name):
    return REPO / "models" / family / "testdata" / name


def draw(name, shape, seed, mean=0.0, std=1.0):
    """Normal numbers that depend on the parameter's name and the seed, not on the order of parameters."""
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))
    return torch.from_numpy((mean + std * rng.standard_normal(tuple(shape))).astype(np.float32))


def randomize(model, seed, gain=1.0, embedding=0.6, fixed=None):
    """Fills every parameter, norms and biases too, so that a dropped term shows.

    Matrices keep the variance of what passes through them; `gain` widens the
    output head, `embedding` is the deviation of embedding rows. `fixed` maps a
    part of a name to a deviation of its own.
    """
    linear_in = {}
    for prefix, module in model.named_modules():
        kind = type(module).__name__
        if hasattr(module, "weight") and module.weight is not None:
            linear_in[prefix + ".weight"] = kind
    with torch.no_grad():
        for name, p in model.named_parameters():
            kind = linear_in.get(name, "")
            special = [v for part, v in (fixed or {}).items() if part in name]
            if special:
                value = draw(name, p.shape, seed, std=special[0])
            elif "norm" in kind.lower():
                value = draw(name, p.shape, seed, mean=1.0, std=0.25)
            elif p.ndim == 1:
                value = draw(name, p.shape, seed, std=0.2)
            elif kind == "Embedding":
                value = draw(name, p.shape, seed, std=embedding)
            else:
                fan_in = p.shape[0] if kind == "Conv1D" else p.shape[1]
                wide = gain if name.startswith(("lm_head", "classifier", "qa_outputs", "score")) else 1.0
                value = draw(name, p.shape, seed, std=wide / fan_in**0.5)
            p.copy_(value)


def ids(seed, batch, length, low, high):
    """Random token ids [batch, length] in [low, high)."""
    rng = np.random.Generator(np.random.PCG64([seed, 77]))
    return torch.from_numpy(rng.integers(low, high, (batch, length)))


def mask(length, *valid, left=False):
    """An attention mask [len(valid), length] with that many ones a row, to the left or to the right."""
    rows = [([1] * n + [0] * (length - n)) for n in valid]
    return torch.tensor([row[::-1] if left else row for row in rows])


def shaped(config, **changes):
    """A copy of a config with keys replaced; None removes nothing, it is JSON null."""
    return {**config, **changes}


def write_json(path, value):
    text = json.dumps(value, indent=1, ensure_ascii=False)
    path.write_text(compact(text) + "\n", encoding="utf-8")


def compact(text):
    """Joins the lines of lists of numbers, which json spreads one to a line."""
    out, run = [], None
    for line in text.split("\n"):
        bare = line.strip()
        if run is not None:
            run.append(bare)
            if bare.rstrip(",") == "]":
                out.append(run[0] + " ".join(run[1:-1]) + run[-1])
                run = None
            elif not bare.rstrip(",").replace(".", "").replace("-", "").replace("e", "").replace("+", "").isdigit():
                out.append(run[0])
                out.extend(" " * (len(run[0]) - len(run[0].lstrip()) + 1) + r for r in run[1:-1])
                out.append(line)
                run = [line] if bare.endswith("[") else None
                if run:
                    out.pop()
        elif bare.endswith("["):
            run = [line]
        else:
            out.append(line)
    return "\n".join(out)


def read_model(cls, path, dtype=torch.float32):
    model = cls.from_pretrained(path, attn_implementation="eager", dtype=dtype)
    return model.eval()


def flatten(prefix, value):
    """HF output fields: tensors keep their name, tuples of tensors get .0 .1 …; caches and attentions are left out."""
    if isinstance(value, torch.Tensor):
        return {prefix: value.detach()}
    if isinstance(value, tuple) and "hidden_states" in prefix:
        return {f"{prefix}.{i}": v.detach() for i, v in enumerate(value)}
    return {}


def outputs(model, inputs):
    """Runs the model once; returns everything golden.safetensors holds."""
    result = {name: value if value.is_floating_point() else value.to(torch.int64) for name, value in inputs.items()}
    model.zero_grad()
    out = model(**inputs, output_hidden_states=True, return_dict=True)
    for name in out.keys():
        result.update(flatten(name, out[name]))
    if "loss" in result:
        out.loss.backward()
        total = sum(float((p.grad.double() ** 2).sum()) for p in model.parameters() if p.grad is not None)
        result["grad_norm"] = torch.tensor(total**0.5, dtype=torch.float32)
        matrices = 0
        for name, p in model.named_parameters():
            if p.grad is None:
                continue
            if p.ndim == 1 or (p.numel() <= 1024 and matrices == 0):
                matrices += p.ndim > 1
                result["grad." + name] = p.grad
        model.zero_grad()
    for name, value in result.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise ValueError(f"{name} is not finite")
    return {name: value.contiguous().clone() for name, value in result.items()}


class Noise(LogitsProcessor):
    """Adds up to `size` to each score: what is generated must not hang on the last bits."""

    def __init__(self, seed, size):
        self.random, self.size = torch.Generator().manual_seed(seed), size

    def __call__(self, input_ids, scores):
        return scores + self.size * (2 * torch.rand(scores.shape, generator=self.random) - 1)


def strip(row, start, eos, pad):
    """The new ids of one sequence: after the prompt, up to and with the first end token."""
    new = row[start:].tolist()
    for i, token in enumerate(new):
        if token == eos:
            return new[: i + 1]
    return new


def generate(model, request):
    """Runs one generation request; raises if noise of 2e-4 on the scores changes what comes out."""
    request = dict(request)
    prompts = request["prompts"]
    width = max(len(p) for p in prompts)
    config = model.config
    pad = config.pad_token_id if config.pad_token_id is not None else 0
    decoder_only = not getattr(config, "is_encoder_decoder", False)
    fill = lambda p, token: [token] * (width - len(p)) + p if decoder_only else p + [token] * (width - len(p))
    input_ids = torch.tensor([fill(p, pad) for p in prompts])
    attention = torch.tensor([fill([1] * len(p), 0) for p in prompts])
    beams = request.get("num_beams", 1)
    settings = GenerationConfig(
        do_sample=False, num_beams=beams, num_return_sequences=beams, max_new_tokens=request.get("max_new_tokens", 16),
        length_penalty=request.get("length_penalty", 1.0), early_stopping=request.get("early_stopping", False),
        eos_token_id=config.eos_token_id if config.eos_token_id >= 0 else None, pad_token_id=pad, bos_token_id=getattr(config, "bos_token_id", None),
        decoder_start_token_id=getattr(config, "decoder_start_token_id", None) or (None if decoder_only else 0),
        return_dict_in_generate=True, output_scores=True)
    first = None
    for seed in range(4):
        noise = LogitsProcessorList([Noise(seed, 2e-4 if seed else 0.0)])
        with torch.no_grad():
            out = model.generate(input_ids, attention_mask=attention, generation_config=settings, logits_processor=noise)
        start = width if decoder_only else 1
        rows = [strip(row, start, config.eos_token_id, pad) for row in out.sequences]
        if seed == 0:
            first = rows
            if beams > 1:
                request["scores"] = [float(np.float32(s)) for s in out.sequences_scores]
        elif rows != first:
            raise ArithmeticError("generated ids hang on the last bits; take another seed")
    request["sequences"] = first
    request["max_new_tokens"] = settings.max_new_tokens
    return request


def seek(cls, config, requests, seed, gain=1.5, embedding=0.6, fixed=None, untie=()):
    """A seed and an end token with which every beam request ends some of its sequences early and others not.

    Random models seldom do so by themselves. The first pair found from `seed` on is returned, as keys for `case`.
    """
    for candidate in range(seed, seed + 200):
        model = fresh(cls, AutoConfig.for_model(**config), candidate, gain, embedding, fixed, untie).eval()
        beams = [request for request in requests if request.get("num_beams", 1) > 1]
        try:
            model.config.eos_token_id = -1
            open_rows = [row for request in beams for row in generate(model, request)["sequences"]]
        except ArithmeticError:
            continue
        for eos in sorted({token for row in open_rows for token in row[3:-1]}):
            model.config.eos_token_id = eos
            if all(various(model, request) for request in beams):
                return candidate, eos
    raise ArithmeticError("no seed does")


def various(model, request):
    try:
        rows = generate(model, request)["sequences"]
    except ArithmeticError:
        return False
    ended = [row[-1] == model.config.eos_token_id for row in rows]
    return any(ended) and len(set(map(len, rows))) > 2 and len({token for row in rows for token in row}) > 4


def fresh(cls, config, seed, gain, embedding, fixed, untie):
    """A model with random weights; `untie` names parameters that get values of their own although the class ties them."""
    torch.manual_seed(seed)
    model = cls._from_config(config, attn_implementation="eager")
    for key in untie:
        owner, _, leaf = key.rpartition(".")
        setattr(model.get_submodule(owner), leaf, torch.nn.Parameter(torch.empty_like(model.get_parameter(key))))
    randomize(model, seed, gain, embedding, fixed)
    return model


def save_weights(model, path, formats, dtype):
    """Writes a model's weights in the formats asked for."""
    model = model.to(dtype)
    with tempfile.TemporaryDirectory() as scratch:
        shard = "1MB" if "sharded" not in formats else "30KB"
        model.save_pretrained(scratch, max_shard_size=shard)
        for file in pathlib.Path(scratch).iterdir():
            if ("safetensors" in formats or "sharded" in formats) and "safetensors" in file.name:
                shutil.copy(file, path / file.name)
    if "bin" in formats or "bin-legacy" in formats:
        torch.save(dict(model.state_dict()), path / "pytorch_model.bin", _use_new_zipfile_serialization="bin" in formats)


def rename_tensors(file, rename, extra=None):
    """Rewrites a safetensors file with other names and further tensors, for checkpoints of older writers."""
    tensors = {rename(name): value for name, value in load_file(file).items()}
    tensors.update(extra or {})
    save_file(tensors, file, metadata={"format": "pt"})


def link(case, source, scratch):
    """A directory with the case's config and the weights of another case."""
    for file in source.iterdir():
        if file.suffix in (".safetensors", ".bin") and not file.name.startswith("golden"):
            os.symlink(file, scratch / file.name)
    shutil.copy(case / "config.json", scratch / "config.json")


def parameters(model):
    """Parameters of a model; a tied one counts once."""
    return sum(p.numel() for p in model.parameters())


def case(family, name, cls, config, inputs, *, seed=1, weights=None, outputs_of=None, form="published", formats=("safetensors",),
         dtype=torch.float32, requests=(), gain=1.5, embedding=0.6, fixed=None, untie=(), edit=None, note="", prepare=None, tokenizer=None,
         gguf=None, gguf_arch=None, gguf_config=None, gguf_pre="default"):
    """Writes one case.

    cls        class of transformers
    config     config.json as a dict; form "saved" lets transformers write its own form of it instead
    weights    another case of the family whose checkpoint this one uses
    outputs_of another case whose golden.safetensors holds for this one: the same weights in another file format
    untie      parameters given values of their own although the class ties them
    edit       called with the path of model.safetensors, to rename tensors
    prepare    called with the model before saving, to change weights
    tokenizer  one of vocabulary's functions: puts a tokenizer beside the checkpoint
    gguf       also model.gguf: a map from GGUF tensor names to quantisations, {} for float32. With formats=("gguf",)
               the file stands in place of the checkpoint, and the outputs are those of its dequantised weights
    """
    path = directory(family, name)
    if "gguf" in formats and not LLAMA_CPP:
        print(f"{family}/{name}: left as it is, for want of llama.cpp")
        return None
    old = path / "model.gguf"
    kept = old.read_bytes() if gguf is not None and old.exists() and not LLAMA_CPP else None
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    if kept:
        old.write_bytes(kept)
    if tokenizer:
        vocabulary.agree(path, tokenizer(path))
    write_json(path / "config.json", config)
    loaded = AutoConfig.from_pretrained(path)
    if form == "saved":
        loaded.architectures = [cls.__name__]
        loaded.save_pretrained(path)
    arch = getattr(gguf_library.MODEL_ARCH, (gguf_arch or config["model_type"]).upper()) if gguf is not None else None
    facts = {"family": family, "case": name, "model_type": config["model_type"], "architecture": cls.__name__,
             "transformers": transformers.__version__, "torch": torch.__version__.split("+")[0], "seed": seed, "tolerance": TOLERANCE}
    if note:
        facts["note"] = note
    source = path
    if weights:
        source = directory(family, weights)
        facts["weights"] = weights
    else:
        model = fresh(cls, loaded, seed, gain, embedding, fixed, untie)
        if prepare:
            prepare(model)
        if "gguf" in formats:
            quantize(model, path, arch, gguf, gguf_config, gguf_pre)
        else:
            save_weights(model, path, formats, dtype)
        if edit:
            edit(path / "model.safetensors")
        if gguf is not None and "gguf" not in formats and LLAMA_CPP:
            gguf_file.convert(LLAMA_CPP, path, old, gguf_pre, gguf, gguf_config)
            note_lost(facts, gguf_file.check(old, numbers(model)))
    if "gguf" not in formats:
        with tempfile.TemporaryDirectory() as scratch:
            read_from = path
            if source is not path:
                read_from = pathlib.Path(scratch)
                link(path, source, read_from)
            model = read_model(cls, read_from)
    facts["parameters"] = parameters(model)
    result = outputs(model, inputs)
    if outputs_of:
        facts["outputs"] = outputs_of
        compare(load_file(directory(family, outputs_of) / "golden.safetensors"), result)
    else:
        save_file(result, path / "golden.safetensors")
    if "attention_mask" in inputs and not bool(inputs["attention_mask"].all()):
        facts["compare"] = "attended"  # rows where attention_mask is 0 hold whatever the reference left there
    if requests:
        facts["generate"] = [generate(model, request) for request in requests]
    write_json(path / "golden.json", facts)
    report(path, result)
    return model


def numbers(model):
    return {name: p.detach().numpy() for name, p in model.named_parameters()}


def note_lost(facts, lost):
    if lost:
        facts["not_in_gguf"] = lost  # llama.cpp drops poolers and heads


def quantize(model, path, arch, types, config, pre):
    """Writes model.gguf from the model's weights, then gives the model the weights that file holds."""
    with tempfile.TemporaryDirectory() as scratch:
        for file in path.iterdir():
            shutil.copy(file, scratch)
        save_weights(model, pathlib.Path(scratch), ("safetensors",), torch.float32)
        gguf_file.convert(LLAMA_CPP, pathlib.Path(scratch), path / "model.gguf", pre, types, config)
    weights = numbers(model)
    table = gguf_file.names(weights, arch, model.config.num_hidden_layers)
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(torch.from_numpy(gguf_file.quantized(weights[name], types, table[name])))
    gguf_file.check(path / "model.gguf", numbers(model))
    model.eval()


def compare(want, got):
    for name, value in want.items():
        if not torch.equal(value, got[name]):
            raise ValueError(f"{name} differs from the outputs it is said to share")


def report(path, result):
    for file in path.iterdir():
        file.chmod(0o644)
    size = sum(f.stat().st_size for f in path.iterdir())
    states = [v for k, v in result.items() if "hidden_state" in k]
    spread = f"hidden {float(states[-1].std()):.2f}" if states else ""
    logits = f"logits {float(result['logits'].float().std()):.2f}" if "logits" in result and result["logits"].numel() > 1 else ""
    loss = f"loss {float(result['loss']):.3f} grad {float(result['grad_norm']):.3f}" if "loss" in result else ""
    print(f"{path.parent.parent.name}/{path.name}: {size / 1024:.0f} KB {spread} {logits} {loss}", flush=True)
