package openai

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/serve/field"
)

// A Tool is what a model may call.
type Tool struct {
	Type     string          `json:"type"`
	Function json.RawMessage `json:"function,omitempty"`

	// In /v1/responses what a function is stands beside its type.
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}

// function is what is looked at of a function.
type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
}

// maxTools is how many tools a request may have.
const maxTools = 128

// Tools checks tools and returns them as templates take them, {"type":"function",
// "function":{…}} each, with their names.
func Tools(tools []Tool) (list []json.RawMessage, names []string, err error) {
	if len(tools) > maxTools {
		return nil, nil, field.Errorf("tools", "%d of them, over %d", len(tools), maxTools)
	}
	for i, t := range tools {
		at := fmt.Sprintf("tools.%d", i)
		if t.Type != "function" {
			return nil, nil, field.Errorf(at+".type", "%.40q: this server has only function", t.Type)
		}
		raw := t.Function
		f := function{t.Name, t.Description, t.Parameters}
		switch {
		case field.Null(raw) && t.Name != "":
			if raw, err = json.Marshal(f); err != nil {
				return nil, nil, field.Errorf(at, "%v", err)
			}
		case field.Kind(raw) != "object":
			return nil, nil, field.Errorf(at+".function", "it is missing, or not an object")
		default:
			if err := json.Unmarshal(raw, &f); err != nil {
				return nil, nil, field.Errorf(at+".function", "its name or description is not a string")
			}
		}
		if err := named(at, f, names); err != nil {
			return nil, nil, err
		}
		names = append(names, f.Name)
		list = append(list, slices.Concat([]byte(`{"type":"function","function":`), raw, []byte("}")))
	}
	return list, names, nil
}

func named(at string, f function, names []string) error {
	if err := ToolName(at+".function.name", f.Name); err != nil {
		return err
	}
	if slices.Contains(names, f.Name) {
		return field.Errorf(at+".function.name", "two tools are called %q", f.Name)
	}
	if k := field.Kind(f.Parameters); k != "object" && k != "null" {
		return field.Errorf(at+".function.parameters", "they are no object")
	}
	return nil
}

// ToolName refuses names that tools may not have, in the field called at.
func ToolName(at, name string) error {
	if name == "" || len(name) > 128 {
		return field.Errorf(at, "it is missing, or longer than 128 characters")
	}
	for _, c := range name {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.') {
			return field.Errorf(at, "%.40q has other characters than letters, digits, _, - and .", name)
		}
	}
	return nil
}

// A ToolChoice says whether tools are called: auto, none, required, a function, or one of
// some.
type ToolChoice struct {
	Mode string   // "" (not said), auto, none, required
	Only []string // the tools that may be called; nil: all
	One  bool     // Only is the one that is to be called

	refused string // a type that is not known
}

// UnmarshalJSON reads its forms, those of /v1/responses too.
func (c *ToolChoice) UnmarshalJSON(v []byte) error {
	*c = ToolChoice{}
	switch field.Kind(v) {
	case "null":
		return nil
	case "string":
		return json.Unmarshal(v, &c.Mode)
	case "object":
	default:
		return field.Mistyped[string](v)
	}
	type allowed struct {
		Mode  string `json:"mode"`
		Tools []struct {
			Name     string   `json:"name"`
			Function function `json:"function"`
		} `json:"tools"`
	}
	var o struct {
		Type     string   `json:"type"`
		Name     string   `json:"name"`
		Function function `json:"function"`
		Allowed  *allowed `json:"allowed_tools"`
		allowed
	}
	if err := json.Unmarshal(v, &o); err != nil {
		return err
	}
	switch o.Type {
	case "function", "":
		c.Mode, c.Only, c.One = "required", []string{o.Name + o.Function.Name}, true
	case "allowed_tools":
		if o.Allowed == nil {
			o.Allowed = &o.allowed
		}
		c.Mode, c.Only = o.Allowed.Mode, []string{}
		for _, t := range o.Allowed.Tools {
			c.Only = append(c.Only, t.Name+t.Function.Name)
		}
	default:
		c.refused = o.Type
	}
	return nil
}

// Choose checks a choice among tools and returns the tools that may be called, the mode
// (auto, none or required) and the only one to be called, if it is one.
func (c *ToolChoice) Choose(tools []json.RawMessage, names []string) (use []json.RawMessage, mode, only string, err error) {
	switch {
	case c.refused != "":
		return nil, "", "", field.Errorf("tool_choice.type", "%.40q: this server has only function and allowed_tools", c.refused)
	case c.Mode == "" && c.Only == nil:
		return tools, "auto", "", nil
	case c.Mode != "auto" && c.Mode != "none" && c.Mode != "required":
		return nil, "", "", field.Errorf("tool_choice", "%.40q is not auto, none, required or a function", c.Mode)
	case c.Mode == "required" && len(tools) == 0:
		return nil, "", "", field.Errorf("tool_choice", "there are no tools")
	case c.Only == nil:
		return tools, c.Mode, "", nil
	}
	for _, name := range c.Only {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, "", "", field.Errorf("tool_choice", "there is no tool %.40q", name)
		}
		use = append(use, tools[i])
	}
	if c.One {
		return tools, c.Mode, c.Only[0], nil
	}
	if len(use) == 0 {
		return nil, "", "", field.Errorf("tool_choice", "it allows no tool")
	}
	return use, c.Mode, "", nil
}
