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

// Answer returns vectors as they are asked for: the first dimensions of each, at length 1
// again where some are left out.
func (q *EmbeddingRequest) Answer(model string, vectors [][]float32, tokens int) (*Embeddings, error) {
	out := &Embeddings{Object: "list", Data: []Embedding{}, Model: model, Usage: EmbeddingUsage{tokens, tokens}}
	for i, v := range vectors {
		if q.Dimensions != nil {
			if *q.Dimensions > len(v) {
				return nil, field.Errorf("dimensions", "%d, and the model's vectors have %d", *q.Dimensions, len(v))
			}
			v = shorten(v, *q.Dimensions)
		}
		out.Data = append(out.Data, Embedding{"embedding", i, Vector{v, q.Format == "base64"}})
	}
	return out, nil
}

// shorten returns the first n values of v, at length 1.
func shorten(v []float32, n int) []float32 {
	if n == len(v) {
		return v
	}
	var sum float64
	for _, x := range v[:n] {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, n)
	if sum > 0 {
		for i := range out {
			out[i] = float32(float64(v[i]) / math.Sqrt(sum))
		}
	}
	return out
}
