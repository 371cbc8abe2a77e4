package tune

import (
	"context"
	"errors"
	"fmt"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// InstructOptions are those of the task instruct: a model learns to write the answers
// of conversations, and nothing else of them. Decoders read the text that a chat
// template makes; the template flan has no marks, and is for encoder-decoders, too.
type InstructOptions struct {
	Files `yaml:",inline"`
	// Messages is a column of conversations: lists of role and content. Where a
	// record lacks it, Instruction, Input (which may be missing) and Output are
	// columns of one question and its answer.
	Messages    string `yaml:"messages"`
	Instruction string `yaml:"instruction"`
	Input       string `yaml:"input"`
	Output      string `yaml:"output"`
	// Template is flan, or one of chat.Defaults, such as alpaca and vicuna; empty:
	// that of the tokenizer.
	Template string `yaml:"template,omitempty"`
	System   string `yaml:"system,omitempty"` // the first message of each conversation
}

const flan = "flan"

// template returns the template, nil for flan.
func (o *InstructOptions) template(t *tokenizer.Tokenizer) (*chat.Template, error) {
	switch o.Template {
	case flan:
		return nil, nil
	case "":
		return chat.Parse(t.ChatTemplate())
	}
	return chat.Default(o.Template)
}

// Check refuses templates that are not known.
func (o *InstructOptions) Check() error {
	if o.Template != "" && o.Template != flan {
		if _, err := chat.Default(o.Template); err != nil {
			return fmt.Errorf("template: must be %s or one of %q, not %.40q", flan, chat.Defaults(), o.Template)
		}
	}
	return o.Files.Check()
}

// Open reads the conversations.
func (o *InstructOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	records, held, err := gather(&o.Files, readTable)
	if err != nil {
		return nil, err
	}
	template, err := o.template(t)
	if err != nil {
		return nil, err
	}
	p := pad(t)
	task := &train.Tuning{Configure: func(map[string]any) error { return nil }}
	task.Bind = func(net any) (objective.Bound, error) {
		if _, ok := net.(model.EncoderDecoder); ok {
			return objective.Bind(objective.TextToText{Pad: p}, net)
		}
		return objective.Bind(objective.Causal{Pad: p}, net)
	}
	err = examples(task, records, held, func(r record) (objective.Example, error) { return o.example(t, template, length, r) })
	task.Train, task.Eval = answered(task.Train), answered(task.Eval)
	return task, err
}

// answered leaves out examples whose answers were cut off.
func answered(all []objective.Example) (some []objective.Example) {
	for _, e := range all {
		if targetCount(e.Target) > 0 {
			some = append(some, e)
		}
	}
	return some
}

func (o *InstructOptions) example(t *tokenizer.Tokenizer, template *chat.Template, length int, r record) (objective.Example, error) {
	messages, err := o.messages(r)
	if err != nil {
		return objective.Example{}, err
	}
	if template == nil {
		return o.plain(t, length, messages)
	}
	name := func(which func() (int32, bool)) string {
		id, ok := which()
		token, _ := t.Token(id)
		if !ok {
			return ""
		}
		return token
	}
	text, answers, err := template.RenderAnswers(context.Background(), messages, chat.Options{BOS: name(t.BOS), EOS: name(t.EOS)})
	if err != nil {
		return objective.Example{}, err
	}
	return masked(t, length, text, answers), nil
}

// masked returns a text as a causal example: tokens that have a part in an answer are
// targets, and no others are.
func masked(t *tokenizer.Tokenizer, length int, text string, answers []chat.Span) objective.Example {
	e := t.EncodeWithOffsets(text, tokenizer.Bare)
	n := min(len(e.IDs), length+1)
	if n < 2 {
		return objective.Example{}
	}
	x := objective.Example{Input: e.IDs[:n-1], Target: make([]int32, n-1)}
	for i := range x.Target {
		x.Target[i] = tensor.Ignore
		at := e.Offsets[i+1]
		for _, a := range answers {
			if at.Start < a.End && at.End > a.Start {
				x.Target[i] = e.IDs[i+1]
			}
		}
	}
	return x
}

// plain is the last answer of a conversation, for the text of all before it.
func (o *InstructOptions) plain(t *tokenizer.Tokenizer, length int, messages []chat.Message) (objective.Example, error) {
	last := len(messages) - 1
	if last < 1 || messages[last].Role != "assistant" {
		return objective.Example{}, errors.New("a conversation does not end with an answer")
	}
	text := ""
	for _, m := range messages[:last] {
		text += m.Content + "\n\n"
	}
	if _, encoder := t.ID("<extra_id_0>"); encoder { // a vocabulary of T5's
		return written(t, length, length, text, messages[last].Content)
	}
	answer := chat.Span{Start: len(text), End: len(text) + len(messages[last].Content)}
	text += messages[last].Content
	x := masked(t, length, text, []chat.Span{answer})
	if id, ok := t.EOS(); ok && len(x.Input) > 0 && len(x.Input) < length && x.Target[len(x.Target)-1] != tensor.Ignore {
		x.Input = append(append([]int32(nil), x.Input...), x.Target[len(x.Target)-1])
		x.Target = append(x.Target, id)
	}
	return x, nil
}

// messages returns the conversation of a record.
func (o *InstructOptions) messages(r record) (all []chat.Message, err error) {
	if o.System != "" {
		all = append(all, chat.Message{Role: "system", Content: o.System})
	}
	if list, ok := r[o.Messages].([]any); ok {
		for i, v := range list {
			m, _ := v.(map[string]any)
			role, okRole := m["role"].(string)
			content, okContent := m["content"].(string)
			if !okRole || !okContent {
				return nil, fmt.Errorf("%s: %d: has no role or no content", o.Messages, i)
			}
			all = append(all, chat.Message{Role: role, Content: content})
		}
		return all, nil
	}
	instruction, err := r.text(o.Instruction)
	if err != nil {
		return nil, err
	}
	if list, ok := r["instances"].([]any); ok && len(list) > 0 { // the seeds of self-instruct
		if one, ok := list[0].(map[string]any); ok {
			r = one
		}
	}
	output, err := r.text(o.Output)
	if err != nil {
		return nil, err
	}
	if input, err := r.text(o.Input); err == nil && input != "" {
		switch o.Template {
		case "alpaca":
			instruction += "\n\n### Input:\n" + input
			if o.System == "" {
				all = append(all, chat.Message{Role: "system", Content: "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request."})
			}
		case flan:
			instruction += "\n\n" + input
		default:
			instruction += "\n" + input
		}
	}
	return append(all, chat.Message{Role: "user", Content: instruction}, chat.Message{Role: "assistant", Content: output}), nil
}

func init() {
	train.RegisterTask("instruct", func() train.TaskOptions {
		return &InstructOptions{Messages: "messages", Instruction: "instruction", Input: "input", Output: "output"}
	})
}
