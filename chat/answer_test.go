package chat

import (
	"context"
	"strings"
	"testing"
)

var conversation = []Message{
	{Role: "user", Content: "Hi"}, {Role: "assistant", Content: "Hello."},
	{Role: "user", Content: "2+2?"}, {Role: "assistant", Content: "4"},
}

// TestRenderAnswers: the parts are the answers with the mark that ends them, and
// nothing else is.
func TestRenderAnswers(t *testing.T) {
	for name, want := range map[string][]string{
		"chatml":        {"Hello.<|im_end|>\n", "4<|im_end|>\n"},
		"llama2":        {" Hello. </s>", " 4 </s>"},
		"llama3":        {"Hello.<|eot_id|>", "4<|eot_id|>"},
		"mistral":       {"Hello.</s>", "4</s>"},
		"vicuna":        {" Hello.</s>", " 4</s>"},
		"alpaca":        {"\nHello.</s>\n\n", "\n4</s>\n\n"},
		"zephyr":        {"Hello.</s>\n", "4</s>\n"},
		"openassistant": {"Hello.</s>", "4</s>"},
	} {
		template, err := Default(name)
		if err != nil {
			t.Fatal(err)
		}
		text, spans, err := template.RenderAnswers(context.Background(), conversation, Options{BOS: "<s>", EOS: "</s>"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		whole, err := template.Render(context.Background(), conversation, Options{BOS: "<s>", EOS: "</s>"})
		if err != nil || whole != text {
			t.Errorf("%s: another text than Render's: %q, %v", name, text, err)
		}
		var got []string
		for _, s := range spans {
			got = append(got, text[s.Start:s.End])
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: answers are %q, want %q", name, got, want)
		}
	}
}

func TestRenderAnswersOfBlocks(t *testing.T) {
	source := "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"
	template, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	text, spans, err := template.RenderAnswers(context.Background(), conversation, Options{})
	if err != nil || len(spans) != 2 || text[spans[0].Start:spans[0].End] != "Hello." || text[spans[1].Start:spans[1].End] != "4" {
		t.Errorf("%q %v: %v", text, spans, err)
	}
	for bad, want := range map[string]string{
		"{% set x %}{% generation %}a{% endgeneration %}{% endset %}{{ x }}":                                                     "generation block",
		"{% for m in messages %}{% if m.role == 'user' or loop.last %}{{ m.content }}{% endif %}{% endfor %}":                    "message 1",
		"{% if add_generation_prompt %}{{ raise_exception('no') }}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}": "no",
	} {
		template, err := Parse(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := template.RenderAnswers(context.Background(), conversation, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one of %q", bad, err, want)
		}
	}
}
