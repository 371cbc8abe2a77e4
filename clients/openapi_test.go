package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// specification are the schemas of OpenAI's description of its API.
type specification struct{ c *jsonschema.Compiler }

func openSpecification(t *testing.T) specification {
	t.Helper()
	text, err := os.ReadFile(dataFile(t, "data/api/openai-openapi/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	doc = plain(doc)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("spec:///openapi", doc); err != nil {
		t.Fatal(err)
	}
	return specification{c}
}

// schema returns the schema of that name.
func (s specification) schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	schema, err := s.c.Compile("spec:///openapi#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plain returns a value of YAML as one of JSON, with OpenAPI 3.0's nullable, which the file
// has beside 3.1's null, as JSON Schema says it.
func plain(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
		delete(v, "$recursiveAnchor") // of an older draft, in filters that no answer has
		if v["nullable"] == true {
			delete(v, "nullable")
			return map[string]any{"anyOf": []any{v, map[string]any{"type": "null"}}}
		}
	case map[any]any:
		out := map[string]any{}
		for k, x := range v {
			out[fmt.Sprint(k)] = x
		}
		return plain(out)
	case int:
		return json.Number(fmt.Sprint(v))
	case int64:
		return json.Number(fmt.Sprint(v))
	case uint64:
		return json.Number(fmt.Sprint(v))
	case float64:
		return json.Number(fmt.Sprint(v))
	}
	return v
}

// validate holds a value to a schema.
func validate(t *testing.T, schema *jsonschema.Schema, what string, text []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Errorf("%s: %v\n%.600s", what, err, text)
	}
}

// What the server answers, whole and in parts, is what OpenAI's description of the API
// says of the answers.
func TestOpenAPI(t *testing.T) {
	s := openSpecification(t)
	const (
		ask   = `{"model":"chatter","messages":[{"role":"user","content":"Where?"}],"max_tokens":160,"seed":2%s}`
		text  = `{"model":"hatchling/gpt","prompt":["It was","She"],"max_tokens":6%s}`
		item  = `{"model":"chatter","input":"Where?","max_output_tokens":160,"temperature":0%s}`
		tool  = `,"tools":[{"type":"function","function":{"name":"forecast","parameters":{"type":"object","properties":{"city":{"type":"string","maxLength":5}},"required":["city"],"additionalProperties":false}}}],"tool_choice":"required"`
		tool2 = `,"tools":[{"type":"function","name":"forecast","strict":true,"parameters":{"type":"object","properties":{"city":{"type":"string","maxLength":5}},"required":["city"],"additionalProperties":false}}],"tool_choice":"required"`
	)
	for _, c := range []struct {
		method, path, body string
		whole, part        string // schemas; of what is streamed, if it can be
	}{
		{"GET", "/v1/models", "", "ListModelsResponse", ""},
		{"GET", "/v1/models/chatter", "", "Model", ""},
		{"POST", "/v1/chat/completions", fmt.Sprintf(ask, "%s"), "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"},
		{"POST", "/v1/chat/completions", fmt.Sprintf(ask, `,"n":2,"logprobs":true,"top_logprobs":2%s`), "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"},
		{"POST", "/v1/chat/completions", fmt.Sprintf(ask, tool+"%s"), "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"},
		{"POST", "/v1/chat/completions", fmt.Sprintf(ask, `,"response_format":{"type":"json_object"}%s`), "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"},
		{"POST", "/v1/completions", fmt.Sprintf(text, "%s"), "CreateCompletionResponse", "CreateCompletionResponse"},
		{"POST", "/v1/completions", fmt.Sprintf(text, `,"logprobs":2,"n":2,"best_of":2%s`), "CreateCompletionResponse", "CreateCompletionResponse"},
		{"POST", "/v1/embeddings", `{"model":"hatchling/bert","input":["a","b"],"dimensions":4}`, "CreateEmbeddingResponse", ""},
		{"POST", "/v1/responses", fmt.Sprintf(item, "%s"), "Response", "ResponseStreamEvent"},
		{"POST", "/v1/responses", fmt.Sprintf(item, `,"top_logprobs":2,"metadata":{"a":"b"},"instructions":"Be kind."%s`), "Response", "ResponseStreamEvent"},
		{"POST", "/v1/responses", fmt.Sprintf(item, tool2+"%s"), "Response", "ResponseStreamEvent"},
		{"POST", "/v1/responses", fmt.Sprintf(item, `,"chat_template_kwargs":{"enable_thinking":true},"reasoning":{"effort":"low"}%s`), "Response", "ResponseStreamEvent"},
		{"POST", "/v1/responses", fmt.Sprintf(item, `,"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false}}}%s`), "Response", "ResponseStreamEvent"},
	} {
		status, answer := send(t, c.method, c.path, strings.ReplaceAll(c.body, "%s", ""))
		if status != 200 {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, answer)
			continue
		}
		validate(t, s.schema(t, c.whole), c.path+" "+c.body, answer)
		if c.part != "" {
			s.stream(t, c.path, c.part, strings.ReplaceAll(c.body, "%s", `,"stream":true,"stream_options":{"include_usage":true}`))
		}
	}
	for _, c := range []struct{ path, body string }{
		{"/v1/chat/completions", "{"}, {"/v1/chat/completions", `{"messages":[]}`}, {"/v1/completions", `{"model":"none"}`}, {"/v1/embeddings", `{}`}, {"/v1/responses", `{"input":7}`},
	} {
		status, answer := send(t, "POST", c.path, c.body)
		if status < 400 || status >= 500 {
			t.Errorf("%s %s: %d", c.path, c.body, status)
		}
		validate(t, s.schema(t, "ErrorResponse"), c.path+" "+c.body, answer)
	}
}

// stream holds every part of a streamed answer to a schema.
func (s specification) stream(t *testing.T, path, name, body string) {
	t.Helper()
	schema := s.schema(t, name)
	status, answer := send(t, "POST", path, body)
	if status != 200 {
		t.Errorf("%s %s: %d %s", path, body, status, answer)
	}
	parts := 0
	for line := range strings.Lines(string(answer)) {
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		if name == "CreateCompletionResponse" { // the description has no null, which the API sends before the end
			data = strings.Replace(data, `"finish_reason":null`, `"finish_reason":"stop"`, 1)
		}
		validate(t, schema, path+" "+body, []byte(data))
		parts++
	}
	if parts < 3 {
		t.Errorf("%s %s: %d parts", path, body, parts)
	}
}
