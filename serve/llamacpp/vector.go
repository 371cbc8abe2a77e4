package llamacpp

import (
	"cmp"
	"encoding/json"
	"iter"
	"math"

	"github.com/nlp-zoo/zoo/serve/field"
)

// An EmbeddingRequest is the body of POST /embedding.
type EmbeddingRequest struct {
	Model     string        `json:"model"`
	Content   *Prompts      `json:"content"`
	Input     *Prompts      `json:"input"` // the same
	Normalize *int          `json:"embd_normalize"`
	Encoding  field.Refused `json:"encoding_format" only:"float"`
}

// Asked returns the texts, and how their vectors are scaled, see [Normalized].
func (r *EmbeddingRequest) Asked() (texts []Prompt, normalize int, err error) {
	content := cmp.Or(r.Content, r.Input)
	if content == nil || len(content.All) == 0 {
		return nil, 0, field.Errorf("content", "there is no text")
	}
	normalize = 2
	set(&normalize, r.Normalize)
	if err := field.Within("embd_normalize", &normalize, -1, 1000); err != nil {
		return nil, 0, err
	}
	return content.All, normalize, field.Check(r)
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

// maxDocuments is how many documents a request may have.
const maxDocuments = 1024

// Texts returns the documents' texts, and refuses requests that have none or too many.
func (r *RerankRequest) Texts() ([]string, error) {
	switch n := len(r.Documents); {
	case r.Query == "":
		return nil, field.Errorf("query", "it is missing")
	case n == 0:
		return nil, field.Errorf("documents", "there are none")
	case n > maxDocuments:
		return nil, field.Errorf("documents", "%d are more than %d", n, maxDocuments)
	case r.TopN != nil && *r.TopN < 0:
		return nil, field.Errorf("top_n", "%d is negative", *r.TopN)
	}
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

// Answer returns the answer of a model of that name, which gave ranked documents and
// their scores, the best first, and read so many tokens.
func (r *RerankRequest) Answer(model string, texts []string, tokens int, ranked iter.Seq2[int, float64]) RerankResponse {
	answer := RerankResponse{Model: model, Object: "list", Usage: Usage{tokens, tokens}, Results: []Ranked{}}
	for i, score := range ranked {
		if r.TopN != nil && len(answer.Results) == *r.TopN {
			break
		}
		one := Ranked{Index: i, Score: score}
		if r.Return {
			one.Document = &Document{texts[i]}
		}
		answer.Results = append(answer.Results, one)
	}
	return answer
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
