package chat

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var talk = []Message{
	{Role: "system", Content: "Be brief."},
	{Role: "user", Content: " Hi "},
	{Role: "assistant", Content: "Yes?"},
	{Role: "user", Content: "Bye"},
}

func TestDefaultForms(t *testing.T) {
	for name, want := range map[string]string{
		"chatml":        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
		"llama2":        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Yes? </s><s>[INST] Bye [/INST]",
		"llama3":        "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nYes?<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
		"mistral":       "<s>[INST] Be brief.\n\n Hi  [/INST]Yes?</s>[INST] Bye [/INST]",
		"vicuna":        "Be brief. USER:  Hi  ASSISTANT: Yes?</s>USER: Bye ASSISTANT:",
		"alpaca":        "Be brief.\n\n### Instruction:\n Hi \n\n### Response:\nYes?</s>\n\n### Instruction:\nBye\n\n### Response:",
		"zephyr":        "<|system|>\nBe brief.</s>\n<|user|>\n Hi </s>\n<|assistant|>\nYes?</s>\n<|user|>\nBye</s>\n<|assistant|>\n",
		"openassistant": "<|system|>Be brief.</s><|prompter|> Hi </s><|assistant|>Yes?</s><|prompter|>Bye</s><|assistant|>",
	} {
		tmpl, err := Default(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tmpl.Render(context.Background(), talk, Options{AddGenerationPrompt: true, BOS: "<s>", EOS: "</s>"})
		if err != nil || got != want {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, want)
		}
	}
	if len(Defaults()) != 8 {
		t.Errorf("forms %v: some have no test", Defaults())
	}
}

func TestMissingTemplatesAreNamed(t *testing.T) {
	if _, err := Parse(" \n"); !errors.Is(err, ErrNoTemplate) {
		t.Errorf("Parse of nothing = %v", err)
	}
	if _, err := Default("nosuch"); err == nil || !strings.Contains(err.Error(), "chatml") {
		t.Errorf("Default of an unknown form = %v, want one that names the known", err)
	}
}

func TestMessagesAsTemplatesSeeThem(t *testing.T) {
	tmpl, err := Parse("{{ messages | tojson }}{{ tools | tojson }}{{ x }}")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tmpl.Render(context.Background(), []Message{
		{Role: "user", Parts: []Part{{Type: "image"}, {Type: "text", Text: "see"}}},
		{Role: "assistant", Reasoning: "hm", ToolCalls: []ToolCall{{ID: "1", Name: "f", Arguments: json.RawMessage(`{"b":1,"a":2.0}`)}}},
		{Role: "tool", Content: "ok", Name: "f", ToolCallID: "1"},
	}, Options{Tools: []json.RawMessage{json.RawMessage(`{"z":1,"a":[true,null]}`)}, Extra: map[string]any{"x": 3}})
	want := `[{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "see"}]}, ` +
		`{"role": "assistant", "content": "", "reasoning_content": "hm", "thinking": "hm", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": 2.0}}}]}, ` +
		`{"role": "tool", "content": "ok", "name": "f", "tool_call_id": "1"}][{"z": 1, "a": [true, null]}]3`
	if err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	if _, err := tmpl.Render(context.Background(), nil, Options{Tools: []json.RawMessage{json.RawMessage(`{`)}}); err == nil {
		t.Error("a broken tool was taken")
	}
}
