// Package chat turns conversations into the text that a model was tuned on, by
// the chat template of its checkpoint, as transformers' apply_chat_template does.
package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/chat/jinja"
)

// A Message is one turn of a conversation.
type Message struct {
	Role       string     // system, user, assistant, tool
	Content    string     // the text; with Parts it is not used
	Parts      []Part     // text and other media in order; nil: Content alone
	Reasoning  string     // what an assistant thought before it answered
	ToolCalls  []ToolCall // what an assistant asks for
	ToolCallID string     // the call that a tool's message answers
	Name       string     // of the tool, or of who speaks
}

// A Part is a piece of a message.
type Part struct {
	Type string // text, image
	Text string // for text
}

// A ToolCall is a function that an assistant wants called.
type ToolCall struct {
	ID        string
	Name      string
	Arguments json.RawMessage // a JSON object
}

// Options are what a template sees beside the messages.
type Options struct {
	AddGenerationPrompt bool              // end with what begins an assistant's turn
	BOS, EOS            string            // the tokenizer's special tokens
	Tools               []json.RawMessage // {"type":"function","function":{…}} each
	Documents           []json.RawMessage // objects with title and text
	Extra               map[string]any    // further variables, such as enable_thinking; plain data
	Now                 func() time.Time  // nil: the clock
}

// A Template is a parsed chat template, safe for concurrent use.
type Template struct{ t *jinja.Template }

// Timeout bounds one rendering.
const Timeout = 2 * time.Second

// ErrNoTemplate tells that a checkpoint has no chat template: it is a base model,
// or its template must be named, see [Default].
var ErrNoTemplate = errors.New("chat: the model has no chat template")

// Parse reads a template's source; for an empty one it returns ErrNoTemplate.
func Parse(source string) (*Template, error) {
	if strings.TrimSpace(source) == "" {
		return nil, ErrNoTemplate
	}
	t, err := jinja.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("chat: template: %w", err)
	}
	return &Template{t}, nil
}

// Render returns the conversation's text. What the template itself refuses (roles
// that do not alternate, say) is an error, as is going over [Timeout].
func (t *Template) Render(ctx context.Context, messages []Message, o Options) (string, error) {
	return t.render(ctx, messages, o, nil)
}

func (t *Template) render(ctx context.Context, messages []Message, o Options, generated *[][2]int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	vars := map[string]any{"add_generation_prompt": o.AddGenerationPrompt, "tools": nil, "documents": nil}
	if o.BOS != "" {
		vars["bos_token"] = o.BOS
	}
	if o.EOS != "" {
		vars["eos_token"] = o.EOS
	}
	for name, list := range map[string][]json.RawMessage{"tools": o.Tools, "documents": o.Documents} {
		if len(list) == 0 {
			continue
		}
		l := &jinja.List{}
		for i, data := range list {
			v, err := jinja.FromJSON(data)
			if err != nil {
				return "", fmt.Errorf("chat: %s: %d: %w", name, i, err)
			}
			l.Items = append(l.Items, v)
		}
		vars[name] = l
	}
	for k, v := range o.Extra {
		vars[k] = v
	}
	list := &jinja.List{Items: []any{}}
	for _, m := range messages {
		list.Items = append(list.Items, m.value())
	}
	vars["messages"] = list
	text, err := t.t.Render(ctx, vars, jinja.Options{Now: o.Now, Generated: generated})
	if err != nil {
		return "", fmt.Errorf("chat: template: %w", err)
	}
	return text, nil
}

// value is the message as templates expect it: absent fields are not there.
func (m *Message) value() *jinja.Dict {
	d := &jinja.Dict{}
	d.Set("role", m.Role)
	d.Set("content", m.content())
	for _, f := range []struct{ name, value string }{
		{"reasoning_content", m.Reasoning}, {"thinking", m.Reasoning}, {"name", m.Name}, {"tool_call_id", m.ToolCallID},
	} {
		if f.value != "" {
			d.Set(f.name, f.value)
		}
	}
	if len(m.ToolCalls) > 0 {
		calls := &jinja.List{}
		for _, c := range m.ToolCalls {
			calls.Items = append(calls.Items, c.value())
		}
		d.Set("tool_calls", calls)
	}
	return d
}

func (m *Message) content() any {
	if m.Parts == nil {
		return m.Content
	}
	parts := &jinja.List{}
	for _, p := range m.Parts {
		d := &jinja.Dict{}
		d.Set("type", p.Type)
		if p.Type == "text" {
			d.Set("text", p.Text)
		}
		parts.Items = append(parts.Items, d)
	}
	return parts
}

func (c *ToolCall) value() *jinja.Dict {
	var arguments any = &jinja.Dict{}
	if len(c.Arguments) > 0 {
		v, err := jinja.FromJSON(c.Arguments)
		if err != nil { // a model's own words: shown as they are
			v = string(c.Arguments)
		}
		arguments = v
	}
	f, d := &jinja.Dict{}, &jinja.Dict{}
	f.Set("name", c.Name)
	f.Set("arguments", arguments)
	if c.ID != "" {
		d.Set("id", c.ID)
	}
	d.Set("type", "function")
	d.Set("function", f)
	return d
}
