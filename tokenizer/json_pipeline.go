package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// readNormalizer reads a normaliser; none is an empty sequence.
func readNormalizer(raw json.RawMessage, depth int) (normalizers, error) {
	name, ok, err := kind(raw)
	if err != nil || !ok {
		return nil, err
	}
	if depth > maxNesting {
		return nil, errNested
	}
	switch name {
	case "Sequence":
		return readSequence(raw, "normalizers", depth, readNormalizer)
	case "NFC":
		return normalizers{nfc}, nil
	case "NFD":
		return normalizers{nfd}, nil
	case "NFKC":
		return normalizers{nfkc}, nil
	case "NFKD":
		return normalizers{nfkd}, nil
	case "Lowercase":
		return normalizers{lowercaser}, nil
	case "StripAccents":
		return normalizers{stripAccents}, nil
	case "Nmt":
		return normalizers{runeMap{f: nmt, low: true}}, nil
	case "ByteLevel":
		return normalizers{byteLevel{}}, nil
	}
	return readNormalizerFields(name, raw)
}

// readNormalizerFields reads the normalisers that have settings.
func readNormalizerFields(name string, raw json.RawMessage) (normalizers, error) {
	f, err := read[struct {
		Clean   *bool           `json:"clean_text"`
		Chinese *bool           `json:"handle_chinese_chars"`
		Accents *bool           `json:"strip_accents"`
		Lower   *bool           `json:"lowercase"`
		Left    bool            `json:"strip_left"`
		Right   bool            `json:"strip_right"`
		Prepend string          `json:"prepend"`
		Content string          `json:"content"`
		Pattern json.RawMessage `json:"pattern"`
		Map     []byte          `json:"precompiled_charsmap"`
	}](raw)
	if err != nil {
		return nil, err
	}
	switch name {
	case "BertNormalizer":
		lower := f.Lower == nil || *f.Lower
		accents := lower
		if f.Accents != nil {
			accents = *f.Accents
		}
		return bertNormalizer(f.Clean == nil || *f.Clean, f.Chinese == nil || *f.Chinese, accents, lower), nil
	case "Strip":
		return normalizers{strip{f.Left, f.Right}}, nil
	case "Prepend":
		return normalizers{prepend(f.Prepend)}, nil
	case "Replace":
		p, err := readPattern(f.Pattern)
		return normalizers{replace{p, f.Content}}, err
	case "Precompiled":
		table, err := newCharsmap(f.Map)
		if err != nil || table == nil {
			return nil, err
		}
		return normalizers{precompiled{table}}, nil
	}
	return nil, fmt.Errorf("type %.40q: not known", name)
}

// readSequence reads the parts in field of a sequence.
func readSequence[S ~[]T, T any](raw json.RawMessage, field string, depth int, part func(json.RawMessage, int) (S, error)) (S, error) {
	fields, err := read[map[string]json.RawMessage](raw)
	if err != nil {
		return nil, err
	}
	parts, err := read[[]json.RawMessage](fields[field])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	var all S
	for i, p := range parts {
		one, err := part(p, depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", field, i, err)
		}
		all = append(all, one...)
	}
	return all, nil
}

// readPattern reads {"String": …} or {"Regex": …}.
func readPattern(raw json.RawMessage) (scan.Pattern, error) {
	p, err := read[struct{ String, Regex *string }](raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("pattern: %w", err)
	case p.Regex != nil:
		return scan.Compile(*p.Regex)
	case p.String != nil:
		return scan.Literal(*p.String), nil
	}
	return nil, fmt.Errorf("pattern: %.80s: neither String nor Regex", raw)
}

// nextOf returns the scanner of a pattern that covers every text, or nil.
func nextOf(raw json.RawMessage) func(b []byte, i int) int {
	if p, err := read[struct{ Regex *string }](raw); err == nil && p.Regex != nil {
		return scan.Next(*p.Regex)
	}
	return nil
}

