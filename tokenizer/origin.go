package tokenizer

import (
	"encoding/json"
	"fmt"
)

// origin is what writing a tokenizer needs and its parts do not tell any more:
// the pieces of a SentencePiece vocabulary, or else tokenizer.json's words for
// the way into the model and out of it.
type origin struct {
	pieces                     *spm
	first                      bool // a space goes before the text's first piece only: legacy is false
	normalizer, split, decoder json.RawMessage
}

// object is a JSON object.
type object = map[string]any

// raw returns v, which the code made, as JSON.
func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic("tokenizer: " + err.Error())
	}
	return text
}

// bertOrigin is BERT's.
func bertOrigin(chinese, accents, lower bool) origin {
	return origin{
		normalizer: raw(object{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": chinese, "strip_accents": accents, "lowercase": lower}),
		split:      raw(object{"type": "BertPreTokenizer"}),
		decoder:    raw(object{"type": "WordPiece", "prefix": "##", "cleanup": true}),
	}
}

func byteLevelPart(space, regex bool) object {
	return object{"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": true, "use_regex": regex}
}

// patternOrigin is that of byte-pair vocabularies whose words are cut out by
// expressions, one after the other.
func patternOrigin(composed bool, patterns ...string) origin {
	o := origin{normalizer: raw(nil), decoder: raw(byteLevelPart(true, true))}
	if composed {
		o.normalizer = raw(object{"type": "NFC"})
	}
	var parts []object
	for _, p := range patterns {
		parts = append(parts, object{"type": "Split", "pattern": object{"Regex": p}, "behavior": "Isolated", "invert": false})
	}
	o.split = raw(object{"type": "Sequence", "pretokenizers": append(parts, byteLevelPart(false, false))})
	return o
}

// vocabOrigin is that of vocab.json with merges.txt. It is empty for those that
// are not of GPT-2's kind.
func vocabOrigin(o Options) origin {
	switch o.Model {
	case "clip", "clip_text_model", "openai-gpt":
		return origin{}
	case "qwen2", "qwen2_moe", "qwen3", "qwen3_moe":
		return patternOrigin(true, patternQwen2)
	}
	from := patternOrigin(o.Model == "gpt_neox")
	from.split = raw(byteLevelPart(or(o.AddPrefixSpace, false), true))
	return from
}

// expressions returns the expressions by which words are cut out, if all is done
// by such and by bytes, and whether the text is composed (NFC) before.
func (o origin) expressions() (patterns []string, composed bool, err error) {
	name, ok, err := kind(o.normalizer)
	switch {
	case err != nil:
		return nil, false, err
	case ok && name == "Sequence":
		parts, err := read[struct{ Normalizers []json.RawMessage }](o.normalizer)
		if err != nil || len(parts.Normalizers) > 1 {
			return nil, false, fmt.Errorf("normalizer: llama.cpp has none like it")
		}
		if len(parts.Normalizers) == 1 {
			return origin{normalizer: parts.Normalizers[0], split: o.split}.expressions()
		}
	case ok && name != "NFC":
		return nil, false, fmt.Errorf("normalizer: llama.cpp has no %s", name)
	}
	patterns, err = splitExpressions(o.split, 0)
	return patterns, ok && name == "NFC", err
}

func splitExpressions(part json.RawMessage, depth int) ([]string, error) {
	name, ok, err := kind(part)
	if err != nil || !ok || depth > maxNesting {
		return nil, err
	}
	f, err := read[struct {
		Parts      []json.RawMessage       `json:"pretokenizers"`
		Pattern    struct{ Regex *string } `json:"pattern"`
		Do         string                  `json:"behavior"`
		Invert     bool                    `json:"invert"`
		Space      bool                    `json:"add_prefix_space"`
		Regex      *bool                   `json:"use_regex"`
		Individual bool                    `json:"individual_digits"`
	}](part)
	if err != nil {
		return nil, err
	}
	var patterns []string
	switch {
	case name == "Sequence":
		for _, p := range f.Parts {
			more, err := splitExpressions(p, depth+1)
			if err != nil {
				return nil, err
			}
			patterns = append(patterns, more...)
		}
	case name == "Split" && f.Pattern.Regex != nil && !f.Invert && (f.Do == "Isolated" || f.Do == ""):
		patterns = []string{*f.Pattern.Regex}
	case name == "Digits" && f.Individual:
		patterns = []string{`\p{N}`}
	case name == "ByteLevel" && !f.Space:
		if or(f.Regex, true) {
			patterns = []string{patternGPT2}
		}
	default:
		return nil, fmt.Errorf("pre_tokenizer: llama.cpp has none like %s with these settings", name)
	}
	return patterns, nil
}
