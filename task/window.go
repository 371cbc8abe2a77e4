package task

import (
	"fmt"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Place is a part of a text.
type Place struct {
	Start     int `json:"start"` // characters (code points) before it
	End       int `json:"end"`   // characters up to its end
	StartByte int `json:"start_byte"`
	EndByte   int `json:"end_byte"`
}

// windows returns texts as rows of at most longest tokens, 0 for as many as the model
// reads, that share stride tokens with each other. The last of the texts is cut.
func windows(m *model.Model, longest, stride int, texts ...string) ([]tokenizer.Encoding, error) {
	if r := room(m); r > 0 && (longest == 0 || longest > r) {
		longest = r
	}
	cut := tokenizer.Truncation{Length: longest, Stride: stride}
	if len(texts) > 1 {
		cut.Strategy = tokenizer.OnlySecond
	}
	encodings, err := m.Tokenizer.EncodeWindows(texts, cut, tokenizer.Literal)
	if err != nil {
		return nil, &Refusal{Field: "text", Why: fmt.Sprintf("it cannot be cut to windows of %d tokens: %v", longest, err)}
	}
	return encodings, nil
}

// stridden returns a stride that leaves windows room to move on in: the one that was
// asked for, or for 0 a quarter of the window, up to 128.
func stridden(m *model.Model, stride int) (int, error) {
	r := room(m)
	switch {
	case stride < 0 || r > 0 && stride > r/2:
		return 0, refuse("stride", "%d is not from 0 to %d, half of what the model reads", stride, r/2)
	case stride > 0 || r == 0:
		return stride, nil
	}
	return min(r/4, 128), nil
}
