package tokenizer

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// encoding is what a rank file leaves out: how words are cut and which special
// tokens there are.
type encoding struct {
	names   []string // of the encoding and of models with it
	size    int      // ranks in the published file; 0: not told by it
	pattern string
	norm    normalizers
	special []AddedToken
	bos     bool
}

// patternCL100K differs from Llama 3's in white space at the end of a text.
const patternCL100K = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]+|\s+(?!\S)|\s+`

func specialTokens(first int32, contents ...string) (all []AddedToken) {
	for i, c := range contents {
		if c != "" {
			all = append(all, AddedToken{ID: first + int32(i), Content: c, Special: true})
		}
	}
	return all
}

// encodings are those of published rank files.
var encodings = []encoding{
	{names: []string{"gpt2", "r50k_base"}, size: 50256, pattern: patternGPT2, special: specialTokens(50256, "<|endoftext|>")},
	{names: []string{"p50k_base"}, size: 50280, pattern: patternGPT2, special: specialTokens(50256, "<|endoftext|>")},
	{
		names: []string{"p50k_edit"}, pattern: patternGPT2,
		special: append(specialTokens(50281, "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"), specialTokens(50256, "<|endoftext|>")...),
	},
	{
		names: []string{"cl100k_base"}, size: 100256, pattern: patternCL100K,
		special: append(specialTokens(100257, "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"), specialTokens(100276, "<|endofprompt|>")...),
	},
	{
		names: []string{"o200k_base"}, size: 199998, pattern: patternO200K,
		special: append(specialTokens(199999, "<|endoftext|>"), specialTokens(200018, "<|endofprompt|>")...),
	},
	{names: []string{"llama3", "llama"}, size: 128000, pattern: patternLlama3, special: llama3Specials(), bos: true},
	{names: []string{"qwen"}, size: 151643, pattern: patternQwen2, norm: normalizers{nfc}, special: qwenSpecials()},
}

// llama3Specials are the 256 of Llama 3.1, which renamed some that Llama 3 had
// reserved.
func llama3Specials() []AddedToken {
	names := []string{
		"<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|step_id|>",
		"<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
	}
	for i := 2; len(names) < 256; i++ {
		names = append(names, "<|reserved_special_token_"+strconv.Itoa(i)+"|>")
	}
	return specialTokens(128000, names...)
}

func qwenSpecials() []AddedToken {
	names := []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}
	for i := range 205 {
		names = append(names, "<|extra_"+strconv.Itoa(i)+"|>")
	}
	return specialTokens(151643, names...)
}

// encodingOf returns the encoding of a name, or else the one whose published file
// has as many ranks.
func encodingOf(name string, size int) (encoding, error) {
	for _, e := range encodings {
		for _, n := range e.names {
			if n == name && (e.size == 0 || e.size == size) {
				return e, nil
			}
		}
	}
	for _, e := range encodings {
		if e.size == size {
			return e, nil
		}
	}
	return encoding{}, fmt.Errorf("%d ranks: no encoding known to have as many, and no pattern is given", size)
}

// FromRanks reads a rank file of tiktoken (".tiktoken", and tokenizer.model of
// Llama 3): a token in base64 and its rank a line. The rank is its id, and of all
// neighbours in a word those merge first whose text has the lowest rank.
// o.Pattern cuts words, o.Added are the special tokens. Without a pattern both
// are those of the encoding that o.Model names ("cl100k_base" …), or that has as
// many ranks.
func FromRanks(data []byte, o Options) (*Tokenizer, error) {
	t, err := fromRanks(data, o)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: ranks: %w", err)
	}
	return t, nil
}

func fromRanks(data []byte, o Options) (*Tokenizer, error) {
	ranks, err := parseRanks(data)
	if err != nil {
		return nil, err
	}
	e := encoding{pattern: o.Pattern}
	if o.Pattern == "" {
		if e, err = encodingOf(o.Model, len(ranks)); err != nil {
			return nil, err
		}
	}
	words, err := isolate(e.pattern)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{names: noSpecials, norm: e.norm, pre: preTokenizers{words}, steps: []step{fromBytes}}
	t.origin = patternOrigin(e.norm != nil, e.pattern)
	vocab := make(map[string]int32, len(ranks))
	var spelled []rune
	for token, rank := range ranks {
		spelled = spelled[:0]
		for _, b := range []byte(token) {
			spelled = append(spelled, byteRune[b])
		}
		vocab[string(spelled)] = rank
	}
	if err := t.setVocab(vocab); err != nil {
		return nil, err
	}
	m := &bpe{vocab: t.vocab, whole: vocab, unk: -1}
	if m.merges, err = rankedPairs(ranks); err != nil {
		return nil, err
	}
	m.useBytes()
	for b, id := range m.byteID {
		if id < 0 {
			return nil, fmt.Errorf("byte %d is no token", b)
		}
	}
	t.model = m
	for _, s := range e.special {
		if !slices.ContainsFunc(o.Added, func(a AddedToken) bool { return a.ID == s.ID }) {
			o.Added = append(o.Added[:len(o.Added):len(o.Added)], s)
		}
	}
	if err := t.addSpecial(o.Names, o); err != nil {
		return nil, err
	}
	t.guess()
	if o.AddBOS == nil {
		o.AddBOS = &e.bos
	}
	around(false)(t, o)
	t.complete = t.lossless()
	t.finish()
	return t, t.check()
}

// parseRanks reads the lines.
func parseRanks(data []byte) (map[string]int32, error) {
	ranks := make(map[string]int32, bytes.Count(data, []byte("\n"))+1)
	seen := make(map[int32]bool, len(ranks))
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		token, rank, ok := parseRank(line)
		switch {
		case !ok:
			return nil, fmt.Errorf("line %d: %.60q: not a token in base64 and its rank", number, line)
		case len(token) > maxString:
			return nil, fmt.Errorf("line %d: a token of %d bytes, over %d", number, len(token), maxString)
		case seen[rank]:
			return nil, fmt.Errorf("line %d: rank %d comes twice", number, rank)
		}
		if _, twice := ranks[string(token)]; twice {
			return nil, fmt.Errorf("line %d: %.40q comes twice", number, token)
		}
		ranks[string(token)], seen[rank] = rank, true
	}
	if len(ranks) == 0 {
		return nil, errors.New("empty")
	}
	return ranks, nil
}

// parseRank reads one line.
func parseRank(line []byte) (token []byte, rank int32, ok bool) {
	text, number, _ := bytes.Cut(line, []byte(" "))
	token, err := base64.StdEncoding.AppendDecode(nil, text)
	n, err2 := strconv.ParseUint(string(number), 10, 31)
	return token, int32(n), err == nil && err2 == nil && len(token) > 0
}

// isRanks reports whether data begins like a rank file.
func isRanks(data []byte) bool {
	line, _, _ := bytes.Cut(data[:min(len(data), 1<<16)], []byte("\n"))
	_, _, ok := parseRank(bytes.TrimSpace(line))
	return ok
}

// rankedPairs finds all pairs of tokens that make a token; the rank of that is
// when they merge.
func rankedPairs(ranks map[string]int32) (*pairs, error) {
	budget := 1 << 16
	for token := range ranks {
		budget += len(token) * maxSplits
	}
	type split struct{ left, right, made int32 }
	var all []split
	for token, made := range ranks {
		for at := 1; at < len(token); at++ {
			if budget -= len(token); budget < 0 {
				return nil, errors.New("tokens too long to find their merges")
			}
			left, ok := ranks[token[:at]]
			if !ok {
				continue
			}
			if right, ok := ranks[token[at:]]; ok {
				all = append(all, split{left, right, made})
			}
		}
	}
	p := newPairs(len(all))
	for _, s := range all {
		p.put(s.left, s.right, uint32(s.made), s.made)
	}
	return p, nil
}
