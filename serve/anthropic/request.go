// Package anthropic has the words of Anthropic's Messages API, requests, answers and the
// events of streams, and their conversion to and from conversations and options of
// generation. It knows neither HTTP nor models.
package anthropic

import (
	"encoding/json"
	"fmt"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/field"
)

// A Request is the body of POST /v1/messages, and of /v1/messages/count_tokens, where
// MaxTokens is not needed.
type Request struct {
	Model        string     `json:"model"`
	MaxTokens    *int       `json:"max_tokens"`
	Messages     []Message  `json:"messages"`
	System       Content    `json:"system"`
	Stops        []string   `json:"stop_sequences"`
	Stream       bool       `json:"stream"`
	Temperature  *float64   `json:"temperature"`
	TopK         *int       `json:"top_k"`
	TopP         *float64   `json:"top_p"`
	Tools        []Tool     `json:"tools"`
	ToolChoice   ToolChoice `json:"tool_choice"`
	Thinking     *Thinking  `json:"thinking"`
	OutputConfig *Output    `json:"output_config"`
	OutputFormat *Format    `json:"output_format"` // the same as output_config.format, as it was called first

	// Of this server and others: what the API has no word for.
	Seed     *int64         `json:"seed"`
	MinP     *float64       `json:"min_p"`
	Template map[string]any `json:"chat_template_kwargs"`

	Container  field.Refused `json:"container"`
	MCP        field.Refused `json:"mcp_servers"`
	Management field.Refused `json:"context_management"`
	Speed      field.Refused `json:"speed" only:"standard"`
}

// Thinking says whether the model is to think.
type Thinking struct {
	Type   string `json:"type"` // enabled, adaptive, between_tools, disabled
	Budget *int   `json:"budget_tokens"`
}

// Output says how much is to be thought and what the text is to be.
type Output struct {
	Effort string  `json:"effort"`
	Format *Format `json:"format"`
}

// A Format is what a text is to be: an instance of a schema.
type Format struct {
	Type   string          `json:"type"` // json_schema
	Schema json.RawMessage `json:"schema"`
}

