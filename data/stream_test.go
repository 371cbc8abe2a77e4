package data

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
)

// collect returns up to most values of s.
func collect[T any](t *testing.T, s Stream[T], most int) []T {
	t.Helper()
	var all []T
	for len(all) < most {
		v, err := s.Next()
		if errors.Is(err, io.EOF) {
			if _, err := s.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("after io.EOF: %v", err)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// resumes holds the streams that open makes to each other: one that is read
// through, and ones that are stopped anywhere and restored.
func resumes[T any](t *testing.T, most int, open func() Stream[T]) []T {
	t.Helper()
	want := collect(t, open(), most)
	if again := collect(t, open(), most); !reflect.DeepEqual(again, want) {
		t.Fatalf("made twice: %v and %v", again, want)
	}
	s := open()
	for n := 0; n <= len(want); n++ {
		state, err := s.State()
		if err != nil {
			t.Fatal(err)
		}
		back := open()
		for range rand.IntN(3) { // it may have been used
			if _, err := back.Next(); err != nil {
				break
			}
		}
		if err := back.Restore(state); err != nil {
			t.Fatalf("after %d: %v", n, err)
		}
		if same, err := back.State(); err != nil || string(same) != string(state) {
			t.Fatalf("after %d: state %s, restored %s, %v", n, state, same, err)
		}
		if rest := collect(t, back, most-n); len(rest) != len(want)-n || len(rest) > 0 && !reflect.DeepEqual(rest, want[n:]) {
			t.Fatalf("after %d (%s): %v, want %v", n, state, rest, want[n:])
		}
		if n < len(want) {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, state := range []string{"", "[]", "nonsense", `{"n":-1}`, `{"epoch":-1}`, `{"file":-3}`, `{"number":"x"}`} {
		if err := open().Restore([]byte(state)); err == nil {
			t.Errorf("state %q was taken", state)
		}
	}
	return want
}

func numbers(n int) Slice[int] {
	s := make(Slice[int], n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestStreamsResume(t *testing.T) {
	for _, n := range []int{0, 1, 2, 7, 20} {
		in := func() Stream[int] { return InOrder[int](numbers(n)) }
		for name, open := range map[string]func() Stream[int]{
			"in order": in,
			"shuffled": func() Stream[int] { return Shuffled[int](numbers(n), 3) },
			"map":      func() Stream[int] { return Map(in(), func(i int) (int, error) { return i * i, nil }) },
			"filter":   func() Stream[int] { return Filter(in(), func(i int) bool { return i%3 > 0 }) },
			"take":     func() Stream[int] { return Take(in(), 6) },
			"skip":     func() Stream[int] { return Skip(in(), 5) },
			"shuffle":  func() Stream[int] { return Shuffle(in(), 6, 9) },
			"repeat": func() Stream[int] {
				s, err := Repeat(Shuffle(in(), 4, 9), 0)
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
			"twice": func() Stream[int] {
				s, err := Repeat(in(), 2)
				if err != nil {
					t.Fatal(err)
				}
				return s
			},
		} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) { resumes(t, 50, open) })
		}
		t.Run(fmt.Sprintf("batches/%d", n), func(t *testing.T) {
			resumes(t, 50, func() Stream[[]int] { return Batches(in(), 3) })
		})
	}
}

func TestStreamsGive(t *testing.T) {
	in := func() Stream[int] { return InOrder[int](numbers(8)) }
	twice, err := Repeat(Take(in(), 2), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		s    Stream[int]
		want []int
	}{
		{"take", Take(in(), 3), []int{0, 1, 2}},
		{"skip", Skip(in(), 5), []int{5, 6, 7}},
		{"filter", Filter(in(), func(i int) bool { return i%3 == 0 }), []int{0, 3, 6}},
		{"twice", twice, []int{0, 1, 0, 1}},
	} {
		if got := collect(t, c.s, 50); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := collect(t, Batches(in(), 3), 9); !reflect.DeepEqual(got, [][]int{{0, 1, 2}, {3, 4, 5}, {6, 7}}) {
		t.Errorf("batches: %v", got)
	}
}

// Each epoch has every value once, and no two the same order; a window's values
// stay in it.
func TestShuffles(t *testing.T) {
	const n = 1000
	all := collect(t, Shuffled[int](numbers(n), 5), 3*n)
	inOrder := 0
	for e := range 3 {
		seen := map[int]bool{}
		for i, v := range all[e*n : (e+1)*n] {
			seen[v] = true
			if e > 0 && all[i] == v {
				inOrder++
			}
		}
		if len(seen) != n {
			t.Errorf("epoch %d has %d values of %d", e, len(seen), n)
		}
	}
	if inOrder > 20 { // two of two thousand are to be expected
		t.Errorf("%d values came in the same place of another epoch", inOrder)
	}
	moved := 0
	for i, v := range collect(t, Shuffle(InOrder[int](numbers(n)), 100, 5), n) {
		if i/100 != v/100 {
			t.Fatalf("value %d came at %d", v, i)
		}
		if i != v {
			moved++
		}
	}
	if moved < 950 {
		t.Errorf("only %d values of %d moved", moved, n)
	}
}

// Orders are permutations, and where a value goes is near to even: a chi-square test
// for each value, of 20,000 orders.
func TestPermutation(t *testing.T) {
	for n := range 70 {
		p := NewPermutation(n, 42)
		seen := map[int]bool{}
		for i := range n {
			seen[p.At(i)] = true
		}
		if len(seen) != n {
			t.Fatalf("%d values of %d", len(seen), n)
		}
	}
	for _, n := range []int{2, 3, 4, 5, 9, 16, 17} {
		const orders = 20000
		count := make([]int, n*n)
		for seed := range orders {
			p := NewPermutation(n, uint64(seed))
			for i := range n {
				count[i*n+p.At(i)]++
			}
		}
		for i := range n {
			want, sum := float64(orders)/float64(n), 0.0
			for _, c := range count[i*n : (i+1)*n] {
				sum += (float64(c) - want) * (float64(c) - want) / want
			}
			// Mean n-1, variance 2(n-1): six deviations above the mean are too many.
			if limit := float64(n-1) + 6*1.5*float64(n); sum > limit {
				t.Errorf("of %d, place %d: chi-square %.1f, over %.1f", n, i, sum, limit)
			}
		}
	}
}
