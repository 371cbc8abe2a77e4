package openai

import (
	"encoding/json"
	"fmt"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/serve/field"
)

// A Message is one turn of a conversation in a request.
type Message struct {
	Role             string        `json:"role"`
	Content          Content       `json:"content"`
	Name             string        `json:"name"`
	Refusal          string        `json:"refusal"`
	ReasoningContent string        `json:"reasoning_content"`
	Reasoning        string        `json:"reasoning"` // the same, as some servers call it
	ToolCalls        []ToolCall    `json:"tool_calls"`
	ToolCallID       string        `json:"tool_call_id"`
	FunctionCall     field.Refused `json:"function_call" hint:"use tool_calls"`
	Audio            field.Refused `json:"audio"`
}

// A ToolCall is a call that an assistant made, or makes.
type ToolCall struct {
	Index    *int         `json:"index,omitempty"` // in parts of streams
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function FunctionCall `json:"function"`
}

// A FunctionCall is a function's name and the arguments for it, as JSON in a string.
type FunctionCall struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

// Messages returns a conversation as templates take it. Errors name the field.
func Messages(all []Message) ([]chat.Message, error) {
	if len(all) == 0 {
		return nil, field.Errorf("messages", "there are none")
	}
	out := make([]chat.Message, len(all))
	names := map[string]string{} // of tools, by the id of a call
	for i := range all {
		m, err := all[i].message(fmt.Sprintf("messages.%d", i))
		if err != nil {
			return nil, err
		}
		for _, c := range m.ToolCalls {
			names[c.ID] = c.Name
		}
		if m.Role == "tool" && m.Name == "" {
			m.Name = names[m.ToolCallID]
		}
		out[i] = m
	}
	return out, nil
}

func (m *Message) message(name string) (chat.Message, error) {
	if err := field.Check(m); err != nil {
		return chat.Message{}, within(name, err)
	}
	out := chat.Message{Role: m.Role, Name: m.Name, Reasoning: m.ReasoningContent, ToolCallID: m.ToolCallID}
	if out.Reasoning == "" {
		out.Reasoning = m.Reasoning
	}
	switch m.Role {
	case "developer":
		out.Role = "system" // what templates know it as
	case "system", "user", "assistant", "tool":
	case "":
		return out, field.Errorf(name+".role", "it is missing")
	default:
		return out, field.Errorf(name+".role", "%.40q is not one of system, developer, user, assistant, tool", m.Role)
	}
	var err error
	if out.Content, err = m.Content.text(name + ".content"); err != nil {
		return out, err
	}
	if out.Content == "" && m.Role == "assistant" {
		out.Content = m.Refusal
	}
	for i, c := range m.ToolCalls {
		if c.Type != "" && c.Type != "function" {
			return out, field.Errorf(fmt.Sprintf("%s.tool_calls.%d.type", name, i), "%.40q: this server has only function", c.Type)
		}
		if c.Function.Name == "" {
			return out, field.Errorf(fmt.Sprintf("%s.tool_calls.%d.function.name", name, i), "it is missing")
		}
		out.ToolCalls = append(out.ToolCalls, chat.ToolCall{ID: c.ID, Name: c.Function.Name, Arguments: arguments(c.Function.Arguments)})
	}
	return out, nil
}

// arguments returns a call's arguments, which clients may send empty for none.
func arguments(text string) json.RawMessage {
	if text == "" {
		return json.RawMessage("{}")
	}
	return json.RawMessage(text)
}

// within puts the field that a mistake lies in before the name that it has there.
func within(name string, err error) error {
	if e, ok := err.(*field.Error); ok { //nolint:errorlint // it was made just now
		return field.Errorf(name+"."+e.Field, "%s", e.Why)
	}
	return err
}
