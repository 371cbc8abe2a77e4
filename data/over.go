package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Map returns f of each value of in.
func Map[T, U any](in Stream[T], f func(T) (U, error)) Stream[U] {
	return &mapped[T, U]{in, f}
}

type mapped[T, U any] struct {
	in Stream[T]
	f  func(T) (U, error)
}

func (s *mapped[T, U]) Next() (U, error) {
	v, err := s.in.Next()
	if err != nil {
		var none U
		return none, err
	}
	return s.f(v)
}

func (s *mapped[T, U]) State() ([]byte, error)     { return s.in.State() }
func (s *mapped[T, U]) Restore(state []byte) error { return s.in.Restore(state) }

// Close closes in, if it can be closed: a Reader.
func (s *mapped[T, U]) Close() error {
	if c, ok := s.in.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Filter returns the values of in for which keep is true.
func Filter[T any](in Stream[T], keep func(T) bool) Stream[T] { return &filtered[T]{in, keep} }

type filtered[T any] struct {
	Stream[T]
	keep func(T) bool
}

func (s *filtered[T]) Next() (T, error) {
	for {
		v, err := s.Stream.Next()
		if err != nil || s.keep(v) {
			return v, err
		}
	}
}

// counted is where a stream stands that counts what it takes from another.
type counted struct {
	N  int             `json:"n"`
	In json.RawMessage `json:"in"`
}

// save returns the state of a stream that has counted n values of in.
func save[T any](n int, in Stream[T]) ([]byte, error) {
	state, err := in.State()
	if err != nil {
		return nil, err
	}
	return json.Marshal(counted{n, state})
}

// load brings in to where save was called, and returns n, which is at most most.
func load[T any](state []byte, in Stream[T], most int) (int, error) {
	var c counted
	if err := decode(state, &c); err != nil {
		return 0, err
	}
	if c.N < 0 || c.N > most {
		return 0, fmt.Errorf("data: state: n: %d: must be 0 … %d", c.N, most)
	}
	return c.N, in.Restore(c.In)
}

// Take returns the first n values of in.
func Take[T any](in Stream[T], n int) Stream[T] { return &between[T]{in: in, to: max(n, 0)} }

// Skip returns the values of in after the first n.
func Skip[T any](in Stream[T], n int) Stream[T] { return &between[T]{in: in, from: max(n, 0), to: -1} }

// between is the values from … to-1 of a stream; to -1: up to its end.
type between[T any] struct {
	in       Stream[T]
	from, to int
	n        int // values taken; from, at most, where to is -1
}

func (s *between[T]) Next() (v T, err error) {
	for {
		if s.n == s.to {
			return v, io.EOF
		}
		w, err := s.in.Next()
		if err != nil {
			return v, err
		}
		if s.n >= s.from {
			if s.to >= 0 {
				s.n++
			}
			return w, nil
		}
		s.n++
	}
}

func (s *between[T]) State() ([]byte, error) { return save(s.n, s.in) }

func (s *between[T]) Restore(state []byte) error {
	n, err := load(state, s.in, max(s.from, s.to))
	if err == nil {
		s.n = n
	}
	return err
}

// Repeat returns the values of in times times, from its first one on; times 0:
// without end. It takes in as it stands for its beginning.
func Repeat[T any](in Stream[T], times int) (Stream[T], error) {
	start, err := in.State()
	if err != nil {
		return nil, err
	}
	return &repeated[T]{in: in, start: start, times: times}, nil
}

type repeated[T any] struct {
	in    Stream[T]
	start []byte
	times int
	n     int  // times that it was read to its end
	any   bool // a value came this time
}

func (s *repeated[T]) Next() (T, error) {
	for {
		v, err := s.in.Next()
		if !errors.Is(err, io.EOF) {
			s.any = true
			return v, err
		}
		if s.n+1 == s.times || !s.any {
			return v, io.EOF
		}
		if err := s.in.Restore(s.start); err != nil {
			return v, err
		}
		s.n, s.any = s.n+1, false
	}
}

func (s *repeated[T]) State() ([]byte, error) { return save(s.n, s.in) }

func (s *repeated[T]) Restore(state []byte) error {
	most := int(^uint(0) >> 1)
	if s.times > 0 {
		most = s.times - 1
	}
	n, err := load(state, s.in, most)
	if err == nil {
		s.n, s.any = n, true
	}
	return err
}

// Batches returns the values of in by n; the last may be fewer.
func Batches[T any](in Stream[T], n int) Stream[[]T] {
	return windows(in, n, func(values []T, _ uint64) [][]T { return [][]T{values} })
}
