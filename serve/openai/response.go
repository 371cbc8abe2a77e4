package openai

import (
	"encoding/json"
)

// A Response answers a ResponseRequest.
type Response struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	CreatedAt         int64             `json:"created_at"`
	CompletedAt       *int64            `json:"completed_at"`
	Status            string            `json:"status"` // in_progress, completed, incomplete, failed
	Error             *ResponseError    `json:"error"`
	IncompleteDetails *Incomplete       `json:"incomplete_details"`
	Instructions      *string           `json:"instructions"`
	MaxOutputTokens   *int              `json:"max_output_tokens"`
	Model             string            `json:"model"`
	Output            []any             `json:"output"` // OutputMessage, OutputReasoning, OutputCall
	ParallelToolCalls bool              `json:"parallel_tool_calls"`
	Previous          *string           `json:"previous_response_id"`
	Reasoning         ResponseReasoning `json:"reasoning"`
	Store             bool              `json:"store"`
	Temperature       *float64          `json:"temperature"`
	Text              ResponseText      `json:"text"`
	ToolChoice        any               `json:"tool_choice"`
	Tools             []ResponseTool    `json:"tools"`
	TopP              *float64          `json:"top_p"`
	TopLogProbs       int               `json:"top_logprobs"`
	Truncation        string            `json:"truncation"`
	Usage             *ResponseUsage    `json:"usage,omitempty"`
	Metadata          map[string]string `json:"metadata"`
}

// A ResponseError tells why a response failed.
type ResponseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Incomplete tells why a response ended too early.
type Incomplete struct {
	Reason string `json:"reason"`
}

// ResponseReasoning repeats how much was to be thought.
type ResponseReasoning struct {
	Effort  *string `json:"effort"`
	Summary *string `json:"summary"`
}

// ResponseText repeats what the text was to be.
type ResponseText struct {
	Format Format `json:"format"`
}

// A ResponseTool repeats a tool.
type ResponseTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	Strict      *bool           `json:"strict"`
}

// ResponseUsage is how many tokens a response took.
type ResponseUsage struct {
	InputTokens   int           `json:"input_tokens"`
	InputDetails  InputDetails  `json:"input_tokens_details"`
	OutputTokens  int           `json:"output_tokens"`
	OutputDetails OutputDetails `json:"output_tokens_details"`
	TotalTokens   int           `json:"total_tokens"`
}

// InputDetails are more about the tokens that were read.
type InputDetails struct {
	CachedTokens     int `json:"cached_tokens"`
	CacheWriteTokens int `json:"cache_write_tokens"`
}

// OutputDetails are more about the tokens that were made.
type OutputDetails struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

// An OutputMessage is what the model says.
type OutputMessage struct {
	ID      string       `json:"id"`
	Type    string       `json:"type"`
	Status  string       `json:"status"`
	Role    string       `json:"role"`
	Content []OutputText `json:"content"`
}

// An OutputText is a text, or thoughts, which have no annotations and tokens.
type OutputText struct {
	Type        string          `json:"type"`
	Text        string          `json:"text"`
	Annotations *[]any          `json:"annotations,omitempty"`
	LogProbs    *[]TokenLogProb `json:"logprobs,omitempty"`
}

// An OutputReasoning is what the model thought.
type OutputReasoning struct {
	ID      string       `json:"id"`
	Type    string       `json:"type"`
	Status  string       `json:"status"`
	Summary []any        `json:"summary"`
	Content []OutputText `json:"content"`
}

// An OutputCall is a call of a tool.
type OutputCall struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Response returns an answer that has begun: it repeats what was asked for, and how tokens
// are chosen.
func (q *ResponseRequest) Response(h Head, temperature, topP float64) *Response {
	if topP == 0 {
		topP = 1
	}
	r := &Response{
		ID: h.ID, Object: "response", CreatedAt: h.Created, Model: h.Model, Status: "in_progress", Output: []any{},
		MaxOutputTokens: q.MaxOutputTokens, ParallelToolCalls: q.ParallelToolCalls == nil || *q.ParallelToolCalls,
		Temperature: &temperature, TopP: &topP, Truncation: "disabled", Tools: []ResponseTool{}, Metadata: q.Metadata,
		Text: ResponseText{Format{Type: "text"}}, ToolChoice: "auto",
	}
	if r.Metadata == nil {
		r.Metadata = map[string]string{}
	}
	if q.Instructions != "" {
		r.Instructions = &q.Instructions
	}
	if f := q.Format(); f != nil && f.Type != "" {
		r.Text.Format = *f
	}
	if q.Reasoning != nil && q.Reasoning.Effort != "" {
		r.Reasoning.Effort = &q.Reasoning.Effort
	}
	if q.TopLogProbs != nil {
		r.TopLogProbs = *q.TopLogProbs
	}
	for _, t := range q.Tools {
		tool := ResponseTool{Type: t.Type, Name: t.Name, Parameters: t.Parameters, Strict: t.Strict}
		if t.Description != "" {
			tool.Description = &t.Description
		}
		r.Tools = append(r.Tools, tool)
	}
	if c := q.ToolChoice; c.One {
		r.ToolChoice = map[string]string{"type": "function", "name": c.Only[0]}
	} else if c.Mode != "" && c.Only == nil {
		r.ToolChoice = c.Mode
	}
	return r
}
