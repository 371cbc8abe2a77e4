package data

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// A List is values by number, any of which is at hand at once: rows of a cache,
// for one. At is a function of i alone, and any number of goroutines may call it.
type List[T any] interface {
	Len() int
	At(i int) T
}

// Slice is a List in memory.
type Slice[T any] []T

// Len is part of List.
func (s Slice[T]) Len() int { return len(s) }

// At is part of List.
func (s Slice[T]) At(i int) T { return s[i] }

// InOrder returns the values of l once, from the first to the last.
func InOrder[T any](l List[T]) Stream[T] { return &ordered[T]{l: l} }

// Shuffled returns the values of l without end, epoch after epoch, each time in
// another order. Orders depend on seed and the number of the epoch, and take no
// memory. A list without values gives io.EOF.
func Shuffled[T any](l List[T], seed uint64) Stream[T] {
	s := &ordered[T]{l: l, shuffled: true, seed: seed}
	s.begin()
	return s
}

// ordered reads a list.
type ordered[T any] struct {
	l        List[T]
	shuffled bool
	seed     uint64
	order    Permutation
	at       position
}

// position is where a stream over a list stands.
type position struct {
	Epoch int `json:"epoch"`
	Index int `json:"index"`
	Of    int `json:"of"` // values of the list
}

func (s *ordered[T]) begin() { s.order = NewPermutation(s.l.Len(), draw(s.seed, uint64(s.at.Epoch))) }

func (s *ordered[T]) Next() (T, error) {
	n := s.l.Len()
	if s.at.Index == n {
		if !s.shuffled || n == 0 {
			var none T
			return none, io.EOF
		}
		s.at.Epoch, s.at.Index = s.at.Epoch+1, 0
		s.begin()
	}
	i := s.at.Index
	s.at.Index++
	if s.shuffled {
		i = s.order.At(i)
	}
	return s.l.At(i), nil
}

func (s *ordered[T]) State() ([]byte, error) {
	at := s.at
	at.Of = s.l.Len()
	return json.Marshal(at)
}

func (s *ordered[T]) Restore(state []byte) error {
	var at position
	if err := decode(state, &at); err != nil {
		return err
	}
	if n := s.l.Len(); at.Of != n {
		return fmt.Errorf("data: state: it is one of %d values, but there are %d", at.Of, n)
	}
	if at.Epoch < 0 || at.Epoch > 0 && !s.shuffled || at.Index < 0 || at.Index > at.Of {
		return fmt.Errorf("data: state: there is no value %d of epoch %d", at.Index, at.Epoch)
	}
	s.at = at
	s.begin()
	return nil
}

// decode reads a state. One of another kind of stream has other fields.
func decode(state []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(state))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("data: state: %w", err)
	}
	return nil
}
