package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// Prompt returns the ids that a model reads for a text to be continued. An empty
// text is the token alone that texts begin with.
func Prompt(m *model.Model, text string) ([]int32, error) {
	if m.Tokenizer == nil {
		return nil, fmt.Errorf("task: %s: it has no tokenizer", m.Path)
	}
	ids := m.Tokenizer.Encode(text)
	if len(ids) > 0 {
		return ids, nil
	}
	if bos, ok := m.Tokenizer.BOS(); ok {
		return []int32{bos}, nil
	}
	if len(m.Generation.BOS) > 0 {
		return m.Generation.BOS[:1], nil
	}
	return nil, fmt.Errorf("task: %s: the prompt is empty, and no token is known to begin a text", m.Path)
}

// Template returns the model's chat template, or chat.ErrNoTemplate.
func Template(m *model.Model) (*chat.Template, error) {
	if m.Tokenizer == nil {
		return nil, chat.ErrNoTemplate
	}
	return chat.Parse(m.Tokenizer.ChatTemplate())
}

// ChatPrompt returns the ids of a conversation as t writes it, up to where the
// assistant's answer begins.
func ChatPrompt(ctx context.Context, m *model.Model, t *chat.Template, messages []chat.Message) ([]int32, error) {
	text, err := t.Render(ctx, messages, chat.Options{
		AddGenerationPrompt: true,
		BOS:                 special(m.Tokenizer, m.Tokenizer.BOS),
		EOS:                 special(m.Tokenizer, m.Tokenizer.EOS),
	})
	if err != nil {
		return nil, err
	}
	return m.Tokenizer.Encode(text, tokenizer.Bare), nil
}

func special(t *tokenizer.Tokenizer, which func() (int32, bool)) string {
	id, ok := which()
	if !ok {
		return ""
	}
	token, _ := t.Token(id)
	return token
}

// Options returns how the checkpoint wants to be sampled, with every token that
// ends its texts.
func Options(m *model.Model) generate.Options {
	o := generate.FromConfig(m.Generation)
	if m.Tokenizer != nil {
		for _, id := range m.Tokenizer.Stops() {
			if !slices.Contains(o.EOS, id) {
				o.EOS = append(slices.Clip(o.EOS), id)
			}
		}
	}
	return o
}
