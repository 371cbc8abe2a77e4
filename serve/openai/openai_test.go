package openai

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/field"
)

func read[T any](t *testing.T, body string) *T {
	t.Helper()
	var q T
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return &q
}

// at returns the field that an error names, "" for none.
func at(t *testing.T, err error) string {
	t.Helper()
	var e *field.Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("%v is not of a field", err)
	}
	if e == nil {
		return ""
	}
	return e.Field
}

func TestMessages(t *testing.T) {
	q := read[ChatRequest](t, `{"messages":[{"role":"developer","content":"S"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"name":"Ann"},
		{"role":"assistant","content":null,"reasoning":"hm","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"2","function":{"name":"g","arguments":""}}]},
		{"role":"tool","tool_call_id":"2","content":"R"},{"role":"assistant","refusal":"no"}]}`)
	got, err := Messages(q.Messages)
	want := []chat.Message{
		{Role: "system", Content: "S"}, {Role: "user", Content: "a\nb", Name: "Ann"},
		{Role: "assistant", Reasoning: "hm", ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: json.RawMessage(`{"x":1}`)}, {ID: "2", Name: "g", Arguments: json.RawMessage(`{}`)}}},
		{Role: "tool", ToolCallID: "2", Name: "g", Content: "R"}, {Role: "assistant", Content: "no"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v, %v", got, want, err)
	}
	for body, name := range map[string]string{
		`[]`: "messages", `[{"content":"a"}]`: "messages.0.role", `[{"role":"user","content":"a"},{"role":"x"}]`: "messages.1.role",
		`[{"role":"user","content":[{"type":"input_audio"}]}]`: "messages.0.content.0.type", `[{"role":"user","content":[{}]}]`: "messages.0.content.0.type",
		`[{"role":"assistant","tool_calls":[{"function":{"name":""}}]}]`:       "messages.0.tool_calls.0.function.name",
		`[{"role":"assistant","tool_calls":[{"type":"custom"}]}]`:              "messages.0.tool_calls.0.type",
		`[{"role":"assistant","function_call":{"name":"f","arguments":"{}"}}]`: "messages.0.function_call",
	} {
		if _, err := Messages(*read[[]Message](t, body)); at(t, err) != name {
			t.Errorf("%s: %v, want %s", body, err, name)
		}
	}
}

func TestSampling(t *testing.T) {
	o := generate.Options{EOS: []int32{1}, TopP: 0.9}
	s := read[Sampling](t, `{"temperature":0,"top_p":0,"seed":-1,"stop":"a","logit_bias":{"7":-100,"8":2.5},"top_k":-1,"repeat_penalty":1.1,"stop_token_ids":[4],"min_tokens":2}`)
	if err := s.Apply(&o); err != nil {
		t.Fatal(err)
	}
	want := generate.Options{EOS: []int32{1, 4}, TopP: 0, Seed: math.MaxUint64, Stop: []string{"a"}, RepetitionPenalty: 1.1, MinTokens: 2, Bias: map[int32]float32{7: float32(math.Inf(-1)), 8: 2.5}}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, want %+v", o, want)
	}
	o = generate.Options{}
	if err := read[Sampling](t, `{"ignore_eos":true,"temperature":null}`).Apply(&o); err != nil || o.Temperature != 1 || o.EOS != nil {
		t.Errorf("%+v %v", o, err)
	}
	for body, name := range map[string]string{
		`{"temperature":-0.1}`: "temperature", `{"temperature":1e300}`: "temperature", `{"top_p":1.01}`: "top_p", `{"min_p":-1}`: "min_p", `{"top_k":-2}`: "top_k", `{"min_tokens":-1}`: "min_tokens",
		`{"presence_penalty":1e9}`: "presence_penalty", `{"frequency_penalty":-1e9}`: "frequency_penalty", `{"repeat_penalty":-1}`: "repeat_penalty",
		`{"stop":["x",""]}`: "stop.1", `{"stop":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"]}`: "stop",
		`{"logit_bias":{"-1":1}}`: "logit_bias", `{"logit_bias":{"99999999999":1}}`: "logit_bias", `{"logit_bias":{"1":101}}`: "logit_bias.1",
	} {
		if err := read[Sampling](t, body).Apply(&generate.Options{}); at(t, err) != name {
			t.Errorf("%s: %v, want %s", body, err, name)
		}
	}
}

