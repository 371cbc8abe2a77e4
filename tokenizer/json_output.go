package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// named is a token with its id, in the file a list of the two.
type named struct {
	token string
	id    int32
}

// UnmarshalJSON reads ["token", id].
func (n *named) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[2]any{&n.token, &n.id})
}

// templatePart is one place of a TemplateProcessing.
type templatePart struct {
	Special *struct {
		ID   string `json:"id"`
		Type int32  `json:"type_id"`
	} `json:"SpecialToken"`
	Sequence *struct {
		ID   string `json:"id"`
		Type int32  `json:"type_id"`
	} `json:"Sequence"`
}

// postProcessor holds the fields of all kinds of post-processor.
type postProcessor struct {
	Sep        named                            `json:"sep"`
	Cls        named                            `json:"cls"`
	Trim       *bool                            `json:"trim_offsets"`
	Space      *bool                            `json:"add_prefix_space"`
	Single     []templatePart                   `json:"single"`
	Pair       []templatePart                   `json:"pair"`
	Tokens     map[string]struct{ IDs []int32 } `json:"special_tokens"`
	Processors []json.RawMessage                `json:"processors"`
}

// readPostProcessor reads how special tokens stand around texts.
func (t *Tokenizer) readPostProcessor(raw json.RawMessage, depth int) error {
	name, ok, err := kind(raw)
	if err != nil || !ok {
		return err
	}
	if depth > maxNesting {
		return errNested
	}
	f, err := read[postProcessor](raw)
	if err != nil {
		return err
	}
	switch name {
	case "Sequence":
		for i, p := range f.Processors {
			if err := t.readPostProcessor(p, depth+1); err != nil {
				return fmt.Errorf("processors[%d]: %w", i, err)
			}
		}
		return nil
	case "ByteLevel":
		t.setTrim(f)
		return nil
	}
	if t.template.single != nil {
		return errors.New("a second template")
	}
	switch name {
	case "BertProcessing":
		t.template = bertTemplate(f.Cls.id, f.Sep.id)
	case "RobertaProcessing":
		t.setTrim(f)
		t.template = robertaTemplate(f.Cls.id, f.Sep.id)
	case "TemplateProcessing":
		if t.template.single, err = f.parts(f.Single); err != nil {
			return fmt.Errorf("single: %w", err)
		}
		if t.template.pair, err = f.parts(f.Pair); err != nil {
			return fmt.Errorf("pair: %w", err)
		}
	default:
		return fmt.Errorf("type %.40q: not known", name)
	}
	return nil
}

func (t *Tokenizer) setTrim(f postProcessor) {
	if f.Trim == nil || *f.Trim {
		t.trim = &trimming{prefixed: f.Space == nil || *f.Space}
	}
}

func (f postProcessor) parts(in []templatePart) ([]part, error) {
	out := make([]part, 0, len(in))
	for i, p := range in {
		switch {
		case p.Special != nil:
			special, ok := f.Tokens[p.Special.ID]
			if !ok {
				return nil, fmt.Errorf("[%d]: %.40q: not in special_tokens", i, p.Special.ID)
			}
			out = append(out, tokens(p.Special.Type, special.IDs...))
		case p.Sequence != nil && p.Sequence.ID == "A":
			out = append(out, part{text: 0, kind: p.Sequence.Type})
		case p.Sequence != nil && p.Sequence.ID == "B":
			out = append(out, part{text: 1, kind: p.Sequence.Type})
		default:
			return nil, fmt.Errorf("[%d]: neither a token nor a sequence", i)
		}
	}
	return out, nil
}

// readDecoder reads the steps of decoding.
func readDecoder(raw json.RawMessage) ([]step, error) {
	if _, ok, err := kind(raw); err != nil || !ok {
		return []step{spaced}, err
	}
	fused := false
	return readDecoderPart(raw, 0, &fused)
}

// readDecoderPart reads one decoder. fused tells that a step before has made one
// token of all.
func readDecoderPart(raw json.RawMessage, depth int, fused *bool) ([]step, error) {
	name, _, err := kind(raw)
	if err != nil {
		return nil, err
	}
	if depth > maxNesting {
		return nil, errNested
	}
	if name == "Sequence" {
		return readSequence(raw, "decoders", depth, func(raw json.RawMessage, depth int) ([]step, error) {
			return readDecoderPart(raw, depth, fused)
		})
	}
	if name == "Fuse" {
		*fused = true
		return nil, nil
	}
	f, err := read[decoderFields](raw)
	if err != nil {
		return nil, err
	}
	if *fused && name == "Strip" && utf8.RuneCountInString(f.Content) == 1 {
		char, _ := utf8.DecodeRuneInString(f.Content)
		return []step{cutStream(char, f.Start, f.Stop)}, nil
	}
	one, err := f.step(name, fused)
	if err != nil {
		return nil, err
	}
	if *fused && name != "ByteLevel" {
		return []step{fuse, one}, nil
	}
	return []step{one}, nil
}

