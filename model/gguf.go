package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
)

// GGUF says how llama.cpp's files hold a species.
type GGUF struct {
	Architecture string   // general.architecture
	Also         []string // other architectures of the same form

	// Config returns the config.json that the metadata stands for. It is nil where
	// another species reads the files of this architecture.
	Config func(f checkpoint.Metadata) (map[string]any, error)
	// Names returns the table from the file's names to those of the model.
	Names func(config map[string]any) []checkpoint.Rename

	// Head returns what a file says of a model, by the text of its config.json. It
	// fails on what the files cannot say. nil: they are only read.
	Head func(config []byte) (*GGUFHead, error)
}

// forGGUF returns the species whose files have that general.architecture.
func forGGUF(architecture string) (Species, bool) {
	for _, s := range All() {
		if s.GGUF != nil && s.GGUF.Config != nil && (s.GGUF.Architecture == architecture || slices.Contains(s.GGUF.Also, architecture)) {
			return s, true
		}
	}
	return Species{}, false
}

// common are the keys of config.json that any architecture's metadata may give.
var common = map[string]string{
	"bos_token_id": "tokenizer.ggml.bos_token_id",
	"eos_token_id": "tokenizer.ggml.eos_token_id",
	"pad_token_id": "tokenizer.ggml.padding_token_id",
}

// FromKeys returns the part of a config.json that a GGUF file's metadata gives:
// table maps each key of config.json to the metadata's, in which {a} stands for
// the architecture. Absent ones are left out; whole numbers become int. It adds
// model_type, the ids of special tokens, and tie_word_embeddings, which is so
// where a file has no output.weight. A value that is no number, text or truth
// value is an error.
func FromKeys(f checkpoint.Metadata, modelType string, table map[string]string) (map[string]any, error) {
	architecture, _ := f.KV("general.architecture")
	prefix, _ := architecture.(string)
	_, untied := f.Info("output.weight")
	config := map[string]any{"model_type": modelType, "tie_word_embeddings": !untied}
	for _, fields := range []map[string]string{common, table} {
		for field, key := range fields {
			key = strings.ReplaceAll(key, "{a}", prefix)
			value, ok := f.KV(key)
			if !ok {
				continue
			}
			v, err := scalar(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			config[field] = v
		}
	}
	if info, ok := f.Info("token_embd.weight"); ok && len(info.Shape) == 2 {
		config["vocab_size"] = info.Shape[0]
	}
	return config, nil
}

// scalar returns a metadata value as config.json would hold it. A float32 stays
// one: its JSON text is the short number that it was made from.
func scalar(value any) (any, error) {
	switch v := value.(type) {
	case uint8:
		return int(v), nil
	case int8:
		return int(v), nil
	case uint16:
		return int(v), nil
	case int16:
		return int(v), nil
	case uint32:
		return int(v), nil
	case int32:
		return int(v), nil
	case int64:
		return int(v), nil
	case uint64:
		if v > 1<<62 {
			return nil, fmt.Errorf("%d is too large", v)
		}
		return int(v), nil
	case int, float32, float64, string, bool:
		return v, nil
	}
	return nil, fmt.Errorf("a %T is not a number, text or truth value", value)
}
