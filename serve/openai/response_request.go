package openai

import (
	"encoding/json"
	"fmt"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/serve/field"
)

// A ResponseRequest is the body of POST /v1/responses. Nothing is stored: each request
// has the whole conversation.
type ResponseRequest struct {
	Model             string            `json:"model"`
	Input             ResponseInput     `json:"input"`
	Instructions      string            `json:"instructions"`
	MaxOutputTokens   *int              `json:"max_output_tokens"`
	Tools             []Tool            `json:"tools"`
	ToolChoice        ToolChoice        `json:"tool_choice"`
	ParallelToolCalls *bool             `json:"parallel_tool_calls"`
	Text              *TextOptions      `json:"text"`
	Reasoning         *ReasoningOptions `json:"reasoning"`
	TopLogProbs       *int              `json:"top_logprobs"`
	Include           []string          `json:"include"`
	Metadata          map[string]string `json:"metadata"`
	Stream            bool              `json:"stream"`
	Template          map[string]any    `json:"chat_template_kwargs"`

	Sampling
	Constrained
	responseRefused
}

type responseRefused struct {
	Store        field.Refused `json:"store" hint:"nothing is stored"`
	Previous     field.Refused `json:"previous_response_id" hint:"nothing is stored: send the whole conversation as input"`
	Conversation field.Refused `json:"conversation" hint:"nothing is stored: send the whole conversation as input"`
	Background   field.Refused `json:"background"`
	Prompt       field.Refused `json:"prompt" hint:"nothing is stored"`
	Truncation   field.Refused `json:"truncation" only:"disabled"`
	Management   field.Refused `json:"context_management"`
	Moderation   field.Refused `json:"moderation"`
}

// TextOptions say what the text is to be.
type TextOptions struct {
	Format    *Format       `json:"format"`
	Verbosity field.Refused `json:"verbosity" only:"medium"`
}

// ReasoningOptions say how much the model is to think.
type ReasoningOptions struct {
	Effort  string `json:"effort"`
	Summary string `json:"summary"` // thoughts are told as they are
}

// ResponseInput is a text, or items.
type ResponseInput []Item

// An Item is a message, a call, its result, or thoughts.
type Item struct {
	Type      string  `json:"type"`
	Role      string  `json:"role"`
	Content   Content `json:"content"`
	CallID    string  `json:"call_id"`
	Name      string  `json:"name"`
	Arguments string  `json:"arguments"`
	Output    Content `json:"output"`
}

// UnmarshalJSON reads either form.
func (in *ResponseInput) UnmarshalJSON(v []byte) error {
	*in = nil
	switch field.Kind(v) {
	case "null":
		return nil
	case "string":
		*in = ResponseInput{{Type: "message", Role: "user"}}
		return json.Unmarshal(v, &(*in)[0].Content.Text)
	case "array":
		return json.Unmarshal(v, (*[]Item)(in))
	}
	return field.Mistyped[string](v)
}

// Check refuses what does not go together, and what is not served.
func (q *ResponseRequest) Check() error {
	if err := field.Check(q); err != nil {
		return err
	}
	if q.Text != nil {
		if err := field.Check(q.Text); err != nil {
			return within("text", err)
		}
	}
	for i, what := range q.Include {
		switch what {
		case "message.output_text.logprobs", "reasoning.encrypted_content": // thoughts come as they are
		default:
			return field.Errorf(fmt.Sprintf("include.%d", i), "%.60q is not served", what)
		}
	}
	if err := field.Within("top_logprobs", q.TopLogProbs, 0, maxTopLogProbs); err != nil {
		return err
	}
	if q.Reasoning != nil {
		return checkEffort("reasoning.effort", q.Reasoning.Effort)
	}
	return nil
}

// LogProbs reports whether the tokens are to be told, and with how many others.
func (q *ResponseRequest) LogProbs() (bool, int) {
	n := 0
	if q.TopLogProbs != nil {
		n = *q.TopLogProbs
	}
	for _, what := range q.Include {
		if what == "message.output_text.logprobs" {
			return true, n
		}
	}
	return n > 0, n
}

// Tokens returns how many tokens may be made; 0: as many as there is room for.
func (q *ResponseRequest) Tokens() (int, error) {
	return atMost("max_output_tokens", q.MaxOutputTokens)
}

// Variables returns what the template is told beside the conversation.
func (q *ResponseRequest) Variables() map[string]any {
	effort := ""
	if q.Reasoning != nil {
		effort = q.Reasoning.Effort
	}
	return variables(q.Template, effort)
}

// Format returns what the text is to be; nil: anything.
func (q *ResponseRequest) Format() *Format {
	if q.Text == nil {
		return nil
	}
	return q.Text.Format
}

// Messages returns the conversation as templates take it. What an assistant thought, said
// and called between two other turns is one message.
func (q *ResponseRequest) Messages() ([]chat.Message, error) {
	var c turns
	if q.Instructions != "" {
		c.add(chat.Message{Role: "system", Content: q.Instructions})
	}
	if len(q.Input) == 0 {
		return nil, field.Errorf("input", "it is missing or empty")
	}
	for i := range q.Input {
		if err := c.item(&q.Input[i], fmt.Sprintf("input.%d", i)); err != nil {
			return nil, err
		}
	}
	return c.all, nil
}

// turns are a conversation that grows by items.
type turns struct {
	all   []chat.Message
	names map[string]string // of tools, by the id of a call
}

func (c *turns) add(m chat.Message) { c.all = append(c.all, m) }

// assistant returns the assistant's message that the next item belongs to.
func (c *turns) assistant() *chat.Message {
	if len(c.all) == 0 || c.all[len(c.all)-1].Role != "assistant" {
		c.add(chat.Message{Role: "assistant"})
	}
	return &c.all[len(c.all)-1]
}

func (c *turns) item(it *Item, at string) error {
	switch it.Type {
	case "", "message":
		return c.message(it, at)
	case "reasoning":
		text, err := it.Content.text(at + ".content")
		if err != nil {
			return err
		}
		c.assistant().Reasoning += text
	case "function_call":
		if it.Name == "" {
			return field.Errorf(at+".name", "it is missing")
		}
		if c.names == nil {
			c.names = map[string]string{}
		}
		c.names[it.CallID] = it.Name
		m := c.assistant()
		m.ToolCalls = append(m.ToolCalls, chat.ToolCall{ID: it.CallID, Name: it.Name, Arguments: arguments(it.Arguments)})
	case "function_call_output":
		text, err := it.Output.text(at + ".output")
		if err != nil {
			return err
		}
		c.add(chat.Message{Role: "tool", ToolCallID: it.CallID, Name: c.names[it.CallID], Content: text})
	case "item_reference":
		return field.Errorf(at+".type", "item_reference: nothing is stored: send the item itself")
	default:
		return field.Errorf(at+".type", "%.40q: this server has only message, reasoning, function_call and function_call_output", it.Type)
	}
	return nil
}

func (c *turns) message(it *Item, at string) error {
	text, err := it.Content.text(at + ".content")
	if err != nil {
		return err
	}
	switch it.Role {
	case "user", "system":
		c.add(chat.Message{Role: it.Role, Content: text})
	case "developer":
		c.add(chat.Message{Role: "system", Content: text})
	case "assistant":
		m := c.assistant()
		if m.Content != "" {
			text = m.Content + "\n" + text
		}
		m.Content = text
	default:
		return field.Errorf(at+".role", "%.40q is not one of system, developer, user, assistant", it.Role)
	}
	return nil
}
