// Package llamacpp has the words of llama-server's own HTTP API, those beside OpenAI's,
// and what they mean in ours. It knows nothing of HTTP itself. The forms are those of
// llama.cpp's tools/server/README.md.
package llamacpp

import (
	"encoding/json"
	"math"

	"github.com/nlp-zoo/zoo/serve/field"
)

// A Prompt is a text, or tokens, or both in turn.
type Prompt []Part

// A Part is a piece of a prompt: a text, or tokens.
type Part struct {
	Text string
	IDs  []int32 // nil: Text
}

// Prompts are one prompt or several.
type Prompts struct {
	All  []Prompt
	Many bool // they came in an array, and so do the answers
}

// UnmarshalJSON reads a text, an array of tokens and texts, an object with a text, or
// an array of any of these.
func (p *Prompts) UnmarshalJSON(v []byte) error {
	*p = Prompts{}
	if field.Kind(v) != "array" {
		one, err := prompt(v)
		p.All = []Prompt{one}
		return err
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(v, &parts); err != nil {
		return err
	}
	texts, numbers := 0, 0
	for _, part := range parts {
		switch field.Kind(part) {
		case "string":
			texts++
		case "number":
			numbers++
		}
	}
	if numbers > 0 && texts+numbers == len(parts) {
		one, err := prompt(v)
		p.All = []Prompt{one}
		return err
	}
	p.Many = true
	for _, part := range parts {
		one, err := prompt(part)
		if err != nil {
			return err
		}
		p.All = append(p.All, one)
	}
	return nil
}

// prompt reads one prompt.
func prompt(v json.RawMessage) (Prompt, error) {
	switch field.Kind(v) {
	case "string":
		var text string
		err := json.Unmarshal(v, &text)
		return Prompt{{Text: text}}, err
	case "object":
		var object struct {
			Text  string        `json:"prompt_string"`
			Media field.Refused `json:"multimodal_data" hint:"the model reads only text"`
		}
		if err := json.Unmarshal(v, &object); err != nil {
			return nil, err
		}
		return Prompt{{Text: object.Text}}, field.Check(object)
	case "array":
		var parts []json.RawMessage
		if err := json.Unmarshal(v, &parts); err != nil {
			return nil, err
		}
		p := Prompt{}
		for _, part := range parts {
			if err := p.add(part); err != nil {
				return nil, err
			}
		}
		return p, nil
	}
	return nil, field.Mistyped[string](v)
}

// add appends a text or a token.
func (p *Prompt) add(v json.RawMessage) error {
	switch field.Kind(v) {
	case "string":
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			return err
		}
		*p = append(*p, Part{Text: text})
		return nil
	case "number":
		var id int32
		if err := json.Unmarshal(v, &id); err != nil {
			return err
		}
		if n := len(*p); n == 0 || (*p)[n-1].IDs == nil {
			*p = append(*p, Part{})
		}
		last := &(*p)[len(*p)-1]
		last.IDs = append(last.IDs, id)
		return nil
	}
	return field.Mistyped[string](v)
}

// Text returns the prompt's text and true, if it is a text alone.
func (p Prompt) Text() (string, bool) {
	if len(p) == 0 {
		return "", true
	}
	return p[0].Text, len(p) == 1 && p[0].IDs == nil
}

// Ids returns the prompt's tokens: first encodes a text that begins the prompt, and
// on any other.
func (p Prompt) Ids(first, on func(string) []int32) []int32 {
	ids := []int32{}
	for i, part := range p {
		switch {
		case part.IDs != nil:
			ids = append(ids, part.IDs...)
		case i == 0:
			ids = append(ids, first(part.Text)...)
		default:
			ids = append(ids, on(part.Text)...)
		}
	}
	return ids
}

// Biases are what is added to the scores of tokens.
type Biases []Bias

// A Bias is what is added to the score of a token, or of each token of a text.
type Bias struct {
	ID    int32
	Text  string // "": ID
	Value float32
}

// UnmarshalJSON reads pairs of a token, or a text, and a number, or false for what is
// never to come; or an object with tokens or texts as keys.
func (b *Biases) UnmarshalJSON(v []byte) error {
	*b = nil
	if field.Kind(v) == "object" {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(v, &object); err != nil {
			return err
		}
		for key, value := range object {
			quoted := json.RawMessage(key)
			if field.Kind(quoted) != "number" || json.Unmarshal(quoted, new(int32)) != nil {
				quoted, _ = json.Marshal(key) // never fails for a string
			}
			if err := b.add(quoted, value); err != nil {
				return err
			}
		}
		return nil
	}
	var pairs [][]json.RawMessage
	if err := json.Unmarshal(v, &pairs); err != nil {
		return err
	}
	for _, pair := range pairs {
		if len(pair) != 2 {
			return field.Mistyped[[][]float64](v)
		}
		if err := b.add(pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

func (b *Biases) add(token, value json.RawMessage) error {
	bias := Bias{Value: float32(math.Inf(-1))}
	if string(value) != "false" {
		if err := json.Unmarshal(value, &bias.Value); err != nil {
			return err
		}
	}
	switch field.Kind(token) {
	case "string":
		if err := json.Unmarshal(token, &bias.Text); err != nil {
			return err
		}
		if bias.Text == "" {
			return field.Mistyped[int32](token)
		}
	case "number":
		if err := json.Unmarshal(token, &bias.ID); err != nil {
			return err
		}
	default:
		return field.Mistyped[int32](token)
	}
	*b = append(*b, bias)
	return nil
}

// Of returns the biases of tokens; encode gives the tokens of a text.
func (b Biases) Of(encode func(string) []int32) map[int32]float32 {
	all := map[int32]float32{}
	for _, bias := range b {
		if bias.Text == "" {
			all[bias.ID] += bias.Value
			continue
		}
		for _, id := range encode(bias.Text) {
			all[id] += bias.Value
		}
	}
	return all
}
