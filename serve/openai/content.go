package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/serve/field"
)

// Content is what a message says: a text, or parts.
type Content struct {
	Text  string
	Parts []Part // nil: Text
}

// A Part is a piece of a message.
type Part struct {
	Type    string `json:"type"` // text, refusal, input_text, output_text; others are media
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
}

// UnmarshalJSON reads either form, or null, which is an empty text.
func (c *Content) UnmarshalJSON(v []byte) error {
	*c = Content{}
	switch field.Kind(v) {
	case "null":
		return nil
	case "string":
		return json.Unmarshal(v, &c.Text)
	case "array":
		c.Parts = []Part{}
		return json.Unmarshal(v, &c.Parts)
	}
	return field.Mistyped[string](v)
}

// text returns what c says; its parts are lines, as other servers join them. Media are
// an Error, of the field called name.
func (c *Content) text(name string) (string, error) {
	if c.Parts == nil {
		return c.Text, nil
	}
	texts := make([]string, len(c.Parts))
	for i, p := range c.Parts {
		switch p.Type {
		case "text", "input_text", "output_text", "summary_text", "reasoning_text":
			texts[i] = p.Text
		case "refusal":
			texts[i] = p.Refusal
		case "image_url", "input_image", "input_audio", "file", "input_file", "video_url", "audio_url":
			return "", field.Errorf(fmt.Sprintf("%s.%d.type", name, i), "%s: the model reads only text", p.Type)
		default:
			return "", field.Errorf(fmt.Sprintf("%s.%d.type", name, i), "%.40q is not a kind of part", p.Type)
		}
	}
	return strings.Join(texts, "\n"), nil
}