// Of two top_p that ask for nothing but the likeliest, one is 0.
func TestLeastMass(t *testing.T) {
	o := generate.Options{}
	if err := read[Sampling](t, `{"top_p":0}`).Apply(&o); err != nil || o.TopK != 1 {
		t.Errorf("%+v %v", o, err)
	}
}

func TestTools(t *testing.T) {
	const two = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}},{"type":"function","name":"g","parameters":{}}]`
	for _, c := range []struct {
		choice     string
		use        int
		mode, only string
		field      string
	}{
		{`null`, 2, "auto", "", ""}, {`"auto"`, 2, "auto", "", ""}, {`"none"`, 2, "none", "", ""}, {`"required"`, 2, "required", "", ""},
		{`{"type":"function","function":{"name":"f"}}`, 2, "required", "f", ""}, {`{"type":"function","name":"g"}`, 2, "required", "g", ""},
		{`{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}`, 1, "required", "", ""},
		{`{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}`, 1, "auto", "", ""},
		{`"sometimes"`, 0, "", "", "tool_choice"}, {`{"type":"function","function":{"name":"h"}}`, 0, "", "", "tool_choice"}, {`{"type":"custom"}`, 0, "", "", "tool_choice.type"},
		{`{"type":"allowed_tools","mode":"auto","tools":[]}`, 0, "", "", "tool_choice"},
	} {
		q := read[ChatRequest](t, `{`+two+`,"tool_choice":`+c.choice+`}`)
		list, names, err := Tools(q.Tools)
		if err != nil {
			t.Fatal(err)
		}
		use, mode, only, err := q.ToolChoice.Choose(list, names)
		if len(use) != c.use || mode != c.mode || only != c.only || at(t, err) != c.field {
			t.Errorf("%s: %d tools, %q %q %v, want %+v", c.choice, len(use), mode, only, err, c)
		}
		if string(list[0]) != `{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}` || string(list[1]) != `{"type":"function","function":{"name":"g","parameters":{}}}` {
			t.Errorf("%s", list)
		}
	}
	for body, name := range map[string]string{
		`[{"type":"retrieval"}]`: "tools.0.type", `[{"type":"function"}]`: "tools.0.function", `[{"type":"function","function":{"name":"a b"}}]`: "tools.0.function.name",
		`[{"type":"function","function":{"name":7}}]`: "tools.0.function", `[{"type":"function","function":{"name":"f","parameters":[]}}]`: "tools.0.function.parameters",
		`[{"type":"function","name":"f"},{"type":"function","name":"f"}]`: "tools.1.function.name",
	} {
		if _, _, err := Tools(*read[[]Tool](t, body)); at(t, err) != name {
			t.Errorf("%s: %v, want %s", body, err, name)
		}
	}
}

func TestConstraint(t *testing.T) {
	for body, want := range map[string]struct {
		c     Constraint
		field string
	}{
		`{}`: {}, `{"response_format":{"type":"text"}}`: {}, `{"response_format":null}`: {},
		`{"response_format":{"type":"json_object"}}`:                                        {c: Constraint{"response_format", "json", ""}},
		`{"response_format":{"type":"json_object","schema":{"a":1}}}`:                       {c: Constraint{"response_format", "schema", `{"a":1}`}},
		`{"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}}`: {c: Constraint{"response_format.json_schema.schema", "schema", `{}`}},
		`{"grammar":"root ::= \"a\""}`:                                                      {c: Constraint{"grammar", "gbnf", `root ::= "a"`}}, `{"json_schema":true}`: {c: Constraint{"json_schema", "schema", `true`}},
		`{"grammar":"x","response_format":{"type":"json_object"}}`:    {field: "response_format"},
		`{"response_format":{"type":"json_schema","json_schema":{}}}`: {field: "response_format.json_schema.schema"},
		`{"response_format":{"type":"json_schema"}}`:                  {field: "response_format.schema"}, `{"response_format":{"type":"xml"}}`: {field: "response_format.type"},
	} {
		q := read[ChatRequest](t, body)
		c, err := q.Constraint("response_format", q.ResponseFormat)
		if c != want.c || at(t, err) != want.field {
			t.Errorf("%s: %+v %v, want %+v", body, c, err, want)
		}
	}
}

