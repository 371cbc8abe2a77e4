package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// raw returns v, which the code made, as JSON.
func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("train: " + err.Error())
	}
	return text
}

// normalizers are named ones that presets and [Normalizer] give.
var normalizers = map[string]any{
	"none":         nil,
	"nfc":          object{"type": "NFC"},
	"nfd":          object{"type": "NFD"},
	"nfkc":         object{"type": "NFKC"},
	"nfkd":         object{"type": "NFKD"},
	"lowercase":    object{"type": "Lowercase"},
	"bert":         bertNormalizer(false),
	"bert-uncased": bertNormalizer(true),
	// What SentencePiece does by default: NFKC, white space as single spaces.
	"sentencepiece": object{"type": "Sequence", "normalizers": []object{
		{"type": "Nmt"}, {"type": "NFKC"},
		{"type": "Strip", "strip_left": true, "strip_right": true},
		{"type": "Replace", "pattern": object{"Regex": " {2,}"}, "content": " "},
	}},
}

func bertNormalizer(lower bool) object {
	return object{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": lower}
}

// The expressions by which Llama 3 and Qwen 2 cut words.
const (
	llama3Words = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Words  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// preTokenizers are named ones that presets and [PreTokenizer] give.
var preTokenizers = map[string]any{
	"none":             nil,
	"gpt2":             byteLevel(true),
	"llama3":           splitBytes(llama3Words),
	"qwen2":            splitBytes(qwen2Words),
	"bert":             object{"type": "BertPreTokenizer"},
	"whitespace":       object{"type": "Whitespace"},
	"whitespace-split": object{"type": "WhitespaceSplit"},
	"metaspace":        object{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
}

func byteLevel(regex bool) object {
	return object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex}
}

func splitBytes(words string) object {
	split := object{"type": "Split", "pattern": object{"Regex": words}, "behavior": "Isolated", "invert": false}
	return object{"type": "Sequence", "pretokenizers": []object{split, byteLevel(false)}}
}

// Normalizer returns a named normaliser for a Config, or takes a name that begins
// with { for tokenizer.json's own words.
func Normalizer(name string) (json.RawMessage, error) { return named("normalizer", normalizers, name) }

// PreTokenizer returns a named pre-tokenizer for a Config, or takes a name that
// begins with { for tokenizer.json's own words.
func PreTokenizer(name string) (json.RawMessage, error) {
	return named("pre-tokenizer", preTokenizers, name)
}

func named(what string, list map[string]any, name string) (json.RawMessage, error) {
	if strings.HasPrefix(name, "{") {
		return json.RawMessage(name), nil
	}
	part, ok := list[name]
	if !ok {
		return nil, fmt.Errorf("train: %s %.40q: none of %s, and no JSON object", what, name, strings.Join(slices.Sorted(maps.Keys(list)), ", "))
	}
	return raw(part), nil
}

// base returns what the presets of a kind have in common.
func base(kind Kind) Config {
	c := Config{Kind: kind, VocabSize: 30000, MinFrequency: 2}
	switch kind {
	case ByteBPE, Byte:
		c.WholeLines = true
		c.Alphabet = ByteAlphabet()
		c.PreTokenizer, c.Decoder = raw(byteLevel(true)), raw(byteLevel(true))
	case WordPiece:
		c.Prefix, c.LimitAlphabet, c.Unknown = "##", 1000, "[UNK]"
		c.Special = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
		c.Template = Template{Before: []string{"[CLS]"}, Between: []string{"[SEP]"}, After: []string{"[SEP]"}, Segments: true}
		c.Normalizer, c.PreTokenizer = raw(bertNormalizer(false)), raw(preTokenizers["bert"])
		c.Decoder = raw(object{"type": "WordPiece", "prefix": "##", "cleanup": true})
		c.WholeLines = true
	case Unigram:
		c.VocabSize = 8000
		c.Unknown, c.Special = "<unk>", []string{"<pad>", "</s>", "<unk>"}
		c.Template = Template{After: []string{"</s>"}, Between: []string{"</s>"}}
		c.Normalizer, c.PreTokenizer = raw(normalizers["sentencepiece"]), raw(preTokenizers["metaspace"])
		c.Decoder = c.PreTokenizer
	case BPE:
		c.Unknown, c.Special = "<unk>", []string{"<unk>", "<s>", "</s>"}
		c.Template = Template{Before: []string{"<s>"}, Between: []string{"<s>"}}
		c.ByteFallback = true
		c.PreTokenizer = raw(preTokenizers["metaspace"])
		c.Decoder = raw(object{"type": "Sequence", "decoders": []object{
			{"type": "Replace", "pattern": object{"String": "▁"}, "content": " "},
			{"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0},
		}})
	case Char:
		c.VocabSize, c.MinFrequency = 0, 0
		c.Unknown, c.Special = "<unk>", []string{"<unk>"}
		c.Decoder = raw(object{"type": "Fuse"})
		c.WholeLines = true
	}
	if kind == Byte {
		c.VocabSize, c.MinFrequency = 0, 0
	}
	return c
}

// presets are the settings of known families.
var presets = map[string]func() Config{
	"bert": func() Config { return base(WordPiece) },
	"bert-uncased": func() Config {
		c := base(WordPiece)
		c.Normalizer = raw(bertNormalizer(true))
		return c
	},
	"gpt1": func() Config {
		c := base(BPE)
		c.ByteFallback, c.Suffix, c.Special, c.Template = false, "</w>", []string{"<unk>"}, Template{}
		c.Normalizer, c.PreTokenizer = raw(bertNormalizer(true)), raw(preTokenizers["bert"])
		c.Decoder = raw(object{"type": "BPEDecoder", "suffix": "</w>"})
		c.WholeLines = true
		return c
	},
	"gpt2": func() Config {
		c := base(ByteBPE)
		c.Special = []string{"<|endoftext|>"}
		return c
	},
	"roberta": func() Config {
		c := base(ByteBPE)
		c.Unknown, c.Special = "<unk>", []string{"<s>", "<pad>", "</s>", "<unk>", "<mask>"}
		c.Template = Template{Before: []string{"<s>"}, Between: []string{"</s>", "</s>"}, After: []string{"</s>"}}
		return c
	},
	"llama": func() Config { return base(BPE) },
	"llama3": func() Config {
		c := base(ByteBPE)
		c.Special = []string{"<|begin_of_text|>", "<|end_of_text|>"}
		c.Template = Template{Before: []string{"<|begin_of_text|>"}, Between: []string{"<|begin_of_text|>"}}
		c.PreTokenizer = raw(preTokenizers["llama3"])
		return c
	},
	"qwen2": func() Config {
		c := base(ByteBPE)
		c.Special = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}
		c.Normalizer, c.PreTokenizer = raw(normalizers["nfc"]), raw(preTokenizers["qwen2"])
		return c
	},
	"t5":   func() Config { return base(Unigram) },
	"char": func() Config { return base(Char) },
	"byte": func() Config { return base(Byte) },
}

// Presets returns the names of the presets.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// Preset returns the settings of a known family: bert, bert-uncased, gpt1, gpt2,
// roberta, llama (SentencePiece's BPE), llama3, qwen2, t5, char or byte.
func Preset(name string) (Config, error) {
	preset, ok := presets[name]
	if !ok {
		return Config{}, fmt.Errorf("train: preset %.40q: none of %s", name, strings.Join(Presets(), ", "))
	}
	return preset(), nil
}

// Default returns the preset that a kind stands for where no other is named.
func Default(kind Kind) (Config, error) {
	names := map[Kind]string{BPE: "llama", ByteBPE: "gpt2", WordPiece: "bert", Unigram: "t5", Char: "char", Byte: "byte"}
	if names[kind] == "" {
		return Config{}, fmt.Errorf("train: kind %.40q: none of %s", kind, strings.Trim(fmt.Sprint(Kinds), "[]"))
	}
	return Preset(names[kind])
}
