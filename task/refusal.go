package task

import (
	"fmt"

	"github.com/nlp-zoo/zoo/model"
)

// A Refusal is an error of who asks: the model cannot do the task, or not with what it
// was given. Any other error of a task is one of the model or of the machine.
type Refusal struct {
	Field  string // what is at fault: model, text, labels …
	Why    string
	Path   string // of the model; "" where it does not matter
	Tokens int    // of a text that is too long, 0 otherwise
	Room   int    // that the model has for them
}

// Error names the field and the reason.
func (r *Refusal) Error() string {
	if r.Path != "" {
		return fmt.Sprintf("task: %s: %s", r.Path, r.Why)
	}
	return fmt.Sprintf("task: %s: %s", r.Field, r.Why)
}

// refuse returns a refusal of a field.
func refuse(field, format string, args ...any) error {
	return &Refusal{Field: field, Why: fmt.Sprintf(format, args...)}
}

// unable says that m lacks what a task needs.
func unable(m *model.Model, task string) error {
	return &Refusal{Field: "model", Path: m.Path, Why: fmt.Sprintf("%s cannot %s", m.Species.Type, task)}
}

// ready refuses a model that has no tokenizer.
func ready(m *model.Model, task string) error {
	if m.Tokenizer == nil {
		return &Refusal{Field: "model", Path: m.Path, Why: task + ": it has no tokenizer"}
	}
	return nil
}

// room returns how many tokens a model has places for; 0: any number.
func room(m *model.Model) int {
	if c, ok := m.Net.(interface{ Context() int }); ok {
		return max(c.Context(), 0)
	}
	return 0
}

// fits refuses n tokens where a model has no place for as many.
func fits(m *model.Model, n int) error {
	if r := room(m); r > 0 && n > r {
		return &Refusal{Field: "text", Tokens: n, Room: r, Why: fmt.Sprintf("it has %d tokens, %s has room for %d", n, m.Path, r)}
	}
	return nil
}