// decoderFields holds the fields of all kinds of decoder.
type decoderFields struct {
	Prefix    *string         `json:"prefix"`
	Cleanup   *bool           `json:"cleanup"`
	Char      string          `json:"replacement"`
	Scheme    string          `json:"prepend_scheme"`
	Space     *bool           `json:"add_prefix_space"`
	Suffix    *string         `json:"suffix"`
	Pattern   json.RawMessage `json:"pattern"`
	Content   string          `json:"content"`
	Start     int             `json:"start"`
	Stop      int             `json:"stop"`
	Pad       string          `json:"pad_token"`
	Delimiter string          `json:"word_delimiter_token"`
}

func (f decoderFields) step(name string, fused *bool) (step, error) {
	switch name {
	case "ByteLevel":
		*fused = true
		return fromBytes, nil
	case "ByteFallback":
		return fromByteTokens, nil
	case "WordPiece":
		prefix := "##"
		if f.Prefix != nil {
			prefix = *f.Prefix
		}
		return wordPieces(prefix, f.Cleanup == nil || *f.Cleanup), nil
	case "Metaspace":
		p, err := readMetaspace(f.Char, f.Scheme, f.Space, nil)
		return unspace(p.char, p.always || p.first), err
	case "BPEDecoder":
		suffix := "</w>"
		if f.Suffix != nil {
			suffix = *f.Suffix
		}
		return endOfWord(suffix), nil
	case "Replace":
		p, err := readPattern(f.Pattern)
		if err != nil {
			return nil, err
		}
		return substitute(p, f.Content), nil
	case "Strip":
		if utf8.RuneCountInString(f.Content) != 1 {
			return nil, fmt.Errorf("content %.40q: not one character", f.Content)
		}
		char, _ := utf8.DecodeRuneInString(f.Content)
		return cut(char, f.Start, f.Stop), nil
	case "CTC":
		return ctc(f.Pad, f.Delimiter, f.Cleanup == nil || *f.Cleanup), nil
	}
	return nil, fmt.Errorf("type %.40q: not known", name)
}

// maxRow bounds the length a file may ask rows to be filled up to.
const maxRow = 1 << 20

// readShape reads how texts are cut and rows filled up.
func (t *Tokenizer) readShape(truncation, padding json.RawMessage) error {
	cut, err := read[*struct {
		Direction string
		Length    int `json:"max_length"`
		Strategy  string
		Stride    int
	}](truncation)
	if len(truncation) > 0 && err != nil {
		return fmt.Errorf("truncation: %w", err)
	}
	if cut != nil {
		t.cut = &Truncation{Length: cut.Length, Stride: cut.Stride, Left: cut.Direction == "Left"}
		strategies := map[string]Strategy{"": LongestFirst, "LongestFirst": LongestFirst, "OnlyFirst": OnlyFirst, "OnlySecond": OnlySecond}
		var ok bool
		if t.cut.Strategy, ok = strategies[cut.Strategy]; !ok {
			return fmt.Errorf("truncation: strategy %.40q: not known", cut.Strategy)
		}
		if cut.Length < 0 || cut.Stride < 0 {
			return fmt.Errorf("truncation: max_length %d, stride %d: negative", cut.Length, cut.Stride)
		}
	}
	fill, err := read[*struct {
		Strategy  json.RawMessage
		Direction string
		Multiple  int   `json:"pad_to_multiple_of"`
		ID        int32 `json:"pad_id"`
		Type      int32 `json:"pad_type_id"`
	}](padding)
	if len(padding) > 0 && err != nil {
		return fmt.Errorf("padding: %w", err)
	}
	if fill == nil {
		return nil
	}
	t.fill = &Padding{Multiple: fill.Multiple, Left: fill.Direction == "Left", ID: fill.ID, Type: fill.Type}
	if string(fill.Strategy) != `"BatchLongest"` {
		fixed, err := read[struct{ Fixed *int }](fill.Strategy)
		if err != nil || fixed.Fixed == nil || *fixed.Fixed < 0 {
			return fmt.Errorf("padding: strategy %.40s: not known", fill.Strategy)
		}
		t.fill.Length = *fixed.Fixed
	}
	if t.fill.Length > maxRow || t.fill.Multiple < 0 || t.fill.Multiple > maxRow {
		return fmt.Errorf("padding: to %d tokens or a multiple of %d: neither may be negative or over %d", t.fill.Length, t.fill.Multiple, maxRow)
	}
	return nil
}
