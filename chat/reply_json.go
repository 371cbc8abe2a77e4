package chat

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// object returns text if it is a JSON object with nothing beside it, and nil if not.
func object(text string) json.RawMessage {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") || !json.Valid([]byte(text)) {
		return nil
	}
	return json.RawMessage(text)
}

// readJSON reads objects, one or several, or a list of them.
func readJSON(body string, _ toolSet) []ToolCall {
	d := json.NewDecoder(strings.NewReader(body))
	var calls []ToolCall
	for d.More() {
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil
		}
		list := []json.RawMessage{value}
		if value[0] == '[' {
			if json.Unmarshal(value, &list) != nil {
				return nil
			}
		}
		for _, v := range list {
			c, ok := callOf(v)
			if !ok {
				return nil
			}
			calls = append(calls, c)
		}
		if rest := strings.TrimLeft(body[d.InputOffset():], space+",;"); rest != "" {
			body = rest
			d = json.NewDecoder(strings.NewReader(body))
		} else {
			break
		}
	}
	return calls
}

// callOf reads a call in the forms there are.
func callOf(value json.RawMessage) (ToolCall, bool) {
	var v struct {
		Name       string          `json:"name"`
		ToolName   string          `json:"tool_name"`
		Arguments  json.RawMessage `json:"arguments"`
		Parameters json.RawMessage `json:"parameters"`
		ID         string          `json:"id"`
		CallID     string          `json:"tool_call_id"`
		Function   json.RawMessage `json:"function"`
	}
	if json.Unmarshal(value, &v) != nil {
		return ToolCall{}, false
	}
	if v.Name == "" && len(v.Function) > 0 && v.Function[0] == '{' {
		c, ok := callOf(v.Function)
		if c.ID == "" {
			c.ID = v.ID
		}
		return c, ok
	}
	c := ToolCall{ID: v.ID + v.CallID, Name: v.Name + v.ToolName, Arguments: v.Arguments}
	if c.Arguments == nil {
		c.Arguments = v.Parameters
	}
	var text string
	if json.Unmarshal(c.Arguments, &text) == nil && text != "" { // arguments as a text, as OpenAI has them
		c.Arguments = json.RawMessage(text)
	}
	if c.Arguments == nil || bytes.Equal(c.Arguments, []byte("null")) {
		c.Arguments = json.RawMessage("{}")
	}
	c.Arguments = object(string(c.Arguments))
	return c, c.Name != "" && c.Arguments != nil
}

// readBare reads Llama's: only the names of tools tell that it is a call.
func readBare(body string, tools toolSet) []ToolCall {
	calls := readJSON(body, tools)
	if slices.ContainsFunc(calls, func(c ToolCall) bool { return !tools.has(c.Name) }) {
		return nil
	}
	return calls
}