func TestInputs(t *testing.T) {
	for body, want := range map[string]Inputs{
		`null`: nil, `"a"`: {{Text: "a"}}, `["a","b"]`: {{Text: "a"}, {Text: "b"}}, `[1,2]`: {{IDs: []int32{1, 2}}}, `[[1],[]]`: {{IDs: []int32{1}}, {IDs: []int32{}}}, `[]`: {},
	} {
		if got := *read[Inputs](t, body); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
	for _, body := range []string{`7`, `{}`, `[1,"a"]`, `["a",1]`, `[[1,"a"]]`, `[1e20]`, `[1.5]`, `[null,{}]`} {
		var in Inputs
		if err := json.Unmarshal([]byte(body), &in); err == nil {
			t.Errorf("%s is taken: %+v", body, in)
		}
	}
}

func TestLegacyLogProbs(t *testing.T) {
	l := NewLegacyLogProbs(3)
	l.Add([]byte("aé"), math.NaN(), nil, true, 2)
	l.Add([]byte{0xe2}, -1, []Likely{TokenOf([]byte{0xe2}, -1), TokenOf([]byte("b"), math.Inf(-1))}, false, 0)
	text, err := json.Marshal(l)
	want := `{"tokens":["aé","bytes:\\xe2"],"token_logprobs":[null,-1],"top_logprobs":[null,{"b":-9999,"bytes:\\xe2":-1}],"text_offset":[3,5]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, want %s, %v", text, want, err)
	}
	if n := l.Next(); n.offset != 5 {
		t.Errorf("the next part begins at %d", n.offset)
	}
}

// The builder's events have the order that the API has, whatever comes.
func TestResponseBuilder(t *testing.T) {
	var kinds []string
	var last *ResponseEvent
	n := 0
	b := &ResponseBuilder{R: read[ResponseRequest](t, `{"input":"a"}`).Response(Head{ID: "r"}, 1, 0), NewID: func(p string) string { n++; return p }}
	b.Emit = func(e *ResponseEvent) error {
		if e.Sequence != len(kinds) {
			t.Errorf("event %d has the number %d", len(kinds), e.Sequence)
		}
		kinds, last = append(kinds, strings.TrimPrefix(e.Type, "response.")), e
		return nil
	}
	for _, err := range []error{
		b.Begin(), b.Reasoning("h"), b.Reasoning("m"), b.Text("a", nil), b.Call("c1", "f"), b.Arguments("{"), b.Arguments("}"), b.Call("c2", "g"), b.Arguments("{}"), b.End(false, ResponseUsage{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "created in_progress output_item.added content_part.added reasoning_text.delta reasoning_text.delta reasoning_text.done content_part.done output_item.done " +
		"output_item.added content_part.added output_text.delta output_text.done content_part.done output_item.done " +
		"output_item.added function_call_arguments.delta function_call_arguments.delta function_call_arguments.done output_item.done " +
		"output_item.added function_call_arguments.delta function_call_arguments.done output_item.done completed"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("events\n%s\nwant\n%s", got, want)
	}
	if r := last.Response; len(r.Output) != 4 || r.Output[2].(OutputCall) != (OutputCall{"fc_", "function_call", "completed", "c1", "f", "{}"}) {
		t.Errorf("%+v", r.Output)
	}
}

// What a stranger sends is read or refused, never more.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools"},"stop":["a"],"logit_bias":{"1":2}}`,
		`{"prompt":[[1],[2]],"suffix":"a","logprobs":3,"max_tokens":0,"echo":true}`, `{"input":[{"type":"function_call","name":"f"},{"type":"reasoning","content":[]}],"text":{"format":{"type":"json_schema"}}}`,
		`{"input":"a","dimensions":3,"tool_choice":"none","response_format":{"type":"json_object"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		var c ChatRequest
		if json.Unmarshal(body, &c) == nil && c.Check() == nil {
			_, _ = Messages(c.Messages)
			list, names, err := Tools(c.Tools)
			if err == nil {
				_, _, _, _ = c.ToolChoice.Choose(list, names)
			}
			_, _ = c.Constraint("response_format", c.ResponseFormat)
			_ = c.Apply(&generate.Options{})
		}
		var p CompletionRequest
		if json.Unmarshal(body, &p) == nil && p.Check() == nil {
			_, _, _ = p.Tokens()
		}
		var r ResponseRequest
		if json.Unmarshal(body, &r) == nil && r.Check() == nil {
			_, _ = r.Messages()
			_ = r.Response(Head{}, 1, 1)
		}
		var e EmbeddingRequest
		if json.Unmarshal(body, &e) == nil {
			_ = e.Check()
		}
	})
}
