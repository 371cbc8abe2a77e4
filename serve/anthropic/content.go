package anthropic

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/serve/field"
)

// A Message is one turn of a conversation.
type Message struct {
	Role    string  `json:"role"` // user, assistant; system too, as other servers have it
	Content Content `json:"content"`
}

// Content is a text, or blocks.
type Content struct {
	Text   string
	Blocks []Block // nil: Text
}

// A Block is a piece of a message.
type Block struct {
	Type     string          `json:"type"` // text, tool_use, tool_result, thinking …
	Text     string          `json:"text"`
	Thinking string          `json:"thinking"`
	ID       string          `json:"id"` // of a call
	Name     string          `json:"name"`
	Input    json.RawMessage `json:"input"`
	CallID   string          `json:"tool_use_id"`
	Content  Content         `json:"content"` // what a tool returned
	IsError  bool            `json:"is_error"`
	Source   struct {
		Type string `json:"type"`
		Data string `json:"data"`
	} `json:"source"`
	Title string `json:"title"`
}

// UnmarshalJSON reads either form, or null, which is an empty text.
func (c *Content) UnmarshalJSON(v []byte) error {
	*c = Content{}
	switch field.Kind(v) {
	case "null":
		return nil
	case "string":
		return json.Unmarshal(v, &c.Text)
	case "array":
		c.Blocks = []Block{}
		return json.Unmarshal(v, &c.Blocks)
	}
	return field.Mistyped[string](v)
}

// text returns what blocks say, each a line. Blocks of other kinds are an Error, of the
// field called name.
func (c *Content) text(name string) (string, error) {
	if c.Blocks == nil {
		return c.Text, nil
	}
	texts := make([]string, len(c.Blocks))
	for i := range c.Blocks {
		var err error
		if texts[i], err = c.Blocks[i].text(fmt.Sprintf("%s.%d", name, i)); err != nil {
			return "", err
		}
	}
	return strings.Join(texts, "\n"), nil
}

func (b *Block) text(at string) (string, error) {
	switch b.Type {
	case "text":
		return b.Text, nil
	case "document":
		if b.Source.Type == "text" {
			return strings.TrimPrefix(b.Title+"\n", "\n") + b.Source.Data, nil
		}
		return "", field.Errorf(at+".source.type", "document: the model reads only text")
	case "image":
		return "", field.Errorf(at+".type", "image: the model reads only text")
	}
	return "", field.Errorf(at+".type", "%.40q is not a kind of block here", b.Type)
}

// Conversation returns the system's words and the messages as templates take them. Results
// of tools are messages of their own.
func (q *Request) Conversation() ([]chat.Message, error) {
	var all []chat.Message
	system, err := q.System.text("system")
	if err != nil {
		return nil, err
	}
	if system != "" {
		all = append(all, chat.Message{Role: "system", Content: system})
	}
	names := map[string]string{} // of tools, by the id of a call
	for i := range q.Messages {
		m, at := &q.Messages[i], fmt.Sprintf("messages.%d", i)
		switch m.Role {
		case "user":
			all, err = m.user(all, at, names)
		case "assistant":
			all, err = m.assistant(all, at, names)
		case "system":
			var text string
			text, err = m.Content.text(at + ".content")
			all = append(all, chat.Message{Role: "system", Content: text})
		default:
			err = field.Errorf(at+".role", "%.40q is not user or assistant", m.Role)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// user adds what a user's message has: results of tools first, in their order, then text.
func (m *Message) user(all []chat.Message, at string, names map[string]string) ([]chat.Message, error) {
	var said []string
	for i := range m.Content.Blocks {
		b, at := &m.Content.Blocks[i], fmt.Sprintf("%s.content.%d", at, i)
		if b.Type != "tool_result" {
			text, err := b.text(at)
			if err != nil {
				return nil, err
			}
			said = append(said, text)
			continue
		}
		if b.CallID == "" {
			return nil, field.Errorf(at+".tool_use_id", "it is missing")
		}
		text, err := b.Content.text(at + ".content")
		if err != nil {
			return nil, err
		}
		if b.IsError {
			text = "Error: " + text
		}
		all = append(all, chat.Message{Role: "tool", ToolCallID: b.CallID, Name: names[b.CallID], Content: text})
	}
	if m.Content.Blocks == nil {
		said = []string{m.Content.Text}
	}
	if said == nil {
		return all, nil
	}
	return turn(all, chat.Message{Role: "user", Content: strings.Join(said, "\n")}), nil
}

// turn adds a message. Of the same role as the one before it is part of that, as the API
// has it: templates want roles to alternate.
func turn(all []chat.Message, m chat.Message) []chat.Message {
	if len(all) == 0 || all[len(all)-1].Role != m.Role {
		return append(all, m)
	}
	last := &all[len(all)-1]
	if last.Content != "" && m.Content != "" {
		last.Content += "\n"
	}
	last.Content += m.Content
	last.Reasoning += m.Reasoning
	last.ToolCalls = append(last.ToolCalls, m.ToolCalls...)
	return all
}

// assistant adds what an assistant's message has, as one message.
func (m *Message) assistant(all []chat.Message, at string, names map[string]string) ([]chat.Message, error) {
	out := chat.Message{Role: "assistant", Content: m.Content.Text}
	var said []string
	for i := range m.Content.Blocks {
		b, at := &m.Content.Blocks[i], fmt.Sprintf("%s.content.%d", at, i)
		switch b.Type {
		case "thinking":
			out.Reasoning += b.Thinking
		case "redacted_thinking": // which nobody can read
		case "tool_use":
			if b.Name == "" || b.ID == "" {
				return nil, field.Errorf(at, "a tool_use needs an id and a name")
			}
			if field.Null(b.Input) {
				b.Input = json.RawMessage("{}")
			}
			names[b.ID] = b.Name
			out.ToolCalls = append(out.ToolCalls, chat.ToolCall{ID: b.ID, Name: b.Name, Arguments: b.Input})
		default:
			text, err := b.text(at)
			if err != nil {
				return nil, err
			}
			said = append(said, text)
		}
	}
	out.Content += strings.Join(said, "\n")
	return turn(all, out), nil
}

// Prefilled reports whether the last message is the beginning of the answer: an
// assistant's text, without calls.
func (q *Request) Prefilled() bool {
	if len(q.Messages) == 0 || q.Messages[len(q.Messages)-1].Role != "assistant" {
		return false
	}
	for _, b := range q.Messages[len(q.Messages)-1].Content.Blocks {
		if b.Type != "text" {
			return false
		}
	}
	return true
}
