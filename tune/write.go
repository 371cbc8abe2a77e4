package tune

import (
	"errors"

	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// WriteOptions are those of the task write: an encoder-decoder writes one text for
// another, as T5 does all it does (arXiv:1910.10683).
type WriteOptions struct {
	Files  `yaml:",inline"`
	Text   string `yaml:"text"`
	Answer string `yaml:"answer"`
	Prefix string `yaml:"prefix,omitempty"` // before each text, such as "summarize: "
	Target int    `yaml:"target"`           // most tokens of an answer; 0: as many as of a text
}

// Open reads the texts.
func (o *WriteOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	records, held, err := gather(&o.Files, readTable)
	if err != nil {
		return nil, err
	}
	longest := o.Target
	if longest <= 0 {
		longest = length
	}
	task := &train.Tuning{Bind: binder(objective.TextToText{Pad: pad(t)})}
	err = examples(task, records, held, func(r record) (objective.Example, error) {
		text, errText := r.text(o.Text)
		answer, errAnswer := r.text(o.Answer)
		if err := errors.Join(errText, errAnswer); err != nil {
			return objective.Example{}, err
		}
		return written(t, length, longest, o.Prefix+text, answer)
	})
	task.Configure = func(c map[string]any) error { return class(c, "ForConditionalGeneration", nil) }
	return task, err
}

// written returns a text and the one that is to be written for it as an example.
func written(t *tokenizer.Tokenizer, length, longest int, text, answer string) (objective.Example, error) {
	e, err := encoded(t, length, text)
	if err != nil {
		return e, err
	}
	target, err := encoded(t, longest, answer)
	e.Target = target.Input
	return e, err
}

func init() {
	train.RegisterTask("write", func() train.TaskOptions { return &WriteOptions{Text: "text", Answer: "answer"} })
}
