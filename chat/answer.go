package chat

import (
	"context"
	"fmt"
	"strings"
)

// A Span is a part of a text, in bytes.
type Span struct{ Start, End int }

// RenderAnswers renders a conversation and tells which parts of the text are the
// assistant's: what a model is trained to write. They are what the template's own
// {% generation %} blocks write, or else, for each of the assistant's messages, what
// follows the text that asks for it, up to the end of the text of the conversation
// with it: so the mark that ends a turn belongs to the answer. A template that writes
// a turn in another way once others follow it is an error.
func (t *Template) RenderAnswers(ctx context.Context, messages []Message, o Options) (text string, answers []Span, err error) {
	var generated [][2]int
	o.AddGenerationPrompt = false
	if text, err = t.render(ctx, messages, o, &generated); err != nil {
		return "", nil, err
	}
	for _, g := range generated {
		answers = append(answers, Span{g[0], g[1]})
	}
	if generated != nil {
		return text, answers, nil
	}
	for i, m := range messages {
		if m.Role != "assistant" {
			continue
		}
		asked := o
		asked.AddGenerationPrompt = true
		before, err := t.Render(ctx, messages[:i], asked)
		if err != nil {
			return "", nil, err
		}
		with, err := t.Render(ctx, messages[:i+1], o)
		if err != nil {
			return "", nil, err
		}
		if !strings.HasPrefix(text, with) || !strings.HasPrefix(with, before) {
			return "", nil, fmt.Errorf("chat: template: message %d: is not written as it is asked for, and there is no generation block to tell where", i)
		}
		answers = append(answers, Span{len(before), len(with)})
	}
	return text, answers, nil
}
