package llamacpp

import (
	"encoding/json"
	"math"

	"github.com/nlp-zoo/zoo/serve/field"
)

// A TokenizeRequest is the body of POST /tokenize.
type TokenizeRequest struct {
	Model        string  `json:"model"`
	Content      Prompt1 `json:"content"`
	AddSpecial   bool    `json:"add_special"`
	ParseSpecial *bool   `json:"parse_special"`
	WithPieces   bool    `json:"with_pieces"`
}

// A Prompt1 is one prompt where several are not taken.
type Prompt1 struct{ Prompt }

// UnmarshalJSON reads a text, or an array of texts and tokens in turn.
func (p *Prompt1) UnmarshalJSON(v []byte) (err error) {
	p.Prompt, err = prompt(v)
	return err
}

// A TokenizeResponse is its answer.
type TokenizeResponse struct {
	Tokens any `json:"tokens"` // ids, or [Token]s
}

// A DetokenizeRequest is the body of POST /detokenize.
type DetokenizeRequest struct {
	Model  string  `json:"model"`
	Tokens []int32 `json:"tokens"`
}

// A DetokenizeResponse is its answer.
type DetokenizeResponse struct {
	Content string `json:"content"`
}

// A TemplateResponse is the answer of POST /apply-template.
type TemplateResponse struct {
	Prompt string `json:"prompt"`
}

// An EmbeddingRequest is the body of POST /embedding.
type EmbeddingRequest struct {
	Model     string        `json:"model"`
	Content   *Prompts      `json:"content"`
	Input     *Prompts      `json:"input"` // the same
	Normalize *int          `json:"embd_normalize"`
	Encoding  field.Refused `json:"encoding_format" only:"float"`
}

// An Embedding is the vector of a text; there is one for it.
type Embedding struct {
	Index     int         `json:"index"`
	Embedding [][]float32 `json:"embedding"`
}

// Normalized scales v in place: by the largest value (0), the sum of sizes (1), the
// length (2), or a p-norm. Below 0 nothing is done.
func Normalized(v []float32, p int) []float32 {
	var norm float64
	for _, x := range v {
		size := math.Abs(float64(x))
		switch {
		case p < 0:
			return v
		case p == 0:
			norm = max(norm, size/32760) // as if it were to become int16
		case p == 1:
			norm += size
		default:
			norm += math.Pow(size, float64(p))
		}
	}
	if p > 1 {
		norm = math.Pow(norm, 1/float64(p))
	}
	if norm == 0 || math.IsInf(norm, 0) {
		return v
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / norm)
	}
	return v
}

// A RerankRequest is the body of POST /rerank in the form of Jina's and Cohere's API.
// Documents are texts, or objects with one.
type RerankRequest struct {
	Model     string            `json:"model"`
	Query     string            `json:"query"`
	Documents []json.RawMessage `json:"documents"`
	TopN      *int              `json:"top_n"`
	Return    bool              `json:"return_documents"`
}

// Texts returns the documents' texts.
func (r *RerankRequest) Texts() ([]string, error) {
	texts := make([]string, len(r.Documents))
	for i, d := range r.Documents {
		object := struct {
			Text *string `json:"text"`
		}{&texts[i]}
		into := any(&texts[i])
		if field.Kind(d) == "object" {
			into = &object
		}
		if err := json.Unmarshal(d, into); err != nil || object.Text == nil {
			return nil, field.Errorf("documents", "number %d is neither a string nor an object with a text", i)
		}
	}
	return texts, nil
}

// A RerankResponse is its answer, the best first.
type RerankResponse struct {
	Model   string   `json:"model"`
	Object  string   `json:"object"` // list
	Usage   Usage    `json:"usage"`
	Results []Ranked `json:"results"`
}

// Usage is how many tokens were read.
type Usage struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

// A Ranked is a document's place and score.
type Ranked struct {
	Index    int       `json:"index"`
	Score    float64   `json:"relevance_score"`
	Document *Document `json:"document,omitempty"`
}

// A Document is a document's text.
type Document struct {
	Text string `json:"text"`
}

// Props is the answer of GET /props.
type Props struct {
	Defaults     PropsDefaults   `json:"default_generation_settings"`
	TotalSlots   int             `json:"total_slots"`
	ModelAlias   string          `json:"model_alias"`
	ModelPath    string          `json:"model_path"` // its name: paths stay on the server
	ChatTemplate string          `json:"chat_template"`
	BOS          string          `json:"bos_token"`
	EOS          string          `json:"eos_token"`
	Modalities   map[string]bool `json:"modalities"`
	Build        string          `json:"build_info"`
	Sleeping     bool            `json:"is_sleeping"`
}

// PropsDefaults are the settings of a request that says nothing.
type PropsDefaults struct {
	Context int      `json:"n_ctx"`
	Params  Settings `json:"params"`
}

// A Slot is a place for a text that is being written, or for one to come.
type Slot struct {
	ID         int        `json:"id"`
	Context    int        `json:"n_ctx"`
	Speculates bool       `json:"speculative"`
	Processing bool       `json:"is_processing"`
	Next       *SlotToken `json:"next_token,omitempty"`
}

// A SlotToken is how far a text has come.
type SlotToken struct {
	More    bool `json:"has_next_token"`
	Prompt  int  `json:"n_prompt"`
	Cached  int  `json:"n_cached"`
	Read    int  `json:"n_read"`
	Decoded int  `json:"n_decoded"`
}
