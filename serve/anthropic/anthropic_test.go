package anthropic

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/field"
)

func read(t *testing.T, body string) *Request {
	t.Helper()
	var q Request
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return &q
}

func TestConversation(t *testing.T) {
	q := read(t, `{"system":[{"type":"text","text":"S"},{"type":"text","text":"T"}],"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"document","title":"D","source":{"type":"text","data":"d"}}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking"},{"type":"text","text":"b"},{"type":"tool_use","id":"1","name":"f","input":{"x":1}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"R","is_error":true},{"type":"text","text":"c"}]}]}`)
	got, err := q.Conversation()
	want := []chat.Message{
		{Role: "system", Content: "S\nT"}, {Role: "user", Content: "a\nD\nd"},
		{Role: "assistant", Reasoning: "hm", Content: "b", ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: json.RawMessage(`{"x":1}`)}}},
		{Role: "tool", ToolCallID: "1", Name: "f", Content: "Error: R"}, {Role: "user", Content: "c"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v, %v", got, want, err)
	}
	if q.Prefilled() || !read(t, `{"messages":[{"role":"assistant","content":"a"}]}`).Prefilled() || read(t, `{"messages":[{"role":"assistant","content":[{"type":"tool_use"}]}]}`).Prefilled() {
		t.Error("which messages begin the answer")
	}
	for body, name := range map[string]string{
		`[{"role":"x"}]`: "messages.0.role", `[{"role":"user","content":[{"type":"image"}]}]`: "messages.0.content.0.type", `[{"role":"user","content":[{"type":"tool_result"}]}]`: "messages.0.content.0.tool_use_id",
		`[{"role":"assistant","content":[{"type":"tool_use"}]}]`: "messages.0.content.0", `[{"role":"user","content":[{"type":"document","source":{"type":"base64"}}]}]`: "messages.0.content.0.source.type",
		`[{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"image"}]}]}]`: "messages.0.content.0.content.0.type",
	} {
		_, err := read(t, `{"messages":`+body+`}`).Conversation()
		var e *field.Error
		if !errors.As(err, &e) || e.Field != name {
			t.Errorf("%s: %v, want %s", body, err, name)
		}
	}
}

func TestToolbox(t *testing.T) {
	q := read(t, `{"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}}`)
	tools, mode, only, err := q.Toolbox()
	if err != nil || mode != "required" || only != "" || string(tools[0]) != `{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}` {
		t.Errorf("%s %q %q %v", tools, mode, only, err)
	}
	q.ToolChoice = ToolChoice{Type: "tool", Name: "f"}
	if _, mode, only, err = q.Toolbox(); err != nil || mode != "required" || only != "f" {
		t.Errorf("%q %q %v", mode, only, err)
	}
}

func TestApply(t *testing.T) {
	o := generate.Options{TopP: 0.5}
	read(t, `{"max_tokens":3,"temperature":0.5,"top_k":4,"top_p":0,"stop_sequences":["x"],"seed":9}`).Apply(&o)
	if want := (generate.Options{MaxTokens: 3, Temperature: 0.5, TopK: 1, Seed: 9, Stop: []string{"x"}}); !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, want %+v", o, want)
	}
}

// The builder's events have the order that the API has, whatever comes.
func TestBuilder(t *testing.T) {
	var kinds []string
	b := NewBuilder("m", "n", Usage{})
	b.Emit = func(e *Event) error { kinds = append(kinds, e.Type); return nil }
	for _, err := range []error{b.Begin(), b.Thinking("h"), b.Text("a"), b.Text("b"), b.Call("1", "f"), b.Arguments("{}"), b.Call("2", "g"), b.Arguments(`{"a`), b.End(false, "", Usage{})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	start, delta, stop := "content_block_start", "content_block_delta", "content_block_stop"
	want := []string{"message_start", start, delta, delta, stop, start, delta, delta, stop, start, delta, stop, start, delta, stop, "message_delta", "message_stop"}
	if !reflect.DeepEqual(kinds, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(kinds, " "), strings.Join(want, " "))
	}
	text, err := json.Marshal(b.A.Content)
	if err != nil || string(text) != `[{"type":"thinking","thinking":"h","signature":""},{"type":"text","text":"ab"},{"type":"tool_use","id":"1","name":"f","input":{}},{"type":"tool_use","id":"2","name":"g","input":{}}]` || *b.A.StopReason != "tool_use" {
		t.Errorf("%s %v", text, err)
	}
}

// What a stranger sends is read or refused, never more.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"max_tokens":1,"system":[{"type":"text"}],"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"text"}]}]}],"tools":[{"name":"f","input_schema":{}}],"thinking":{"type":"enabled"}}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		var q Request
		if json.Unmarshal(body, &q) != nil {
			return
		}
		_ = q.Check(true)
		_, _ = q.Conversation()
		_, _, _, _ = q.Toolbox()
		_, _ = q.Schema()
		_ = q.Prefilled()
		q.Apply(&generate.Options{})
	})
}
