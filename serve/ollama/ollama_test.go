package ollama_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve/ollama"
	"github.com/nlp-zoo/zoo/tensor"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		`0`: 0, `"0"`: 0, `5`: 5 * time.Second, `1.5`: 1500 * time.Millisecond, `"5m"`: 5 * time.Minute, `"1h30m"`: 90 * time.Minute,
		`-1`: -1, `"-1m"`: -1, `1e30`: -1,
	} {
		var d ollama.Duration
		if err := json.Unmarshal([]byte(text), &d); err != nil || time.Duration(d) != want {
			t.Errorf("%s = %v, %v, want %v", text, time.Duration(d), err, want)
		}
	}
	for _, text := range []string{`""`, `"5"`, `"soon"`, `true`, `[]`, `{}`} {
		if err := json.Unmarshal([]byte(text), new(ollama.Duration)); err == nil || !strings.Contains(err.Error(), "keep_alive") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestThink(t *testing.T) {
	for text, want := range map[string]ollama.Think{
		`true`: {On: true}, `false`: {}, `"low"`: {On: true, Level: "low"}, `"max"`: {On: true, Level: "max"},
	} {
		var got ollama.Think
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s = %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{`"much"`, `1`, `[]`} {
		if err := json.Unmarshal([]byte(text), new(ollama.Think)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// TestPlan: options change what the checkpoint wants, and Ollama's usual values stand
// where neither says anything.
func TestPlan(t *testing.T) {
	sampled := generate.Options{Temperature: 0.6, TopK: 20, TopP: 0.95, MaxTokens: 100}
	usual := generate.Options{Temperature: 0.8, TopK: 40, TopP: 0.9}
	with := func(o generate.Options, change func(*generate.Options)) generate.Options {
		change(&o)
		return o
	}
	for _, c := range []struct {
		name, options string
		base          generate.Options
		want          ollama.Plan
	}{
		{"none", `{}`, generate.Options{}, ollama.Plan{Options: usual, Unlimited: true, Last: 64}},
		{"checkpoint's", `null`, sampled, ollama.Plan{Options: sampled, Last: 64}},
		{"unlimited", `{"num_predict":-1}`, sampled, ollama.Plan{Options: with(sampled, func(o *generate.Options) { o.MaxTokens = 0 }), Unlimited: true, Last: 64}},
		{"numbers", `{"num_predict":7.0,"seed":3,"top_k":5,"top_p":0.5,"min_p":0.1,"typical_p":0.7,"repeat_penalty":1.1,"presence_penalty":0.2,
			"frequency_penalty":0.3,"num_ctx":2048,"repeat_last_n":-7,"temperature":0}`, sampled,
			ollama.Plan{Context: 2048, Last: -1, Options: generate.Options{MaxTokens: 7, Seed: 3, TopK: 5, TopP: 0.5, MinP: 0.1, Typical: 0.7,
				RepetitionPenalty: 1.1, PresencePenalty: 0.2, FrequencyPenalty: 0.3}}},
		{"machinery", `{"num_gpu":99,"num_thread":4,"use_mmap":true,"num_batch":"x","nonsense":[1]}`, sampled, ollama.Plan{Options: sampled, Last: 64}},
		{"null", `{"temperature":null,"stop":null}`, sampled, ollama.Plan{Options: sampled, Last: 64}},
		{"one stop", `{"stop":"x"}`, sampled, ollama.Plan{Options: with(sampled, func(o *generate.Options) { o.Stop = []string{"x"} }), Last: 64}},
		{"any seed", `{"seed":-1}`, with(sampled, func(o *generate.Options) { o.Seed = 9 }), ollama.Plan{Options: with(sampled, func(o *generate.Options) { o.Seed = 9 }), Last: 64}},
	} {
		var options ollama.Options
		if err := json.Unmarshal([]byte(c.options), &options); err != nil {
			t.Fatal(err)
		}
		if got, err := options.Plan(c.base); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestHeld(t *testing.T) {
	for text, want := range map[string][2]string{
		``: {}, `null`: {}, `""`: {}, `"json"`: {"json", ""}, ` {"type":"object"}`: {"schema", `{"type":"object"}`},
	} {
		s := ollama.Shared{Format: json.RawMessage(text)}
		if kind, source, err := s.Held(); err != nil || kind != want[0] || source != want[1] {
			t.Errorf("%q is %q %q, %v", text, kind, source, err)
		}
	}
	for _, text := range []string{`"xml"`, `7`, `[]`, `true`} {
		s := ollama.Shared{Format: json.RawMessage(text)}
		if _, _, err := s.Held(); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestConversation(t *testing.T) {
	var messages []ollama.Message
	const text = `[{"role":"USER","content":"a"},{"role":"assistant","thinking":"b","tool_calls":[{"id":"1","function":{"name":"f","arguments":{"x":1}}}]},
		{"role":"tool","tool_name":"f","tool_call_id":"1","content":"c"}]`
	if err := json.Unmarshal([]byte(text), &messages); err != nil {
		t.Fatal(err)
	}
	want := []chat.Message{
		{Role: "user", Content: "a"},
		{Role: "assistant", Reasoning: "b", ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: json.RawMessage(`{"x":1}`)}}},
		{Role: "tool", Name: "f", ToolCallID: "1", Content: "c"},
	}
	if got, err := ollama.Conversation(messages); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCall: what a model writes as arguments is an object on the wire, whatever it is.
func TestCall(t *testing.T) {
	for arguments, want := range map[string]string{`{"a":1}`: `{"a":1}`, ``: `{}`, `[1]`: `{}`, `{"a":`: `{}`, `null`: `{}`} {
		c := ollama.Call(2, chat.ToolCall{ID: "x", Name: "f", Arguments: json.RawMessage(arguments)})
		got, err := json.Marshal(c)
		if full := `{"id":"x","function":{"index":2,"name":"f","arguments":` + want + `}}`; err != nil || string(got) != full {
			t.Errorf("%q gives %s, %v", arguments, got, err)
		}
	}
}

func TestDetails(t *testing.T) {
	for n, want := range map[int]string{12: "12", 12500: "12.5K", 1311872: "1.31M", 137e6: "137M", 6738415616: "6.73B", 70553706496: "70.55B"} {
		if got := ollama.Short(n); got != want {
			t.Errorf("%d parameters are %s, want %s", n, got, want)
		}
	}
	info := model.Info{Type: "llama", Forms: []model.Form{{DType: tensor.F32, Values: 5}, {DType: tensor.Q8_0, Values: 500}}, Context: 9, HiddenSize: 4}
	if d := ollama.DetailsOf(info); d.QuantizationLevel != "Q8_0" || d.Family != "llama" {
		t.Errorf("%+v", d)
	}
	if m := ollama.InfoOf(info); m["llama.context_length"] != 9 || m["llama.embedding_length"] != 4 {
		t.Errorf("%v", m)
	}
	if a, b := ollama.Digest("a", info), ollama.Digest("b", info); a == b || len(a) != 64 {
		t.Errorf("%s %s", a, b)
	}
	p := ollama.Parameters(model.GenerationConfig{DoSample: true, Temperature: 0.6, TopK: 20})
	if !strings.Contains(p, "temperature") || !strings.Contains(ollama.Modelfile("m", p), "PARAMETER top_k") {
		t.Errorf("%q", p)
	}
}

// FuzzRequests: no body of a request is more than an error.
func FuzzRequests(f *testing.F) {
	f.Add([]byte(`{"model":"m","messages":[{"role":"user","content":"x"}],"options":{"seed":1e99,"stop":[1]},"format":{},"think":"low","keep_alive":-1}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		var c ollama.ChatRequest
		if json.Unmarshal(body, &c) != nil {
			return
		}
		_, _ = ollama.Conversation(c.Messages)
		_, _, _ = c.Held()
		_, _ = c.Options.Plan(generate.Options{})
	})
}
