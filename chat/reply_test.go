package chat

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

var weather = []json.RawMessage{json.RawMessage(`{"type":"function","function":{"name":"get_weather","description":"tells the weather","parameters":{"type":"object","properties":{"city":{"type":"string","description":"where"},"days":{"type":"integer","description":"how many"}},"required":["city","days"]}}}`)}

// parsed is an answer as parts give it, pieces of pieces put together.
type parsed struct {
	content, reasoning string
	calls              []ToolCall
}

// parse gives text to a parser in pieces of so many bytes.
func parse(f *ReplyForm, tools []json.RawMessage, prompt, text string, piece int) (got parsed) {
	p := f.Parser(tools, prompt)
	take := func(parts []ReplyPart) {
		for _, x := range parts {
			got.content += x.Content
			got.reasoning += x.Reasoning
			if x.Call != nil {
				got.calls = append(got.calls, *x.Call)
			}
			if x.Arguments != "" {
				c := &got.calls[x.CallIndex]
				c.Arguments = append(c.Arguments, x.Arguments...)
			}
		}
	}
	for len(text) > 0 {
		n := min(piece, len(text))
		take(p.Add(text[:n]))
		text = text[n:]
	}
	take(p.End())
	return got
}

// canonical has the arguments of calls in one form.
func canonical(t *testing.T, calls []ToolCall) (all []string) {
	for _, c := range calls {
		var v any
		if err := json.Unmarshal(c.Arguments, &v); err != nil {
			t.Errorf("arguments %q: %v", c.Arguments, err)
		}
		b, _ := json.Marshal(v)
		all = append(all, c.Name+string(b))
	}
	return all
}

func TestReplies(t *testing.T) {
	const hermes = "<tool_call> <think>"
	args := `get_weather{"city":"Paris","days":2}`
	for _, c := range []struct {
		name, template, prompt, text string
		content, reasoning           string
		calls                        []string
	}{
		{name: "plain", text: "Hello <world>, {\"a\": 1}\n", content: "Hello <world>, {\"a\": 1}\n"},
		{name: "no tools named", template: "<tool_call>", text: "a <tool", content: "a <tool"},
		{name: "hermes", template: hermes, text: "<think>\nhm\n</think>\n\nI see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call>\n<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\",\"days\":2}}</tool_call>\n", content: "I see.", reasoning: "hm", calls: []string{args, args}},
		{name: "its end mark in a text", template: hermes, text: `<tool_call>{"name":"f","arguments":{"x":"</tool_call>"}}</tool_call>`, calls: []string{`f{"x":"\u003c/tool_call\u003e"}`}},
		{name: "no end", template: hermes, text: `<tool_call>{"name":"f","arguments":{}}`, calls: []string{"f{}"}},
		{name: "broken", template: hermes, text: "a\n<tool_call>{\"name\":</tool_call> b", content: "a\n<tool_call>{\"name\":</tool_call> b"},
		{name: "begun", template: hermes, text: "a <tool_ca", content: "a <tool_ca"},
		{name: "a thought that the prompt begins", template: hermes, prompt: "<|im_start|>assistant\n<think>\n", text: "so\n</think>\nyes", content: "yes", reasoning: "so"},
		{name: "a thought without an end", template: hermes, text: "<think>on and on", reasoning: "on and on"},
		{name: "no thought", template: hermes, text: "x <think>y</think>", content: "x <think>y</think>"},
		{name: "llama", template: `{"name": , "parameters": `, text: `{"name": "get_weather", "parameters": {"city": "Paris", "days": 2}}`, calls: []string{args}},
		{name: "llama, a tool that is none", template: `{"name": , "parameters": `, text: `{"name": "other", "parameters": {}}`, content: `{"name": "other", "parameters": {}}`},
		{name: "llama, tagged, two", template: `{"name": , "parameters": `, text: `<|python_tag|>{"name":"get_weather","parameters":{"city":"Paris","days":2}}; {"name":"get_weather","parameters":{"city":"Paris","days":2}}`, calls: []string{args, args}},
		{name: "mistral", template: "[TOOL_CALLS]", text: `[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Paris", "days": 2}, "id": "abcdefghi"}]`, calls: []string{args}},
		{name: "mistral, later", template: "[TOOL_CALLS][ARGS]", text: `Well.[TOOL_CALLS]get_weather[ARGS]{"city": "Paris", "days": 2}[TOOL_CALLS]get_weather[CALL_ID]123456789[ARGS]{"city":"Paris","days":2}`, content: "Well.", calls: []string{args, args}},
		{name: "qwen coder", template: "<tool_call><parameter=", text: "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>", calls: []string{args}},
		{name: "texts stay texts", template: "<tool_call><parameter=", text: "<tool_call><function=get_weather><parameter=city>7</parameter></function></tool_call>", calls: []string{`get_weather{"city":"7"}`}},
		{name: "glm", template: "<arg_key>", text: "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>", calls: []string{args}},
		{name: "functionary", template: ">>>", text: "all\nSure.\n>>>get_weather\n{\"city\": \"Paris\", \"days\": 2}>>>get_weather\n{\"city\": \"Paris\", \"days\": 2}", content: "Sure.", calls: []string{args, args}},
		{name: "functionary, no header", template: ">>>", text: "so >>> it is", content: "so >>> it is"},
		{name: "harmony", template: channelMark + messageMark, text: "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\":\"Paris\",\"days\":2}<|call|>", reasoning: "hm", calls: []string{args}},
		{name: "harmony, said", template: channelMark + messageMark, text: "<|channel|>final<|message|>Hello <b>.<|return|>", content: "Hello <b>."},
		{name: "harmony, no header", template: channelMark + messageMark, text: "Hello.", content: "Hello."},
	} {
		f := ReplyFormOf(c.template)
		for _, piece := range []int{1, 3, 7, 1 << 20} {
			got := parse(f, weather, c.prompt, c.text, piece)
			if calls := canonical(t, got.calls); got.content != c.content || got.reasoning != c.reasoning || !reflect.DeepEqual(calls, c.calls) {
				t.Errorf("%s, in pieces of %d: content %q, reasoning %q, calls %q; want %q, %q, %q", c.name, piece, got.content, got.reasoning, calls, c.content, c.reasoning, c.calls)
			}
		}
	}
}

