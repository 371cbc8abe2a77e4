// Package tei has the words of text-embeddings-inference's HTTP API, and what they mean
// in ours. It knows nothing of HTTP itself. The forms are those of its router, v1.9.
package tei

import (
	"encoding/json"

	"github.com/nlp-zoo/zoo/serve/field"
)

// MaxBatch is how many texts a request may have, as many as the original takes.
const MaxBatch = 32

// Inputs are one text or several, each as a text or as its tokens.
type Inputs struct {
	Texts []string
	Rows  [][]int32 // where they came as tokens; nil: Texts
}

// Len returns how many there are.
func (in Inputs) Len() int { return len(in.Texts) + len(in.Rows) }

// UnmarshalJSON reads a text, tokens, or an array of either.
func (in *Inputs) UnmarshalJSON(v []byte) error {
	*in = Inputs{}
	switch field.Kind(v) {
	case "string":
		in.Texts = make([]string, 1)
		return json.Unmarshal(v, &in.Texts[0])
	case "array":
		var first []json.RawMessage
		if err := json.Unmarshal(v, &first); err != nil || len(first) == 0 {
			return err
		}
		switch field.Kind(first[0]) {
		case "string":
			return json.Unmarshal(v, &in.Texts)
		case "number":
			in.Rows = make([][]int32, 1)
			return json.Unmarshal(v, &in.Rows[0])
		case "array":
			return json.Unmarshal(v, &in.Rows)
		}
	}
	return field.Mistyped[string](v)
}

// Cut says what happens to texts that are longer than the model reads.
type Cut struct {
	Truncate  bool   `json:"truncate"` // they are cut; else they are an error
	Direction string `json:"truncation_direction"`
	Prompt    string `json:"prompt_name"`
}

// Check refuses what is not had.
func (c Cut) Check() error {
	switch c.Direction {
	case "", "left", "Left", "right", "Right":
	default:
		return field.Errorf("truncation_direction", "%.20q is not one of left, right", c.Direction)
	}
	if c.Prompt != "" {
		return field.Errorf("prompt_name", "%.40q: no prompts are known by names; put its text before the input", c.Prompt)
	}
	return nil
}

// Left reports whether it is the beginning that is cut.
func (c Cut) Left() bool { return c.Direction == "left" || c.Direction == "Left" }

// An EmbedRequest is the body of POST /embed and /embed_all.
type EmbedRequest struct {
	Model      string `json:"model"` // ours: which of several models
	Inputs     Inputs `json:"inputs"`
	Normalize  *bool  `json:"normalize"` // to length 1, the default
	Dimensions *int   `json:"dimensions"`
	Cut
}

// Normal reports whether vectors are brought to length 1.
func (r *EmbedRequest) Normal() bool { return r.Normalize == nil || *r.Normalize }

// A SimilarityRequest is the body of POST /similarity.
type SimilarityRequest struct {
	Model  string `json:"model"`
	Inputs struct {
		Source    string   `json:"source_sentence"`
		Sentences []string `json:"sentences"`
	} `json:"inputs"`
	Parameters Cut `json:"parameters"`
}

// A PredictRequest is the body of POST /predict.
type PredictRequest struct {
	Model  string    `json:"model"`
	Inputs Sequences `json:"inputs"`
	Raw    bool      `json:"raw_scores"`
	Cut
}

// Sequences are texts, or pairs of texts, to be classified.
type Sequences struct {
	All   [][]string // of one text or two each
	Batch bool       // several were asked for, and so several lists of predictions are given
}

// UnmarshalJSON reads a text, an array of one text or two, or an array of these.
func (s *Sequences) UnmarshalJSON(v []byte) error {
	*s = Sequences{}
	switch field.Kind(v) {
	case "string":
		s.All = [][]string{make([]string, 1)}
		return json.Unmarshal(v, &s.All[0][0])
	case "array":
		var first []json.RawMessage
		if err := json.Unmarshal(v, &first); err != nil {
			return err
		}
		if len(first) > 0 && field.Kind(first[0]) == "string" {
			s.All = make([][]string, 1)
			if err := json.Unmarshal(v, &s.All[0]); err != nil {
				return err
			}
		} else {
			s.Batch = true
			if err := json.Unmarshal(v, &s.All); err != nil {
				return err
			}
		}
		for _, texts := range s.All {
			if len(texts) < 1 || len(texts) > 2 {
				return field.Errorf("inputs", "a text or a pair of texts is wanted, not %d of them; several stand in arrays of their own", len(texts))
			}
		}
		return nil
	}
	return field.Mistyped[string](v)
}

// A Prediction is a class and how likely it is, or its score as it is.
type Prediction struct {
	Score float64 `json:"score"`
	Label string  `json:"label"`
}

// A RerankRequest is the body of POST /rerank.
type RerankRequest struct {
	Model  string   `json:"model"`
	Query  string   `json:"query"`
	Texts  []string `json:"texts"`
	Raw    bool     `json:"raw_scores"`
	Return bool     `json:"return_text"`
	Cut
}

// A Rank is a text's place and score; the answer has the best first.
type Rank struct {
	Index int     `json:"index"`
	Text  *string `json:"text,omitempty"`
	Score float64 `json:"score"`
}

// A TokenizeRequest is the body of POST /tokenize.
type TokenizeRequest struct {
	Model      string        `json:"model"`
	Inputs     field.Strings `json:"inputs"`
	AddSpecial *bool         `json:"add_special_tokens"` // so by default
	Prompt     string        `json:"prompt_name"`
}

// A Token is a token of a text. Start and Stop count characters; a special token has
// none.
type Token struct {
	ID      int32  `json:"id"`
	Text    string `json:"text"`
	Special bool   `json:"special"`
	Start   *int   `json:"start"`
	Stop    *int   `json:"stop"`
}

// A DecodeRequest is the body of POST /decode.
type DecodeRequest struct {
	Model string `json:"model"`
	IDs   Rows   `json:"ids"`
	Skip  *bool  `json:"skip_special_tokens"` // so by default
}

// Rows are rows of tokens.
type Rows [][]int32

// UnmarshalJSON reads tokens, or an array of them.
func (r *Rows) UnmarshalJSON(v []byte) error {
	var in Inputs
	if err := in.UnmarshalJSON(v); err != nil {
		return err
	}
	if in.Texts != nil {
		return field.Mistyped[[]int32](v)
	}
	*r = in.Rows
	return nil
}

// An Error is how every error is told.
type Error struct {
	Error string `json:"error"`
	Type  string `json:"error_type"`
}

// Kinds of errors, as error_type.
const (
	Backend    = "Backend"    // the model cannot do this
	Overloaded = "Overloaded" // too many requests
	Validation = "Validation" // the request makes no sense
	Tokenizer  = "Tokenizer"  // a text cannot become tokens
	Empty      = "Empty"      // there is nothing to be done
	Unhealthy  = "Unhealthy"
)

// Statuses are HTTP's of each kind.
var Statuses = map[string]int{Backend: 424, Overloaded: 429, Validation: 422, Tokenizer: 422, Empty: 400, Unhealthy: 503}