// readPreTokenizer reads a pre-tokenizer; none is an empty sequence.
func readPreTokenizer(raw json.RawMessage, depth int) (preTokenizers, error) {
	name, ok, err := kind(raw)
	if err != nil || !ok {
		return nil, err
	}
	if depth > maxNesting {
		return nil, errNested
	}
	switch name {
	case "Sequence":
		return readSequence(raw, "pretokenizers", depth, readPreTokenizer)
	case "BertPreTokenizer":
		return bertPreTokenizer, nil
	case "Whitespace":
		return preTokenizers{splitter{pattern: wordsAndRest, do: removed, invert: true}}, nil
	case "WhitespaceSplit":
		return preTokenizers{spaceSplit{}}, nil
	case "UnicodeScripts":
		return preTokenizers{scripts{}}, nil
	}
	p, err := readPreTokenizerFields(name, raw)
	return preTokenizers{p}, err
}

// spaceSplit cuts at white space.
type spaceSplit struct{}

func (spaceSplit) split(s *scratch, start bool) { splitter{pattern: is(isSpace)}.split(s, start) }

// bertSplit cuts at white space, and makes each punctuation mark a word.
type bertSplit struct{}

func (bertSplit) split(s *scratch, start bool) {
	spaceSplit{}.split(s, start)
	splitter{pattern: is(bertPunct), do: isolated}.split(s, start)
}

var bertPreTokenizer = preTokenizers{bertSplit{}}

// readPreTokenizerFields reads the pre-tokenizers that have settings.
func readPreTokenizerFields(name string, raw json.RawMessage) (preTokenizer, error) {
	f, err := read[struct {
		AddSpace   *bool           `json:"add_prefix_space"`
		UseRegex   *bool           `json:"use_regex"`
		Char       string          `json:"replacement"`
		Scheme     string          `json:"prepend_scheme"`
		Cut        *bool           `json:"split"`
		Pattern    json.RawMessage `json:"pattern"`
		Do         string          `json:"behavior"`
		Invert     bool            `json:"invert"`
		Delimiter  string          `json:"delimiter"`
		Individual bool            `json:"individual_digits"`
		Length     *int            `json:"length"`
	}](raw)
	if err != nil {
		return nil, err
	}
	switch name {
	case "ByteLevel":
		return byteLevelSplit{f.AddSpace != nil && *f.AddSpace, f.UseRegex == nil || *f.UseRegex, true}, nil
	case "Metaspace":
		return readMetaspace(f.Char, f.Scheme, f.AddSpace, f.Cut)
	case "Split":
		p, err := readPattern(f.Pattern)
		if err != nil {
			return nil, err
		}
		do, err := readBehaviour(f.Do)
		return splitter{p, do, f.Invert, nextOf(f.Pattern)}, err
	case "Punctuation":
		do, err := readBehaviour(f.Do)
		return splitter{pattern: is(bertPunct), do: do}, err
	case "CharDelimiterSplit":
		return splitter{pattern: scan.Literal(f.Delimiter)}, nil
	case "Digits":
		do := contiguous
		if f.Individual {
			do = isolated
		}
		return splitter{pattern: scan.Each(scan.Number), do: do}, nil
	case "FixedLength":
		n := 5
		if f.Length != nil {
			n = *f.Length
		}
		if n < 1 {
			return nil, fmt.Errorf("length %d: not positive", n)
		}
		return fixedLength(n), nil
	}
	return nil, fmt.Errorf("type %.40q: not known", name)
}

func readMetaspace(char, scheme string, space, split *bool) (metaspace, error) {
	if utf8.RuneCountInString(char) != 1 {
		return metaspace{}, fmt.Errorf("replacement %.40q: not one character", char)
	}
	p := metaspace{char: char, cut: split == nil || *split}
	switch {
	case space != nil && !*space:
	case scheme == "always" || scheme == "":
		p.always = true
	case scheme == "first":
		p.first = true
	case scheme != "never":
		return p, fmt.Errorf("prepend_scheme %.40q: not known", scheme)
	}
	return p, nil
}

func readBehaviour(name string) (behaviour, error) {
	switch name {
	case "Removed":
		return removed, nil
	case "Isolated", "":
		return isolated, nil
	case "MergedWithPrevious":
		return toPrevious, nil
	case "MergedWithNext":
		return toNext, nil
	case "Contiguous":
		return contiguous, nil
	}
	return 0, fmt.Errorf("behavior %.40q: not known", name)
}
