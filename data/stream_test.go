package data

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
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

func TestRates(t *testing.T) {
	sizes := []float64{100, 400, 0, 500}
	for _, c := range []struct {
		exponent, limit float64
		want            []float64
	}{
		{1, 0, []float64{0.1, 0.4, 0, 0.5}},
		{1, 200, []float64{0.2, 0.4, 0, 0.4}},
		{0, 0, []float64{1. / 3, 1. / 3, 0, 1. / 3}},
		{0.5, 400, []float64{0.2, 0.4, 0, 0.4}},
	} {
		got, err := Rates(sizes, c.exponent, c.limit)
		if err != nil || !near(got, c.want) {
			t.Errorf("exponent %v, limit %v: %v, %v, want %v", c.exponent, c.limit, got, err, c.want)
		}
	}
	// GPT-3's table 2.2: billions of tokens, the weights, and the epochs of 300 billion.
	tokens, weights := []float64{410, 19, 12, 55, 3}, []float64{0.60, 0.22, 0.08, 0.08, 0.03}
	epochs := Epochs(tokens, weights, 300)
	if want := []float64{0.44, 3.47, 2, 0.44, 3}; !near(epochs, want) { // printed as 0.44 2.9 1.9 0.43 3.4
		t.Errorf("epochs %v, want %v", epochs, want)
	}
	rates, err := EpochRates(tokens, epochs)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range weights { // the paper's weights sum to 1.01
		if !near([]float64{rates[i]}, []float64{w / 1.01}) {
			t.Errorf("rates %v, want those of %v", rates, weights)
			break
		}
	}
	for _, bad := range [][]float64{{}, {0, 0}, {-1, 2}, {1, math.NaN()}, {1, math.Inf(1)}} {
		if got, err := Rates(bad, 1, 0); err == nil {
			t.Errorf("rates of %v: %v", bad, got)
		}
		if _, err := Mix(make([]Stream[int], len(bad)), bad, 1); err == nil {
			t.Errorf("mixed by %v", bad)
		}
	}
	if _, err := EpochRates(tokens, nil); err == nil {
		t.Error("rates of no epochs")
	}
}

func near(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 0.01*max(math.Abs(x), math.Abs(y)) })
}

// A mixture draws each source at its rate, and each source's values in order.
func TestMix(t *testing.T) {
	open := func(n, most int) Stream[int] {
		sources := make([]Stream[int], 4)
		for i := range sources {
			sources[i] = Map(InOrder[int](numbers(n)), func(v int) (int, error) { return i*n + v, nil })
		}
		s, err := Mix(sources, []float64{2, 0, 1, 5}, 7)
		if err != nil {
			t.Fatal(err)
		}
		return Take(s, most)
	}
	resumes(t, 60, func() Stream[int] { return open(20, 60) })
	const n, total = 100000, 80000
	var count [4]int
	for _, v := range collect(t, open(n, total), total) {
		i := v / n
		if v%n != count[i] {
			t.Fatalf("source %d gave value %d after %d", i, v%n, count[i])
		}
		count[i]++
	}
	for i, want := range []float64{20000, 0, 10000, 50000} {
		if math.Abs(float64(count[i])-want) > 6*math.Sqrt(want) {
			t.Errorf("source %d was drawn %d times, want about %v", i, count[i], want)
		}
	}
}

// Batches hold every value once, keep to the budget, and need less padding than
// values as they come.
func TestBucket(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	lengths := make(Slice[int], 2000)
	for i := range lengths {
		lengths[i] = r.IntN(100)
	}
	lengths[77] = 5000
	self := func(n int) int { return n }
	for _, b := range []Budget{{}, {Tokens: 1000}, {Values: 16, Window: 300}, {Tokens: 512, Values: 8, Multiple: 8, Window: 100}} {
		open := func() Stream[[]int] { return Bucket(InOrder[int](lengths[:200]), b, self, 3) }
		resumes(t, 1000, open)
		count := map[int]int{}
		padded, sum := 0, 0
		for _, batch := range collect(t, Bucket(InOrder[int](lengths), b, self, 3), 3000) {
			longest := slices.Max(batch)
			if b.Multiple > 0 {
				longest = (longest + b.Multiple - 1) / b.Multiple * b.Multiple
			}
			if n := len(batch); n == 0 || b.Values > 0 && n > b.Values || b.Tokens > 0 && n > 1 && n*longest > b.Tokens {
				t.Errorf("%+v: a batch of %d of up to %d", b, n, longest)
			}
			padded += len(batch) * longest
			for _, v := range batch {
				count[v]++
				sum += v
			}
		}
		for _, v := range lengths {
			count[v]--
		}
		for v, n := range count {
			if n != 0 {
				t.Errorf("%+v: length %d came %d times too often", b, v, n)
			}
		}
		if b.Tokens > 0 && float64(padded) > 1.2*float64(sum) {
			t.Errorf("%+v: %d tokens with padding, of %d", b, padded, sum)
		}
	}
}
