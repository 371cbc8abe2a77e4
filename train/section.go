package train

import (
	"reflect"
	"strings"

	"github.com/nlp-zoo/zoo/objective"
)

// resolve reads the options of the objective of the section's name.
func (s *Section) resolve() error {
	if s.node == nil {
		return &keyError{key: "objective", why: "must be one of " + strings.Join(objective.Names(), ", ")}
	}
	o, err := objective.Named(s.Name)
	if err != nil {
		return oneOf("objective.name", s.Name, objective.Names()...)
	}
	if err := decode("objective", s.node, reflect.ValueOf(o).Elem()); err != nil {
		return err
	}
	s.Options = o
	return keyed("objective", "objective: ", o.Check())
}

// task returns the objective for a vocabulary.
func (s *Section) task(v objective.Vocab) (objective.Task, error) {
	return s.Options.(objective.Options).Task(v)
}
