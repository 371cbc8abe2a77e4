"""Writes cmd/zoo/testdata/perplexity.json: llama.cpp's perplexity of texts under each form of weights.

    python perplexity.py --bin DIR stories260K=STORIES.gguf:256 tied=TIED.gguf:32

DIR holds llama-quantize and llama-perplexity (llama.cpp b9963 or newer). Each model is a float32 GGUF file, made by
`zoo convert SRC DST.gguf --weights f32`; before it stands what the table calls it, and after it the tokens of a window. llama-quantize makes the other
forms, with its own choice of what stays finer, and llama-perplexity reads cmd/zoo/testdata/stories.txt.
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile

FORMS = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q2_k", "q3_k_m", "q4_k_m", "q5_k_m", "q6_k", "iq4_nl"]
HERE = pathlib.Path(__file__).resolve().parents[2] / "cmd" / "zoo" / "testdata"


def perplexity(tools, model, window):
    out = subprocess.run(
        [tools / "llama-perplexity", "-m", model, "-f", HERE / "stories.txt", "-c", str(window), "-b", str(window), "-t", "1", "--no-warmup"],
        capture_output=True, text=True, check=True, env={"LD_LIBRARY_PATH": str(tools)})
    return float(re.search(r"Final estimate: PPL = ([0-9.]+)", out.stderr + out.stdout).group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    table = {}
    with tempfile.TemporaryDirectory() as scratch:
        for pair in args.models:
            name, path, window = re.fullmatch("(.+)=(.+):(.+)", pair).groups()
            forms = {}
            table[name] = {"window": int(window), "perplexity": forms}
            for form in FORMS:
                model = path
                if form != "f32":
                    model = pathlib.Path(scratch) / "model.gguf"
                    subprocess.run([args.bin / "llama-quantize", path, model, form], check=True, capture_output=True,
                                   env={"LD_LIBRARY_PATH": str(args.bin)})
                forms[form] = perplexity(args.bin, model, int(window))
    (HERE / "perplexity.json").write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