// A Tool is what the model may call.
type Tool struct {
	Type        string          `json:"type"` // "" or custom
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"input_schema"`
}

// A ToolChoice says whether tools are called: auto, any, tool or none.
type ToolChoice struct {
	Type string `json:"type"`
	Name string `json:"name"`
	One  bool   `json:"disable_parallel_tool_use"`
}

// maxStops, maxTools: each stop is looked for at every token, each tool is read.
const (
	maxStops = 16
	maxTools = 128
)

// Check refuses what does not go together, and what is not served. counting says that
// nothing is to be written.
func (q *Request) Check(counting bool) error {
	if err := field.Check(q); err != nil {
		return err
	}
	switch {
	case q.MaxTokens == nil && !counting:
		return field.Errorf("max_tokens", "it is missing")
	case len(q.Messages) == 0:
		return field.Errorf("messages", "there are none")
	case len(q.Stops) > maxStops:
		return field.Errorf("stop_sequences", "%d strings, over %d", len(q.Stops), maxStops)
	}
	for i, s := range q.Stops {
		if s == "" {
			return field.Errorf(fmt.Sprintf("stop_sequences.%d", i), "it is empty")
		}
	}
	for _, err := range []error{
		field.Within("max_tokens", q.MaxTokens, 1, 1<<30), field.Within("temperature", q.Temperature, 0, 100),
		field.Within("top_p", q.TopP, 0, 1), field.Within("min_p", q.MinP, 0, 1), field.Within("top_k", q.TopK, 0, 1<<30),
	} {
		if err != nil {
			return err
		}
	}
	if t := q.Thinking; t != nil {
		switch t.Type {
		case "enabled", "adaptive", "between_tools", "disabled":
		default:
			return field.Errorf("thinking.type", "%.40q is not enabled, adaptive, between_tools or disabled", t.Type)
		}
	}
	if o := q.OutputConfig; o != nil && o.Effort != "" {
		switch o.Effort {
		case "low", "medium", "high", "xhigh", "max":
		default:
			return field.Errorf("output_config.effort", "%.40q is not one of low, medium, high, xhigh, max", o.Effort)
		}
	}
	_, err := q.Schema()
	return err
}

// Schema returns the schema that the text is held to; nil: none.
func (q *Request) Schema() (json.RawMessage, error) {
	name, f := "output_format", q.OutputFormat
	if q.OutputConfig != nil && q.OutputConfig.Format != nil {
		name, f = "output_config.format", q.OutputConfig.Format
	}
	switch {
	case f == nil:
		return nil, nil
	case f.Type != "json_schema":
		return nil, field.Errorf(name+".type", "%.40q is not json_schema", f.Type)
	case field.Null(f.Schema):
		return nil, field.Errorf(name+".schema", "it is missing")
	}
	return f.Schema, nil
}

// Apply changes o, the model's own options, by what is asked for. Where nobody says
// otherwise the API samples at temperature 1.
func (q *Request) Apply(o *generate.Options) {
	if o.Temperature == 0 {
		o.Temperature = 1
	}
	if q.Temperature != nil {
		o.Temperature = *q.Temperature
	}
	if q.TopK != nil {
		o.TopK = *q.TopK
	}
	if q.TopP != nil {
		if o.TopP = *q.TopP; o.TopP == 0 { // the least mass, not all
			o.TopK = 1
		}
	}
	if q.MinP != nil {
		o.MinP = *q.MinP
	}
	if q.Seed != nil {
		o.Seed = uint64(*q.Seed)
	}
	if q.MaxTokens != nil {
		o.MaxTokens = *q.MaxTokens
	}
	o.Stop = q.Stops
}

// Variables returns what the template is told beside the conversation.
func (q *Request) Variables() map[string]any {
	all := map[string]any{}
	if q.Thinking != nil {
		all["enable_thinking"] = q.Thinking.Type != "disabled"
	}
	if q.OutputConfig != nil && q.OutputConfig.Effort != "" {
		all["reasoning_effort"] = q.OutputConfig.Effort
	}
	for k, v := range q.Template {
		all[k] = v
	}
	return all
}

// Toolbox returns the tools as templates take them, {"type":"function","function":{…}}
// each, the mode of their choice (auto, none or required) and the only one to be called,
// if it is one.
func (q *Request) Toolbox() (tools []json.RawMessage, mode, only string, err error) {
	if len(q.Tools) > maxTools {
		return nil, "", "", field.Errorf("tools", "%d of them, over %d", len(q.Tools), maxTools)
	}
	known := map[string]bool{}
	for i, t := range q.Tools {
		at := fmt.Sprintf("tools.%d", i)
		switch {
		case t.Type != "" && t.Type != "custom":
			return nil, "", "", field.Errorf(at+".type", "%.40q: this server has no tools of its own", t.Type)
		case t.Name == "" || len(t.Name) > 128:
			return nil, "", "", field.Errorf(at+".name", "it is missing, or longer than 128 characters")
		case known[t.Name]:
			return nil, "", "", field.Errorf(at+".name", "two tools are called %q", t.Name)
		case field.Kind(t.Schema) != "object":
			return nil, "", "", field.Errorf(at+".input_schema", "it is missing, or no object")
		}
		known[t.Name] = true
		raw, err := json.Marshal(function{"function", functionBody{t.Name, t.Description, t.Schema}})
		if err != nil {
			return nil, "", "", field.Errorf(at, "%v", err)
		}
		tools = append(tools, raw)
	}
	switch c := q.ToolChoice; c.Type {
	case "", "auto", "none":
		mode = c.Type
	case "any":
		mode = "required"
	case "tool":
		if mode, only = "required", c.Name; !known[c.Name] {
			return nil, "", "", field.Errorf("tool_choice.name", "there is no tool %.40q", c.Name)
		}
	default:
		return nil, "", "", field.Errorf("tool_choice.type", "%.40q is not auto, any, tool or none", c.Type)
	}
	if mode == "required" && len(tools) == 0 {
		return nil, "", "", field.Errorf("tool_choice", "there are no tools")
	}
	return tools, mode, only, nil
}

// function is a tool as templates know it.
type function struct {
	Type     string       `json:"type"`
	Function functionBody `json:"function"`
}

type functionBody struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
}