// noForm are templates that write no calls, or in a form that is not read.
var noForm = map[string]bool{
	"Apertus-8B-Instruct": true, "Apriel-1.6-15b-Thinker-fixed": true, "GigaChat3-10B-A1.8B": true, "GigaChat3.1-10B-A1.8B": true,
	"HuggingFaceTB-SmolLM3-3B": true, "LFM2-8B-A1B": true, "LFM2.5-Instruct": true, "deepseek-ai-DeepSeek-V3.2": true, "deepseek-ai-DeepSeek-V4": true,
	"google-gemma-2-2b-it": true, "google-gemma-4-31B-it": true, "google-gemma-4-31B-it-interleaved": true, "llama-cpp-rwkv-world": true, "microsoft-Phi-3.5-mini-instruct": true,
	"CohereForAI-c4ai-command-r-plus-tool_use": true,
	// These cannot be rendered: they change a list, or use what is not there.
	"Kimi-K2-Instruct": true, "Kimi-K2-Thinking": true, "MiroThinker": true, "meetkai-functionary-medium-v3.2": true,
	// These leave an assistant's calls out.
	"ibm-granite-granite-3.3-2B-Instruct": true, "deepseek-ai-DeepSeek-R1-Distill-Llama-8B": true,
}

// TestCallsOfTemplates has each template write a call, and reads it back.
func TestCallsOfTemplates(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(testkit.Shared(t, "data/api/chat-templates"), "*.jinja"))
	if len(files) < 50 {
		t.Fatalf("%d templates", len(files))
	}
	want := `get_weather{"city":"São Paulo","days":3}`
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".jinja")
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := ReplyFormOf(string(source))
			if noForm[name] {
				return
			}
			text := callText(t, string(source))
			got := parse(f, weather, "", text, 5)
			if calls := canonical(t, got.calls); len(calls) != 1 || calls[0] != want {
				t.Errorf("of %q came calls %q, content %q", text, calls, got.content)
			}
		})
	}
}

// ends are the texts that end a turn.
var ends = []string{"<|im_end|>", "</s>", "<|eot_id|>", "<|eom_id|>", "<｜end▁of▁sentence｜>", "<|end_of_text|>", "<|END_OF_TURN_TOKEN|>", "<|end|>", "<seed:eos>", "<|user|>", "<|observation|>", "<SPECIAL_12>", "<[end▁of▁sentence]>", "<sep>", "<｜Assistant｜>", "<|start_header_id|>assistant<|end_header_id|>"}

// callText returns what a template writes of an assistant that calls get_weather.
func callText(t *testing.T, source string) string {
	tmpl, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Tools: weather, AddGenerationPrompt: true, BOS: "<bos>", EOS: "</s>", Extra: map[string]any{"functions": "[]", "datetime": "today"}, Now: func() time.Time { return time.Unix(1e9, 0) }}
	ask := []Message{{Role: "user", Content: "How is it?"}}
	before, err := tmpl.Render(context.Background(), ask, o)
	if err != nil {
		t.Fatal(err)
	}
	o.AddGenerationPrompt = false
	call := Message{Role: "assistant", ToolCalls: []ToolCall{{ID: "abcdefghi", Name: "get_weather", Arguments: json.RawMessage(`{"city": "São Paulo", "days": 3}`)}}}
	after, err := tmpl.Render(context.Background(), append(ask, call), o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for n < min(len(before), len(after)) && before[n] == after[n] {
		n++
	}
	if i := strings.LastIndexByte(after[:n], '<'); i >= 0 && !strings.Contains(after[i:n], ">") {
		n = i // not within a mark
	}
	text := after[n:]
	for done := false; !done; {
		done = true
		text = strings.TrimRight(text, space)
		for _, e := range ends {
			if rest, ok := strings.CutSuffix(text, e); ok {
				text, done = rest, false
			}
		}
	}
	return text
}

// FuzzReplies: no text makes a parser fail, and without tools and thoughts nothing of
// it is lost, in whatever pieces it comes.
func FuzzReplies(f *testing.F) {
	f.Add("<tool_call>{}</tool_call>", "<think>x</think> [TOOL_CALLS] [{}]", uint8(1))
	f.Add("<|channel|><|message|>", "<|channel|>final<|message|>x<|return|>y", uint8(2))
	f.Add(">>>", "all\nx>>>get_weather\n{}", uint8(3))
	f.Add("\"name\"\"parameters\"", `{"name":"get_weather"}`, uint8(4))
	f.Fuzz(func(t *testing.T, source, text string, piece uint8) {
		form := ReplyFormOf(source)
		for _, tools := range [][]json.RawMessage{nil, weather} {
			one, all := parse(form, tools, "", text, int(piece)+1), parse(form, tools, "", text, len(text)+1)
			if !reflect.DeepEqual(one.calls, all.calls) || strings.Join(strings.Fields(one.content), " ") != strings.Join(strings.Fields(all.content), " ") {
				t.Errorf("%q, %q: in pieces of %d %+v, at once %+v", source, text, int(piece)+1, one, all)
			}
		}
		if plain := parse(ReplyFormOf(""), nil, "", text, int(piece)+1); plain.content != text {
			t.Errorf("of %q came %q", text, plain.content)
		}
	})
}
