package optim

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// add gives s a slice of state.
func (s *slot) add(name string, n int) {
	s.names = append(s.names, name)
	s.state = append(s.state, make([]float32, n))
}

func (o *optimizer) State() iter.Seq2[string, []float32] {
	return func(yield func(string, []float32) bool) {
		for _, s := range o.slots {
			if s.master != nil && !yield(s.Name+".master", s.master) {
				return
			}
			for i, name := range s.names {
				if !yield(s.Name+"."+name, s.state[i]) {
					return
				}
			}
		}
	}
}

func (o *optimizer) Restore(steps int, state iter.Seq2[string, []float32]) error {
	if steps < 0 {
		return fmt.Errorf("optim: restore: steps: must not be %d", steps)
	}
	given := maps.Collect(state)
	var errs []error
	for name, own := range o.State() {
		if v, ok := given[name]; !ok {
			errs = append(errs, fmt.Errorf("missing %s", name))
		} else if len(v) != len(own) {
			errs = append(errs, fmt.Errorf("%s has %d values, want %d", name, len(v), len(own)))
		}
	}
	own := maps.Collect(o.State())
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := own[name]; !ok {
			errs = append(errs, fmt.Errorf("unexpected %s", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("optim: restore: %w", err)
	}
	for name, v := range own {
		copy(v, given[name])
	}
	for _, s := range o.slots {
		s.moved(0, s.Tensor.Len())
	}
	o.steps = steps
	return nil
}
