package modeltest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Invariant holds a model, its weights packed in every form there is, to give the
// same bytes for a row however the row is run: alone and in batches of 2, 7 and 32
// between others, on 1, 2 and 3 threads, and, if it is a decoder, read whole or in
// chunks, and after a prefix that another row has read. The config is one of at
// least 10 ids and 24 positions, and its matrices are wide enough for every form: a
// multiple of 256.
func Invariant(t *testing.T, config string) {
	for _, form := range tensor.Forms() {
		t.Run(form.String(), func(t *testing.T) {
			m := Build(t, config)
			defer nn.PackAs(m, nn.Every(form)).Close()
			switch m := m.(type) {
			case model.Decoder:
				invariantDecoder(t, m)
			case model.EncoderDecoder:
				invariantRows(t, func(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
					memory := m.Encode(p, ids)
					target := slices.Repeat([]int32{m.Start(), 5, 6}, ids.B)
					return m.Decode(&nn.Pass{}, memory, &nn.IDs{Data: target, B: ids.B, T: 3})
				}, func(int) int { return 3 })
			case model.Encoder:
				invariantRows(t, m.Hidden, func(n int) int { return n })
			default:
				t.Fatalf("%T neither encodes nor decodes", m)
			}
		})
	}
}

// crowd is a batch that a row is put into, and the row it is there.
type crowd struct{ rows, at int }

// crowds returns the batches. Portable loops, and those that are watched for races,
// have no way of their own for many rows, and take minutes for them: they do without
// the largest.
func crowds() []crowd {
	all := []crowd{{1, 0}, {2, 1}, {7, 3}, {32, 20}}
	if testkit.Race || kernel.CPU() == "generic" {
		return all[:3]
	}
	return all
}

// invariantRows holds the first places of a row to be the same in every crowd, on
// any number of threads. Run gives places(n) of them for n tokens.
func invariantRows(t *testing.T, run func(*nn.Pass, *nn.IDs) *tensor.Tensor, places func(int) int) {
	defer parallel.SetThreads(0)
	text := Text(13)
	var want *tensor.Tensor
	for threads := 1; threads <= 3; threads++ {
		parallel.SetThreads(threads)
		for _, c := range crowds() {
			ids, lens := nn.Rows(0, c.texts(text)...)
			got := RowsOf(run(&nn.Pass{Lens: lens}, ids), c.at, places(len(text)))
			if want == nil {
				want = got
			}
			same(t, fmt.Sprintf("%d threads, row %d of %d", threads, c.at, c.rows), got, want)
		}
	}
}

// texts returns texts of different lengths, of which that of the row is text.
func (c crowd) texts(text []int32) [][]int32 {
	var all [][]int32
	for i := range c.rows {
		if i == c.at {
			all = append(all, text)
			continue
		}
		other := Text(1 + (5*i+3)%(len(text)+5))
		other[0] = int32(i % 10)
		all = append(all, other)
	}
	return all
}

func same(t *testing.T, how string, got, want *tensor.Tensor) {
	t.Helper()
	if Distance(got, want) != 0 {
		t.Errorf("%s: not the bytes of the row alone", how)
	}
}

func invariantDecoder(t *testing.T, m model.Decoder) {
	invariantRows(t, m.Logits, func(n int) int { return n })
	defer parallel.SetThreads(0)
	text := Text(19)
	parallel.SetThreads(1)
	whole := logits(m, &nn.Pass{}, text)
	want := lastOf(whole)
	for i, c := range crowds() {
		for j, chunk := range []int{1, 3, 8, 19} { // each pair on one number of threads
			threads := 1 + (i+j)%3
			parallel.SetThreads(threads)
			how := fmt.Sprintf("%d threads, row %d of %d, chunks of %d", threads, c.at, c.rows, chunk)
			same(t, how, c.chunked(m, m.NewCache(c.rows, 24), text, chunk), want)
		}
	}
	for threads := 1; threads <= 3; threads++ {
		parallel.SetThreads(threads)
		same(t, fmt.Sprintf("%d threads, a shared prefix", threads), prefixed(t, m, text), want)
	}
}

// chunked reads a crowd's texts in chunks, as far as they go, and returns the
// scores after text, which is one of them.
func (c crowd) chunked(m model.Decoder, cache *nn.Cache, text []int32, chunk int) *tensor.Tensor {
	all, arena := c.texts(text), &tensor.Arena{}
	var last *tensor.Tensor
	for from := 0; from < len(text); from += chunk {
		var parts [][]int32
		var slots []int
		place := 0
		for i, row := range all {
			if from >= len(row) {
				continue
			}
			if i == c.at {
				place = len(parts)
			}
			parts, slots = append(parts, row[from:min(from+chunk, len(row))]), append(slots, i)
		}
		ids, lens := nn.Rows(0, parts...)
		arena.Reset()
		out := m.Logits(&nn.Pass{Arena: arena, Cache: cache, Slots: slots, Lens: lens, Last: true}, ids)
		last = RowsOf(out, place, 1)
	}
	return last
}

// prefixed returns the scores after text, whose first tokens another row has read.
func prefixed(t *testing.T, m model.Decoder, text []int32) *tensor.Tensor {
	t.Helper()
	const shared = 11
	cache := m.NewCache(3, 24)
	other := append(slices.Clone(text[:shared]), 9, 9, 9)
	ids, _ := nn.Rows(0, other)
	m.Logits(&nn.Pass{Cache: cache, Slots: []int{2}}, ids)
	cache.CopyRow(0, 2)
	if err := cache.Truncate(0, shared); err != nil {
		t.Fatal(err)
	}
	ids, _ = nn.Rows(0, text[shared:])
	return m.Logits(&nn.Pass{Cache: cache, Slots: []int{0}, Last: true}, ids)
}
