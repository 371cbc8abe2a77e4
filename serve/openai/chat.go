package openai

import (
	"github.com/nlp-zoo/zoo/serve/field"
)

// A ChatRequest is the body of POST /v1/chat/completions.
type ChatRequest struct {
	Model               string         `json:"model"`
	Messages            []Message      `json:"messages"`
	N                   *int           `json:"n"`
	MaxTokens           *int           `json:"max_tokens"`
	MaxCompletionTokens *int           `json:"max_completion_tokens"`
	LogProbs            bool           `json:"logprobs"`
	TopLogProbs         *int           `json:"top_logprobs"`
	ResponseFormat      *Format        `json:"response_format"`
	Tools               []Tool         `json:"tools"`
	ToolChoice          ToolChoice     `json:"tool_choice"`
	ParallelToolCalls   *bool          `json:"parallel_tool_calls"`
	Stream              bool           `json:"stream"`
	StreamOptions       *StreamOptions `json:"stream_options"`
	ReasoningEffort     string         `json:"reasoning_effort"`

	Template map[string]any `json:"chat_template_kwargs"`   // variables of the model's template
	Continue bool           `json:"continue_final_message"` // the last message is the beginning of the answer

	Sampling
	Constrained
	chatRefused
}

// StreamOptions say what a stream has beside the text.
type StreamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type chatRefused struct {
	Audio        field.Refused `json:"audio"`
	Modalities   field.Refused `json:"modalities" only:"[\"text\"]"`
	Functions    field.Refused `json:"functions" hint:"use tools"`
	FunctionCall field.Refused `json:"function_call" only:"none|auto" hint:"use tool_choice"`
	WebSearch    field.Refused `json:"web_search_options"`
	Store        field.Refused `json:"store" hint:"nothing is stored"`
	Verbosity    field.Refused `json:"verbosity" only:"medium"`
	Moderation   field.Refused `json:"moderation"`
	Echo         field.Refused `json:"echo" hint:"/v1/completions has it"`
	Template     field.Refused `json:"chat_template" hint:"the model's own is used"`
	BestOf       field.Refused `json:"best_of" only:"1" hint:"/v1/completions has it"`
}

// maxTopLogProbs is how many tokens top_logprobs may ask for.
const maxTopLogProbs = 20

// Check refuses what does not go together, and what is not served.
func (q *ChatRequest) Check() error {
	if err := field.Check(q); err != nil {
		return err
	}
	if err := field.Within("top_logprobs", q.TopLogProbs, 0, maxTopLogProbs); err != nil {
		return err
	}
	if q.TopLogProbs != nil && *q.TopLogProbs > 0 && !q.LogProbs {
		return field.Errorf("top_logprobs", "it needs logprobs to be true")
	}
	if q.Continue && (len(q.Messages) == 0 || q.Messages[len(q.Messages)-1].Role != "assistant") {
		return field.Errorf("continue_final_message", "the last message is not the assistant's")
	}
	return checkEffort("reasoning_effort", q.ReasoningEffort)
}

// checkEffort refuses unknown words for how much a model is to think.
func checkEffort(name, effort string) error {
	switch effort {
	case "", "none", "minimal", "low", "medium", "high", "xhigh", "max":
		return nil
	}
	return field.Errorf(name, "%.40q is not one of none, minimal, low, medium, high, xhigh, max", effort)
}

// Tokens returns how many tokens may be made; 0: as many as there is room for.
func (q *ChatRequest) Tokens() (int, error) {
	name, n := "max_completion_tokens", q.MaxCompletionTokens
	if n == nil {
		name, n = "max_tokens", q.MaxTokens
	}
	return atMost(name, n)
}

// atMost reads a number of tokens; nil, and -1 as other servers have it, is 0.
func atMost(name string, n *int) (int, error) {
	if n == nil || *n == -1 {
		return 0, nil
	}
	return *n, field.Within(name, n, 1, 1<<30)
}

// Variables returns what the template is told beside the conversation.
func (q *ChatRequest) Variables() map[string]any {
	return variables(q.Template, q.ReasoningEffort)
}

func variables(given map[string]any, effort string) map[string]any {
	all := map[string]any{}
	if effort != "" {
		all["reasoning_effort"] = effort
		all["enable_thinking"] = effort != "none"
	}
	for k, v := range given {
		all[k] = v
	}
	return all
}

// A Head is what all parts of one answer have.
type Head struct {
	ID      string
	Created int64 // seconds
	Model   string
}

// A ChatCompletion answers a ChatRequest.
type ChatCompletion struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []ChatChoice `json:"choices"`
	Usage   Usage        `json:"usage"`
}

// A ChatChoice is one of the texts.
type ChatChoice struct {
	Index        int         `json:"index"`
	Message      ChatMessage `json:"message"`
	LogProbs     *LogProbs   `json:"logprobs"`
	FinishReason string      `json:"finish_reason"`
}

// A ChatMessage is what an assistant answers. Content is null beside calls alone.
type ChatMessage struct {
	Role             string     `json:"role"`
	Content          *string    `json:"content"`
	Refusal          *string    `json:"refusal"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`
}

// Completion returns an answer of these choices.
func (h Head) Completion(choices []ChatChoice, u Usage) *ChatCompletion {
	return &ChatCompletion{h.ID, "chat.completion", h.Created, h.Model, choices, u}
}

// A ChatChunk is a part of a streamed answer.
type ChatChunk struct {
	ID      string        `json:"id"`
	Object  string        `json:"object"`
	Created int64         `json:"created"`
	Model   string        `json:"model"`
	Choices []ChunkChoice `json:"choices"`
	Usage   *Usage        `json:"usage,omitempty"` // of the last part, where it is asked for
}

// A ChunkChoice is a part of one of the texts.
type ChunkChoice struct {
	Index        int       `json:"index"`
	Delta        Delta     `json:"delta"`
	LogProbs     *LogProbs `json:"logprobs,omitempty"`
	FinishReason *string   `json:"finish_reason"` // null before the end
}

// A Delta is what a part adds to a message.
type Delta struct {
	Role             string     `json:"role,omitempty"` // of a text's first part
	Content          *string    `json:"content,omitempty"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []ToolCall `json:"tool_calls,omitempty"`
}

// Chunk returns a part with these choices. With usage it is the last one, and has none.
func (h Head) Chunk(usage *Usage, choices ...ChunkChoice) *ChatChunk {
	if choices == nil {
		choices = []ChunkChoice{}
	}
	return &ChatChunk{h.ID, "chat.completion.chunk", h.Created, h.Model, choices, usage}
}

// Usage is how many tokens an answer took.
type Usage struct {
	PromptTokens     int            `json:"prompt_tokens"`
	CompletionTokens int            `json:"completion_tokens"`
	TotalTokens      int            `json:"total_tokens"`
	PromptDetails    *PromptDetails `json:"prompt_tokens_details,omitempty"`
	Details          *OutputDetails `json:"completion_tokens_details,omitempty"`
}

// PromptDetails are more about the tokens of a prompt.
type PromptDetails struct {
	CachedTokens int `json:"cached_tokens"` // that did not have to be read
}

// UsageOf returns the usage of a prompt, of which cached tokens did not have to be read,
// and of what was made.
func UsageOf(prompt, cached, made int) Usage {
	return Usage{prompt, made, prompt + made, &PromptDetails{cached}, nil}
}
