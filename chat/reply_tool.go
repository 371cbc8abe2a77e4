package chat

import (
	"bytes"
	"encoding/json"
)

// A tool is what an answer may call.
type tool struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"` // a JSON Schema; nil: any object
}

// schema returns that of the arguments, as GBNF names one.
func (t tool) schema() string {
	if len(t.Parameters) == 0 || bytes.Equal(t.Parameters, []byte("null")) {
		return ` %json {"type": "object"} `
	}
	return " %json " + string(t.Parameters) + " "
}

// A property is an argument of a tool.
type property struct {
	name     string
	schema   json.RawMessage
	required bool
}

// properties returns the arguments in the order of the schema.
func (t tool) properties() []property {
	var s struct {
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
	}
	if json.Unmarshal(t.Parameters, &s) != nil || len(s.Properties) == 0 {
		return nil
	}
	required := map[string]bool{}
	for _, name := range s.Required {
		required[name] = true
	}
	var all []property
	d := json.NewDecoder(bytes.NewReader(s.Properties))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		var schema json.RawMessage
		if err != nil || !ok || d.Decode(&schema) != nil {
			return nil
		}
		all = append(all, property{name, schema, required[name]})
	}
	return all
}

// text reports whether the property is a text and nothing else.
func (p property) text() bool {
	var s struct {
		Type any `json:"type"`
	}
	return json.Unmarshal(p.schema, &s) == nil && s.Type == "string"
}

// A toolSet is the tools of an answer by name; nil: there are none.
type toolSet map[string]tool

func newToolSet(raw []json.RawMessage) toolSet {
	var set toolSet
	for _, t := range toolsOf(raw) {
		if set == nil {
			set = toolSet{}
		}
		set[t.Name] = t
	}
	return set
}

// toolsOf reads tools as OpenAI's API has them, those without a name left out.
func toolsOf(raw []json.RawMessage) []tool {
	var all []tool
	for _, r := range raw {
		var t struct {
			Function tool `json:"function"`
		}
		if json.Unmarshal(r, &t) == nil && t.Function.Name != "" {
			all = append(all, t.Function)
		}
	}
	return all
}

func (s toolSet) has(name string) bool {
	_, ok := s[name]
	return ok
}

// arguments become an object, in the order they are added.
type arguments struct {
	text map[string]bool // those that are texts by the tool's schema
	out  bytes.Buffer
}

func newArguments(tools toolSet, name string) *arguments {
	a := &arguments{text: map[string]bool{}}
	for _, p := range tools[name].properties() {
		a.text[p.name] = p.text()
	}
	a.out.WriteByte('{')
	return a
}

// add adds an argument: a text, or JSON where it is that and the tool wants no text.
func (a *arguments) add(key, value string) {
	if a.out.Len() > 1 {
		a.out.WriteString(", ")
	}
	a.out.WriteString(quote(key) + ": ")
	if !a.text[key] && json.Valid([]byte(value)) {
		a.out.WriteString(value)
	} else {
		a.out.WriteString(quote(value))
	}
}

func (a *arguments) json() json.RawMessage { return append(bytes.Clone(a.out.Bytes()), '}') }

// quote writes a text in JSON, with all characters as they are.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return `""`
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}
