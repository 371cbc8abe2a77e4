"""Runs llama.cpp's own convert_hf_to_gguf.py on a tiny model.

    python convert.py LLAMA_CPP MODEL_DIR OUT.gguf PRE TYPES

PRE names the pre-tokenizer, which the converter would otherwise look up by the
hash of a published vocabulary. TYPES is a JSON object from a pattern on GGUF
tensor names to a quantisation, first match wins; other tensors are F32.
The gguf module is the installed one, not llama.cpp's copy: their quantisers have rounded differently.
"""

import importlib.util
import json
import os
import pathlib
import re
import sys


def main(llama_cpp, model, out, pre, types):
    os.environ["NO_LOCAL_GGUF"] = "1"
    spec = importlib.util.spec_from_file_location("convert_hf_to_gguf", pathlib.Path(llama_cpp) / "convert_hf_to_gguf.py")
    converter = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = converter
    spec.loader.exec_module(converter)
    table = [(re.compile(pattern), converter.gguf.GGMLQuantizationType[kind]) for pattern, kind in json.loads(types).items()]

    def force(self, name, new_name, bid, n_dims):
        for pattern, kind in table:
            if n_dims > 1 and pattern.search(new_name):
                return kind
        return False

    converter.Model.tensor_force_quant = force
    converter.Model.get_vocab_base_pre = lambda self, tokenizer: pre
    sys.argv = ["convert_hf_to_gguf.py", model, "--outfile", out, "--outtype", "f32", "--model-name", "tiny"]
    converter.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
