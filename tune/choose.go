package tune

import (
	"errors"
	"fmt"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// Choices trains the scores of rows against those of the rows that belong to them:
// a question with each of its answers, in Others. Label is the number of the right
// one, 0 being the example itself. All examples of a batch have as many rows.
type Choices struct {
	one
	Pad int32
}

// Terms is the one term.
func (o Choices) Terms() []string { return []string{"choice"} }

// Loss returns the sum of the cross-entropies.
func (o Choices) Loss(p *nn.Pass, m model.MultipleChoice, batch []objective.Example) []*tensor.Tensor {
	return []*tensor.Tensor{tensor.Entropy{}.Loss(o.scores(p, m, batch), labels(batch))}
}

func (o Choices) scores(p *nn.Pass, m model.MultipleChoice, batch []objective.Example) *tensor.Tensor {
	return m.ChoiceLogits(p, rows(p, withOthers(batch), o.Pad), len(batch[0].Others)+1)
}

// ChooseOptions are those of the task choose: a text, and several others of which one
// goes with it.
type ChooseOptions struct {
	Files   `yaml:",inline"`
	Text    string   `yaml:"text"`
	Choices []string `yaml:"choices"` // columns, each of a choice; or one column of a list
	Label   string   `yaml:"label"`   // the number of the right one
	First   int      `yaml:"first"`   // number of the first: 0 or 1
}

// Check wants choices.
func (o *ChooseOptions) Check() error {
	if len(o.Choices) == 0 {
		return errors.New("choices: must name columns")
	}
	return o.Files.Check()
}

// Open reads the records.
func (o *ChooseOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	records, held, err := gather(&o.Files, readTable)
	if err != nil {
		return nil, err
	}
	count := 0
	make := func(r record) (objective.Example, error) {
		e, err := o.example(t, length, r)
		if n := len(e.Others) + 1; err == nil && count == 0 {
			count = n
		} else if err == nil && n != count {
			return e, fmt.Errorf("%s: a record has %d choices, others %d", o.Text, n, count)
		}
		return e, err
	}
	c := Choices{Pad: pad(t)}
	task := &train.Tuning{Best: "accuracy", Bind: binder(c)}
	if err := examples(task, records, held, make); err != nil {
		return nil, err
	}
	task.Configure = func(c map[string]any) error { return class(c, "ForMultipleChoice", nil) }
	task.Measure = measure(task, func(m model.MultipleChoice, all []objective.Example, n int) (map[string]float64, error) {
		var got []int32
		err := evaluated(all, n, func(p *nn.Pass, part []objective.Example) {
			y := c.scores(p, m, part)
			got = append(got, best(y.Data(), y.Dim(-1))...)
		})
		return map[string]float64{"accuracy": Accuracy(got, labels(all))}, err
	})
	return task, nil
}

// examples makes the examples of a task.
func examples[R any](task *train.Tuning, records, held []R, make func(R) (objective.Example, error)) error {
	for _, part := range []struct {
		of []R
		to *[]objective.Example
	}{{records, &task.Train}, {held, &task.Eval}} {
		for _, r := range part.of {
			e, err := make(r)
			if err != nil {
				return err
			}
			*part.to = append(*part.to, e)
		}
	}
	return nil
}

func (o *ChooseOptions) example(t *tokenizer.Tokenizer, length int, r record) (e objective.Example, err error) {
	text, err := r.text(o.Text)
	if err != nil {
		return e, err
	}
	var choices []string
	for _, column := range o.Choices {
		list, err := r.texts(column, "")
		if err != nil {
			return e, err
		}
		choices = append(choices, list...)
	}
	label, err := r.number(o.Label)
	if err != nil {
		return e, err
	}
	var all []objective.Example
	for _, c := range choices {
		x, err := encoded(t, length, text, c)
		if err != nil {
			return e, err
		}
		all = append(all, x)
	}
	at := int(label) - o.First
	if at < 0 || at >= len(all) || len(all) < 2 {
		return e, fmt.Errorf("%s: %v is the number of none of %d choices", o.Label, label, len(all))
	}
	e = all[0]
	e.Others, e.Label = all[1:], int32(at)
	return e, nil
}

func init() {
	train.RegisterTask("choose", func() train.TaskOptions { return &ChooseOptions{Text: "text", Label: "label"} })
}
