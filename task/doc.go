// Package task turns text into answers: it puts a tokenizer before a model and
// gives the model's numbers back as words, scores and vectors. A task works on
// the interfaces of package model, so that a new model has it by being registered.
package task

import (
	"fmt"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// unable says that m lacks what a task needs.
func unable(m *model.Model, task string) error {
	return fmt.Errorf("task: %s: %s cannot %s", m.Path, m.Species.Type, task)
}

// evaluate calls f, and gives a shape that does not fit as an error.
func evaluate(f func() *tensor.Tensor) (y *tensor.Tensor, err error) {
	err = tensor.Try(func() { y = f() })
	return y, err
}
