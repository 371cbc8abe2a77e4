package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// windowed takes windows of values of a stream and gives what is made of each. Its
// state is that of the stream before the window: what was in memory is read again.
type windowed[T, U any] struct {
	in   Stream[T]
	size int
	make func(window []T, number uint64) []U

	number uint64 // windows read
	before []byte // state of in before the window; nil: none was read
	out    []U    // made of the window
	at     int    // the next of out
}

func windows[T, U any](in Stream[T], size int, f func([]T, uint64) []U) Stream[U] {
	return &windowed[T, U]{in: in, size: max(size, 1), make: f}
}

// Shuffle returns the values of in in another order, without holding more than
// window of them: those of each window are shuffled, by seed. To shuffle all
// values, where they are in a List, is better: see Shuffled.
func Shuffle[T any](in Stream[T], window int, seed uint64) Stream[T] {
	return windows(in, window, func(values []T, number uint64) []T {
		out := make([]T, len(values))
		p := NewPermutation(len(values), draw(seed, number))
		for i := range out {
			out[i] = values[p.At(i)]
		}
		return out
	})
}

func (s *windowed[T, U]) Next() (U, error) {
	for s.at == len(s.out) {
		if err := s.fill(); err != nil {
			var none U
			return none, err
		}
	}
	s.at++
	return s.out[s.at-1], nil
}

// fill reads the next window.
func (s *windowed[T, U]) fill() error {
	before, err := s.in.State()
	if err != nil {
		return err
	}
	window := make([]T, 0, min(s.size, 1<<10))
	for len(window) < s.size {
		v, err := s.in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		window = append(window, v)
	}
	if len(window) == 0 {
		return io.EOF
	}
	s.before, s.out, s.at = before, s.make(window, s.number), 0
	s.number++
	return nil
}

// windowState is where a windowed stream stands.
type windowState struct {
	Number uint64          `json:"number"` // windows before this one
	At     int             `json:"at"`
	In     json.RawMessage `json:"in"` // before the window
}

func (s *windowed[T, U]) State() ([]byte, error) {
	if s.at == len(s.out) { // the window is done with
		in, err := s.in.State()
		if err != nil {
			return nil, err
		}
		return json.Marshal(windowState{s.number, 0, in})
	}
	return json.Marshal(windowState{s.number - 1, s.at, s.before})
}

func (s *windowed[T, U]) Restore(state []byte) error {
	var at windowState
	if err := decode(state, &at); err != nil {
		return err
	}
	if err := s.in.Restore(at.In); err != nil {
		return err
	}
	s.number, s.before, s.out, s.at = at.Number, nil, nil, 0
	if at.At == 0 {
		return nil
	}
	if err := s.fill(); err != nil {
		return fmt.Errorf("data: state: window %d: %w", at.Number, err)
	}
	if at.At < 0 || at.At > len(s.out) {
		return fmt.Errorf("data: state: window %d has no value %d", at.Number, at.At)
	}
	s.at = at.At
	return nil
}
