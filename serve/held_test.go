package serve

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/model"
)

// held returns the texts of an ask that is held to a form, each with how it ended.
func held(t *testing.T, s *Server, f format, n int, o generate.Options) []text {
	t.Helper()
	return texts(t, s, t.Context(), "hatchling/gpt", ask{messages: []chat.Message{{Role: "user", Content: "Tell me."}}, format: f, n: n, options: o})
}

// Texts that are held to a form have it, each of several at once, greedy and sampled.
func TestHeld(t *testing.T) {
	s, _ := testServer(t, nil)
	for _, temperature := range []float64{0, 1} {
		o := generate.Options{MaxTokens: 120, Temperature: temperature, Seed: 3}
		for _, text := range held(t, s, format{"gbnf", `root ::= ("yes" | "no" | "perhaps") "."`}, 4, o) {
			if !slices.Contains([]string{"yes.", "no.", "perhaps."}, text.content) || text.finish != finishStop {
				t.Errorf("%q, %s", text.content, text.finish)
			}
		}
		schema := `{"type":"object","properties":{"name":{"enum":["Ada","Ben"]},"age":{"type":"integer","minimum":1,"maximum":99}},"required":["name","age"],"additionalProperties":false}`
		for _, text := range held(t, s, format{"schema", schema}, 4, o) {
			var v struct {
				Name string
				Age  int
			}
			if err := json.Unmarshal([]byte(text.content), &v); err != nil || v.Name != "Ada" && v.Name != "Ben" || v.Age < 1 || v.Age > 99 || text.finish != finishStop {
				t.Errorf("%q, %s: %v", text.content, text.finish, err)
			}
		}
		for _, text := range held(t, s, format{"regex", `[ab]{3}-\d\d`}, 4, o) {
			if !regexp.MustCompile(`^[ab]{3}-\d\d$`).MatchString(text.content) {
				t.Errorf("%q", text.content)
			}
		}
		for _, text := range held(t, s, format{kind: "json"}, 8, o) {
			var v map[string]any
			if text.finish == finishStop {
				if err := json.Unmarshal([]byte(text.content), &v); err != nil {
					t.Errorf("%q: %v", text.content, err)
				}
			} else if text.content[0] != '{' {
				t.Errorf("%q", text.content)
			}
		}
		for _, text := range held(t, s, format{"gbnf", `root ::= "{\"a\": " [1-9]{1,4} "}"`}, 4, o) {
			var v struct{ A int }
			if err := json.Unmarshal([]byte(text.content), &v); err != nil || v.A == 0 || text.finish != finishStop {
				t.Errorf("%q, %s: %v", text.content, text.finish, err)
			}
		}
	}
}

// What is no form of a text is the client's mistake, with the field's name.
func TestNotHeld(t *testing.T) {
	s, _ := testServer(t, nil)
	m, release := take(t, s, "hatchling/gpt")
	defer release()
	for _, a := range []ask{
		{format: format{"gbnf", "root ::= root"}},
		{format: format{"gbnf", "root ::= nothing"}},
		{format: format{"prose", ""}},
		{format: format{"schema", `{"type":"nothing"}`}},
		{format: format{"schema", `{`}},
		{format: format{"regex", `(`}},
		{choice: toolChoice{mode: "required"}},
	} {
		a.prompt = "a"
		_, err := s.answer(t.Context(), m, a)
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusBadRequest || e.Param == "" {
			t.Errorf("%+v: %v", a.format, err)
		}
	}
}

// hermes is a template that writes calls as Hermes' and Qwen's do.
const hermes = `{% if tools %}# Tools
For each function call return a json object with function name and arguments within <tool_call></tool_call> XML tags:
{% for t in tools %}{{ t | tojson }}
{% endfor %}<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>
{% endif %}{% for m in messages %}{{ m.role }}: {{ m.content }}
{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}`

// toolModel makes a hatchling that has a template of its own.
func toolModel(t *testing.T, template string) ModelSpec {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "caller")
	if _, err := model.Export(hatchling.Default, dir, model.ExportOptions{Format: model.SafetensorsFormat}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]any{"tokenizer_config.json": {"chat_template", template}, "config.json": {"max_position_embeddings", 2048}} {
		file := filepath.Join(dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var config map[string]any
		if err := json.Unmarshal(text, &config); err != nil {
			t.Fatal(err)
		}
		config[change[0].(string)] = change[1]
		if text, err = json.Marshal(config); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ModelSpec{Name: "caller", Path: dir}
}

// Calls of tools that are required are made, with arguments of the tool's schema, and are
// told apart from content; with one alone wanted there is one.
func TestCalls(t *testing.T) {
	s, _ := testServer(t, func(o *Options) { o.Models = []ModelSpec{toolModel(t, hermes)} })
	tools := []json.RawMessage{
		json.RawMessage(`{"type":"function","function":{"name":"dial","parameters":{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9}},"required":["n"],"additionalProperties":false}}}`),
		json.RawMessage(`{"type":"function","function":{"name":"hang","parameters":{"type":"object","properties":{},"additionalProperties":false}}}`),
	}
	for _, choice := range []toolChoice{{mode: "required", one: true}, {mode: "required", name: "dial", one: true}, {mode: "required", name: "hang"}} {
		a := ask{messages: []chat.Message{{Role: "user", Content: "Call."}}, tools: tools, choice: choice, n: 3, options: generate.Options{MaxTokens: 100, Temperature: 1, Seed: 5}}
		for _, text := range texts(t, s, t.Context(), "caller", a) {
			if text.finish == finishLength && !choice.one {
				continue // it calls on and on
			}
			if text.finish != finishCalls || text.content != "" || len(text.calls) == 0 || choice.one && len(text.calls) != 1 {
				t.Errorf("%+v: %q, %d calls, %s", choice, text.content, len(text.calls), text.finish)
			}
			for _, c := range text.calls {
				var arguments struct{ N int }
				err := json.Unmarshal(c.Arguments, &arguments)
				if right := c.Name == "hang" || arguments.N >= 1 && arguments.N <= 9; err != nil || !right || c.ID == "" || choice.name != "" && c.Name != choice.name {
					t.Errorf("%+v: %s(%s) %q: %v", choice, c.Name, c.Arguments, c.ID, err)
				}
			}
		}
	}
	a := ask{messages: []chat.Message{{Role: "user", Content: "Call."}}, tools: tools, choice: toolChoice{mode: "none"}, options: generate.Options{MaxTokens: 5}}
	if text := texts(t, s, t.Context(), "caller", a)[0]; len(text.calls) != 0 || text.content == "" {
		t.Errorf("%+v", text)
	}
}

// What is held to a form is the answer, also where the template begins a thought.
func TestHeldBehindThought(t *testing.T) {
	const template = `{% for m in messages %}{{ m.role }}: {{ m.content }}
{% endfor %}{% if add_generation_prompt %}assistant: <think>
{% endif %}{# </think> #}`
	s, _ := testServer(t, func(o *Options) { o.Models = []ModelSpec{toolModel(t, template)} })
	a := ask{messages: []chat.Message{{Role: "user", Content: "Well?"}}, format: format{"gbnf", `root ::= "yes" | "no"`}, options: generate.Options{MaxTokens: 40}}
	if text := texts(t, s, t.Context(), "caller", a)[0]; text.content != "yes" && text.content != "no" || text.reasoning != "" {
		t.Errorf("%+v", text)
	}
	a.format = format{}
	if text := texts(t, s, t.Context(), "caller", a)[0]; text.reasoning == "" {
		t.Errorf("no thought: %+v", text)
	}
}
