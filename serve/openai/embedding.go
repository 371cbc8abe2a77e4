package openai

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/nlp-zoo/zoo/serve/field"
)

// An EmbeddingRequest is the body of POST /v1/embeddings.
type EmbeddingRequest struct {
	Model      string `json:"model"`
	Input      Inputs `json:"input"`
	Format     string `json:"encoding_format"`
	Dimensions *int   `json:"dimensions"`
}

// maxInputs is how many inputs the API takes at once.
const maxInputs = 2048

// Check refuses what the API refuses.
func (q *EmbeddingRequest) Check() error {
	switch {
	case len(q.Input) == 0:
		return field.Errorf("input", "it is missing or empty")
	case len(q.Input) > maxInputs:
		return field.Errorf("input", "%d inputs, over %d", len(q.Input), maxInputs)
	case q.Format != "" && q.Format != "float" && q.Format != "base64":
		return field.Errorf("encoding_format", "%.40q is not float or base64", q.Format)
	}
	return field.Within("dimensions", q.Dimensions, 1, 1<<20)
}

// Embeddings answer an EmbeddingRequest.
type Embeddings struct {
	Object string         `json:"object"`
	Data   []Embedding    `json:"data"`
	Model  string         `json:"model"`
	Usage  EmbeddingUsage `json:"usage"`
}

// An Embedding is the vector of one input.
type Embedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding Vector `json:"embedding"`
}

// EmbeddingUsage is how many tokens were read.
type EmbeddingUsage struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// A Vector is written as an array of numbers, or packed: base64 of float32, little-endian.
type Vector struct {
	Values []float32
	Packed bool
}

// MarshalJSON writes either form.
func (v Vector) MarshalJSON() ([]byte, error) {
	if !v.Packed {
		return json.Marshal(v.Values)
	}
	b := make([]byte, 0, 4*len(v.Values))
	for _, x := range v.Values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

// Answer returns vectors, of length 1, as they are asked for. shorten gives the first n
// values of a vector at length 1.
func (q *EmbeddingRequest) Answer(model string, vectors [][]float32, tokens int, shorten func(v []float32, n int) []float32) (*Embeddings, error) {
	out := &Embeddings{Object: "list", Data: []Embedding{}, Model: model, Usage: EmbeddingUsage{tokens, tokens}}
	for i, v := range vectors {
		n := len(v)
		if q.Dimensions != nil {
			if n = *q.Dimensions; n > len(v) {
				return nil, field.Errorf("dimensions", "%d, and the model's vectors have %d", n, len(v))
			}
		}
		out.Data = append(out.Data, Embedding{"embedding", i, Vector{shorten(v, n), q.Format == "base64"}})
	}
	return out, nil
}
