package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// FromVocabText reads vocab.txt of BERT: a token a line, its number the id.
func FromVocabText(data []byte, o Options) (*Tokenizer, error) {
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	vocab := make(map[string]int32, len(lines))
	for i, line := range lines {
		if len(line) > maxString {
			return nil, fmt.Errorf("tokenizer: vocab.txt: line %d: %d bytes, over %d", i+1, len(line), maxString)
		}
		vocab[strings.TrimSuffix(line, "\r")] = int32(i)
	}
	t, err := bertTokenizer(vocab, o)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: vocab.txt: %w", err)
	}
	return t, nil
}

// bertTokenizer makes the tokenizer of BERT and of those that took it over.
func bertTokenizer(vocab map[string]int32, o Options) (*Tokenizer, error) {
	names := map[string]string{"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
	for task, token := range o.Names {
		names[task] = token
	}
	t := &Tokenizer{names: noSpecials}
	if err := t.useWordPiece(vocab, names["unk_token"], "##", 100); err != nil {
		return nil, err
	}
	lower := or(o.LowerCase, true)
	t.norm = bertNormalizer(true, or(o.SplitChinese, true), or(o.StripAccents, lower), lower)
	t.origin = bertOrigin(or(o.SplitChinese, true), or(o.StripAccents, lower), lower)
	t.pre = bertPreTokenizer
	t.steps = []step{wordPieces("##", true)}
	if err := t.addSpecial(names, o); err != nil {
		return nil, err
	}
	if t.names.cls >= 0 && t.names.sep >= 0 {
		t.template = bertTemplate(t.names.cls, t.names.sep)
	}
	t.finish()
	return t, t.check()
}

// addSpecial makes tokens of the vocabulary special by their tasks, and adds those
// of the options.
func (t *Tokenizer) addSpecial(names map[string]string, o Options) error {
	var added []AddedToken
	for task, token := range names {
		if id, ok := t.vocab.id(token); ok && tasks[task] != nil {
			added = append(added, AddedToken{ID: id, Content: token, Special: true})
		}
	}
	if err := t.add(added); err != nil {
		return err
	}
	if err := t.add(o.Added); err != nil {
		return err
	}
	t.name(names)
	return nil
}

// FromVocab reads vocab.json and merges.txt, in which byte-pair vocabularies were
// published before tokenizer.json. o.Model tells the rules: GPT-2's where it
// names none that is known.
func FromVocab(vocab, merges []byte, o Options) (*Tokenizer, error) {
	t, err := fromVocab(vocab, merges, o)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func fromVocab(vocab, merges []byte, o Options) (*Tokenizer, error) {
	var ids map[string]int32
	if err := json.Unmarshal(vocab, &ids); err != nil {
		return nil, fmt.Errorf("vocab.json: %w", err)
	}
	lines := strings.Split(string(merges), "\n")
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	split, err := splitMerges(lines)
	if err != nil {
		return nil, fmt.Errorf("merges.txt: %w", err)
	}
	rules := rulesOf(o.Model)
	t := &Tokenizer{names: noSpecials}
	if err := t.setVocab(ids); err != nil {
		return nil, fmt.Errorf("vocab.json: %w", err)
	}
	m, err := newBPE(t.vocab, split, rules.bpe)
	if err != nil {
		return nil, fmt.Errorf("merges.txt: %w", err)
	}
	t.model = m
	t.norm, t.pre, t.steps = rules.norm, rules.split(o), rules.steps
	t.origin = vocabOrigin(o)
	names := make(map[string]string)
	for task, token := range rules.names {
		names[task] = token
	}
	for task, token := range o.Names {
		names[task] = token
	}
	if err := t.addSpecial(names, o); err != nil {
		return nil, err
	}
	if rules.trim {
		t.trim = &trimming{prefixed: or(o.AddPrefixSpace, false)}
	}
	rules.template(t, o)
	t.complete = t.lossless()
	t.finish()
	return t, t.check()
}

// rules are the conventions of one family of byte-pair vocabularies.
type rules struct {
	bpe      bpeOptions
	norm     normalizers
	split    func(Options) preTokenizers
	steps    []step
	names    map[string]string
	trim     bool // offsets leave white space out
	template func(*Tokenizer, Options)
}

func gpt2Split(o Options) preTokenizers {
	return preTokenizers{byteLevelSplit{space: or(o.AddPrefixSpace, false), regex: true}}
}

// around puts BOS and EOS where the options ask for them.
func around(bos bool) func(*Tokenizer, Options) {
	return func(t *Tokenizer, o Options) {
		first, last := int32(-1), int32(-1)
		if or(o.AddBOS, bos) {
			first = t.names.bos
		}
		if or(o.AddEOS, false) {
			last = t.names.eos
		}
		t.template = aroundTemplate(first, last)
	}
}

func rulesOf(model string) rules {
	end := "<|endoftext|>"
	r := rules{
		bpe: bpeOptions{bytes: true}, split: gpt2Split, steps: []step{fromBytes}, template: around(false),
		names: map[string]string{"bos_token": end, "eos_token": end, "unk_token": end},
	}
	switch model {
	case "roberta", "xlm-mlm", "longformer", "bart", "led", "deberta":
		r.names = map[string]string{"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
		r.trim = true
		r.template = func(t *Tokenizer, _ Options) { t.template = robertaTemplate(t.names.cls, t.names.sep) }
		if model == "deberta" {
			r.names = map[string]string{"bos_token": "[CLS]", "eos_token": "[SEP]", "sep_token": "[SEP]", "cls_token": "[CLS]", "unk_token": "[UNK]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
			r.template = func(t *Tokenizer, _ Options) { t.template = bertTemplate(t.names.cls, t.names.sep) }
		}
	case "qwen2", "qwen2_moe", "qwen3", "qwen3_moe":
		r.names = map[string]string{"eos_token": end, "pad_token": end}
		r.norm = normalizers{nfc}
		words, err := isolate(patternQwen2)
		if err != nil {
			panic("tokenizer: Qwen's pattern does not compile")
		}
		r.split = func(o Options) preTokenizers {
			return preTokenizers{words, byteLevelSplit{space: or(o.AddPrefixSpace, false)}}
		}
	case "gpt_neox":
		r.norm = normalizers{nfc}
		r.names["pad_token"] = "<|padding|>"
	case "opt":
		r.names = map[string]string{"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>"}
		r.template = around(true)
	case "clip", "clip_text_model":
		return clipRules()
	case "openai-gpt":
		return gpt1Rules()
	}
	return r
}

// clipRules are those of CLIP (Radford et al. 2021): small letters, words end
// with </w>, <|startoftext|> and <|endoftext|> around the text.
func clipRules() rules {
	suffix := "</w>"
	pattern, err := scan.Compile(`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`)
	spaces, err2 := scan.Compile(`\s+`)
	if err != nil || err2 != nil {
		panic("tokenizer: CLIP's patterns do not compile")
	}
	end := "<|endoftext|>"
	return rules{
		bpe:  bpeOptions{bytes: true, Suffix: &suffix, Unk: &end},
		norm: normalizers{nfc, replace{spaces, " "}, lowercaser},
		split: func(Options) preTokenizers {
			return preTokenizers{splitter{pattern: pattern, do: removed, invert: true}}
		},
		steps: wordEnds(suffix),
		names: map[string]string{"bos_token": "<|startoftext|>", "eos_token": end, "unk_token": end, "pad_token": end},
		template: func(t *Tokenizer, _ Options) {
			t.template = template{
				single: []part{tokens(0, t.names.bos), {text: 0}, tokens(0, t.names.eos)},
				pair:   []part{tokens(0, t.names.bos), {text: 0}, tokens(0, t.names.eos, t.names.eos), {text: 1}, tokens(0, t.names.eos)},
			}
		},
	}
}

// gpt1Rules are those of GPT (Radford et al. 2018) without spaCy: BERT's words in
// small letters, each ending with </w>.
func gpt1Rules() rules {
	suffix, unk := "</w>", "<unk>"
	return rules{
		bpe:      bpeOptions{Suffix: &suffix, Unk: &unk},
		norm:     bertNormalizer(true, true, true, true),
		split:    func(Options) preTokenizers { return bertPreTokenizer },
		steps:    []step{endOfWord(suffix)},
		names:    map[string]string{"unk_token": unk},
		template: around(false),
	}
}
