package serve

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// The events of a streamed answer come in their order, and make the answer that comes
// whole.
func TestAnthropicMessages(t *testing.T) {
	_, url := testServer(t, nil)
	const body = `{"model":"hatchling/gpt","max_tokens":12,"seed":3,"system":[{"type":"text","text":"Be kind."}],"messages":[{"role":"user","content":"Once"},
		{"role":"assistant","content":[{"type":"thinking","thinking":"so","signature":"x"},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"5"}]},{"type":"text","text":"and?"}]}]%s}`
	type answer struct {
		Content    []struct{ Type, Text string }
		StopReason string `json:"stop_reason"`
		Usage      struct {
			Input  int `json:"input_tokens"`
			Output int `json:"output_tokens"`
			Read   int `json:"cache_read_input_tokens"`
		}
	}
	var whole answer
	text := post(t, url+"/v1/messages", fmt.Sprintf(body, ""), 200, &whole)
	if len(whole.Content) != 1 || whole.StopReason != "max_tokens" || whole.Usage.Output != 12 || whole.Content[0].Type != "text" {
		t.Fatal(text)
	}
	var kinds []string
	var made strings.Builder
	for _, data := range events(t, url+"/v1/messages", fmt.Sprintf(body, `,"stream":true`)) {
		var e struct {
			Type  string
			Delta struct {
				Text       string
				StopReason string `json:"stop_reason"`
			}
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		if e.Type != "content_block_delta" || kinds[len(kinds)-1] != e.Type {
			kinds = append(kinds, e.Type)
		}
		made.WriteString(e.Delta.Text)
		if e.Type == "message_delta" && e.Delta.StopReason != "max_tokens" {
			t.Errorf("%s", data)
		}
	}
	if got := strings.Join(kinds, " "); got != "message_start content_block_start content_block_delta content_block_stop message_delta message_stop" {
		t.Errorf("events %s", got)
	}
	if made.String() != whole.Content[0].Text {
		t.Errorf("streamed %q, want %q", made.String(), whole.Content[0].Text)
	}
	var count struct {
		Input int `json:"input_tokens"`
	}
	post(t, url+"/v1/messages/count_tokens", fmt.Sprintf(body, ""), 200, &count)
	if n := whole.Usage.Input + whole.Usage.Read; n != count.Input {
		t.Errorf("%d tokens, counted %d", n, count.Input)
	}
	// A stop sequence is told, and an answer that has begun goes on.
	post(t, url+"/v1/messages", `{"max_tokens":40,"temperature":0,"stop_sequences":[" the"],"messages":[{"role":"user","content":"Who?"},{"role":"assistant","content":"It was"}]}`, 200, &whole)
	if whole.StopReason != "stop_sequence" && whole.StopReason != "max_tokens" {
		t.Errorf("%+v", whole)
	}
}

func TestAnthropicErrors(t *testing.T) {
	_, url := testServer(t, func(o *Options) { o.Keys = []string{"k"} })
	for _, c := range []struct {
		body   string
		status int
		kind   string
		param  string
	}{
		{`{"messages":[{"role":"user","content":"a"}]}`, 400, "invalid_request_error", "max_tokens"},
		{`{"max_tokens":1,"messages":[]}`, 400, "invalid_request_error", "messages"},
		{`{"max_tokens":0,"messages":[{"role":"user","content":"a"}]}`, 400, "invalid_request_error", "max_tokens"},
		{`{"max_tokens":"one","messages":[{"role":"user","content":"a"}]}`, 400, "invalid_request_error", "max_tokens"},
		{`{"max_tokens":1,"messages":[{"role":"judge","content":"a"}]}`, 400, "invalid_request_error", "messages.0.role"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":7}]}`, 400, "invalid_request_error", "messages.content"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image"}]}]}`, 400, "invalid_request_error", "messages.0.content.0.type"},
		{`{"max_tokens":1,"system":[{"type":"image"}],"messages":[{"role":"user","content":"a"}]}`, 400, "invalid_request_error", "system.0.type"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"model":"none"}`, 404, "not_found_error", "model"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"temperature":-1}`, 400, "invalid_request_error", "temperature"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"tools":[{"type":"bash_20250124","name":"bash"}]}`, 400, "invalid_request_error", "tools.0.type"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"f"}]}`, 400, "invalid_request_error", "tools.0.input_schema"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"any"}}`, 400, "invalid_request_error", "tool_choice"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"tool","name":"g"}}`, 400, "invalid_request_error", "tool_choice.name"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"mcp_servers":[{}]}`, 400, "invalid_request_error", "mcp_servers"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"a"}],"stop_sequences":[""]}`, 400, "invalid_request_error", "stop_sequences.0"},
		{`{"max_tokens":1,"messages":[{"role":"user","content":"` + strings.Repeat("word ", 300) + `"}]}`, 400, "invalid_request_error", ""},
	} {
		status, body := call(t, "POST", url+"/v1/messages", c.body, "x-api-key", "k", "anthropic-version", "2023-06-01")
		var e struct {
			Type  string
			Error struct{ Type, Message, Param string }
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || status != c.status || e.Type != "error" || e.Error.Type != c.kind || e.Error.Param != c.param {
			t.Errorf("%.120s: %d %s, want %d %s of %q", c.body, status, body, c.status, c.kind, c.param)
		}
	}
	if status, body := call(t, "POST", url+"/v1/messages", "{}"); status != 401 || !strings.Contains(body, "authentication_error") {
		t.Errorf("%d %s", status, body)
	}
}
