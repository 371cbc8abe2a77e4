package ollama

import (
	"encoding/json"
	"time"
)

// A GenerateResponse is an answer of POST /api/generate, or a part of one.
type GenerateResponse struct {
	Model      string     `json:"model"`
	CreatedAt  time.Time  `json:"created_at"`
	Response   string     `json:"response"`
	Thinking   string     `json:"thinking,omitempty"`
	Done       bool       `json:"done"`
	DoneReason string     `json:"done_reason,omitempty"`
	Context    []int32    `json:"context,omitempty"`
	ToolCalls  []ToolCall `json:"tool_calls,omitempty"`
	LogProbs   []LogProb  `json:"logprobs,omitempty"`
	Debug      *Rendered  `json:"_debug_info,omitempty"`
	Metrics
}

// A ChatResponse is an answer of POST /api/chat, or a part of one.
type ChatResponse struct {
	Model      string    `json:"model"`
	CreatedAt  time.Time `json:"created_at"`
	Message    Message   `json:"message"`
	Done       bool      `json:"done"`
	DoneReason string    `json:"done_reason,omitempty"`
	LogProbs   []LogProb `json:"logprobs,omitempty"`
	Debug      *Rendered `json:"_debug_info,omitempty"`
	Metrics
}

// Why an answer ended, as done_reason.
const (
	DoneStop   = "stop"
	DoneLength = "length"
	DoneLoad   = "load"   // the model was opened, and nothing asked
	DoneUnload = "unload" // the model was closed
)

// Metrics are how much was read and written, and how long it took, in nanoseconds.
type Metrics struct {
	TotalDuration      time.Duration `json:"total_duration,omitempty"`
	LoadDuration       time.Duration `json:"load_duration,omitempty"`
	PromptEvalCount    int           `json:"prompt_eval_count,omitempty"`
	PromptEvalDuration time.Duration `json:"prompt_eval_duration,omitempty"`
	EvalCount          int           `json:"eval_count,omitempty"`
	EvalDuration       time.Duration `json:"eval_duration,omitempty"`
}

// Rendered is the text that a model would have read.
type Rendered struct {
	Template string `json:"rendered_template"`
	Images   int    `json:"image_count,omitempty"`
}

// A TokenLogProb is a token with its log-probability.
type TokenLogProb struct {
	Token   string  `json:"token"`
	LogProb float64 `json:"logprob"`
	Bytes   []int   `json:"bytes,omitempty"`
}

// A LogProb is a token that was written, with those that were likeliest in its place.
type LogProb struct {
	TokenLogProb
	Top []TokenLogProb `json:"top_logprobs,omitempty"`
}

// Token returns the form of a token.
func Token(text string, logProb float64) TokenLogProb {
	t := TokenLogProb{Token: text, LogProb: logProb}
	for _, b := range []byte(text) {
		t.Bytes = append(t.Bytes, int(b))
	}
	return t
}

// An EmbedResponse is the answer of POST /api/embed.
type EmbedResponse struct {
	Model           string        `json:"model"`
	Embeddings      [][]float32   `json:"embeddings"`
	TotalDuration   time.Duration `json:"total_duration,omitempty"`
	LoadDuration    time.Duration `json:"load_duration,omitempty"`
	PromptEvalCount int           `json:"prompt_eval_count,omitempty"`
}

// An EmbeddingResponse is the answer of POST /api/embeddings.
type EmbeddingResponse struct {
	Embedding []float32 `json:"embedding"`
}

// An Error is how every error is told.
type Error struct {
	Error string `json:"error"`
}

// Version is the answer of GET /api/version.
type Version struct {
	Version string `json:"version"`
}

// isObject reports whether data is a JSON object.
func isObject(data []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(data, &object) == nil && object != nil
}
