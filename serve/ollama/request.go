// Package ollama has the words of Ollama's HTTP API, and what they mean in ours. It
// knows nothing of HTTP itself. The forms are those of Ollama's api/types.go, v0.33.
package ollama

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// A GenerateRequest is the body of POST /api/generate.
type GenerateRequest struct {
	Model    string   `json:"model"`
	Prompt   string   `json:"prompt"`
	Suffix   string   `json:"suffix"`
	System   string   `json:"system"`
	Template string   `json:"template"`
	Context  []int32  `json:"context"`
	Raw      bool     `json:"raw"`
	Images   []string `json:"images"`
	Shared
}

// A ChatRequest is the body of POST /api/chat.
type ChatRequest struct {
	Model    string            `json:"model"`
	Messages []Message         `json:"messages"`
	Tools    []json.RawMessage `json:"tools"`
	Shared
}

// Shared are the fields that both ways of asking for text have.
type Shared struct {
	Stream      *bool           `json:"stream"`
	Format      json.RawMessage `json:"format"`
	KeepAlive   *Duration       `json:"keep_alive"`
	Options     Options         `json:"options"`
	Think       *Think          `json:"think"`
	LogProbs    bool            `json:"logprobs"`
	TopLogProbs int             `json:"top_logprobs"`
	RenderOnly  bool            `json:"_debug_render_only"`
}

// Streams reports whether the answer comes in parts, as it does by default.
func (s *Shared) Streams() bool { return s.Stream == nil || *s.Stream }

// Check refuses values out of range.
func (s *Shared) Check() error {
	if s.TopLogProbs < 0 || s.TopLogProbs > 20 {
		return fmt.Errorf("top_logprobs must be between 0 and 20")
	}
	return nil
}

// Held returns what an answer is held to: nothing, "json" (an object), or "schema"
// with its source.
func (s *Shared) Held() (kind, source string, err error) {
	format := bytes.TrimSpace(s.Format)
	switch {
	case len(format) == 0, string(format) == "null", string(format) == `""`:
		return "", "", nil
	case string(format) == `"json"`:
		return "json", "", nil
	case format[0] == '{':
		return "schema", string(format), nil
	}
	return "", "", fmt.Errorf("invalid format: %.40s; expected \"json\" or a JSON Schema object", format)
}

// A Message is one turn of a conversation.
type Message struct {
	Role       string     `json:"role"`
	Content    string     `json:"content"`
	Thinking   string     `json:"thinking,omitempty"`
	Images     []string   `json:"images,omitempty"` // base64
	ToolCalls  []ToolCall `json:"tool_calls,omitempty"`
	ToolName   string     `json:"tool_name,omitempty"`
	ToolCallID string     `json:"tool_call_id,omitempty"`
}

// A ToolCall is a function that a model wants called.
type ToolCall struct {
	ID       string   `json:"id,omitempty"`
	Function Function `json:"function"`
}

// A Function is the function of a ToolCall.
type Function struct {
	Index     int             `json:"index"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"` // an object
}

// A Duration is a time: a number of seconds, or a text such as "5m". A negative one
// stands for ever.
type Duration time.Duration

// Forever is a duration that does not end.
const Forever = Duration(-1)

// UnmarshalJSON reads a number or a text.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var seconds float64
	if json.Unmarshal(data, &seconds) == nil {
		if seconds < 0 || seconds > math.MaxInt64/2e9 {
			*d = Forever
			return nil
		}
		*d = Duration(seconds * float64(time.Second))
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("keep_alive must be a number of seconds, or a text such as \"5m\"")
	}
	t, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("keep_alive: %w", err)
	}
	*d = Duration(t)
	if t < 0 {
		*d = Forever
	}
	return nil
}

// A Think says whether a model thinks before it answers, and how much.
type Think struct {
	On    bool
	Level string // low, medium, high, max, or ""
}

// UnmarshalJSON reads a boolean or a level.
func (t *Think) UnmarshalJSON(data []byte) error {
	*t = Think{}
	if json.Unmarshal(data, &t.On) == nil {
		return nil
	}
	var level string
	if json.Unmarshal(data, &level) == nil {
		switch level {
		case "low", "medium", "high", "max":
			*t = Think{On: true, Level: level}
			return nil
		}
	}
	return fmt.Errorf("think must be a boolean or string (\"high\", \"medium\", \"low\", \"max\", true, or false)")
}

// An EmbedRequest is the body of POST /api/embed.
type EmbedRequest struct {
	Model      string    `json:"model"`
	Input      Texts     `json:"input"`
	Truncate   *bool     `json:"truncate"`
	Dimensions int       `json:"dimensions"`
	KeepAlive  *Duration `json:"keep_alive"`
	Options    Options   `json:"options"`
}

// An EmbeddingRequest is the body of POST /api/embeddings, the older form.
type EmbeddingRequest struct {
	Model     string    `json:"model"`
	Prompt    string    `json:"prompt"`
	KeepAlive *Duration `json:"keep_alive"`
	Options   Options   `json:"options"`
}

// Texts are one text or several. The empty text alone is none.
type Texts []string

// UnmarshalJSON reads a text or an array of texts.
func (t *Texts) UnmarshalJSON(data []byte) error {
	*t = nil
	var one string
	if json.Unmarshal(data, &one) == nil {
		if one != "" {
			*t = Texts{one}
		}
		return nil
	}
	if err := json.Unmarshal(data, (*[]string)(t)); err != nil {
		return fmt.Errorf("invalid input type: input must be a string or an array of strings")
	}
	return nil
}

// A ShowRequest is the body of POST /api/show.
type ShowRequest struct {
	Model   string `json:"model"`
	Name    string `json:"name"` // older clients
	Verbose bool   `json:"verbose"`
}

// Named returns the model's name.
func (r ShowRequest) Named() string {
	if r.Model == "" {
		return r.Name
	}
	return r.Model
}

// lower is a role as templates know it.
func lower(role string) string { return strings.ToLower(role) }
