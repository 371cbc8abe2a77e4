package task

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Pooling says how the vectors of a row's tokens become one.
type Pooling string

// The ways of pooling.
const (
	Mean   Pooling = "mean"   // the mean over the tokens, sentence-transformers' usual
	First  Pooling = "cls"    // the first token's
	Last   Pooling = "last"   // the last token's, for decoders
	Max    Pooling = "max"    // the largest value of each dimension
	Pooler Pooling = "pooler" // the model's own pooler
)

// EmbedOptions say how text becomes a vector. The zero value takes the mean for
// an encoder and the last token for a decoder, not normalised.
type EmbedOptions struct {
	Pooling   Pooling
	Normalize bool // to length 1
}

// embedBatch is how many tokens, padding included, one pass takes at most.
const embedBatch = 4096

// Embed returns one vector for each text, in order.
func Embed(ctx context.Context, m *model.Model, texts []string, o EmbedOptions) ([][]float32, error) {
	if m.Tokenizer == nil {
		return nil, fmt.Errorf("task: %s: embed: it has no tokenizer", m.Path)
	}
	rows := make([][]int32, len(texts))
	for i, text := range texts {
		rows[i] = m.Tokenizer.Encode(text)
	}
	return EmbedRows(ctx, m, rows, o)
}

// EmbedRows returns one vector for each row of tokens, in order.
func EmbedRows(ctx context.Context, m *model.Model, rows [][]int32, o EmbedOptions) ([][]float32, error) {
	net, ok := m.Net.(model.Encoder)
	if !ok {
		return nil, unable(m, "embed")
	}
	if o.Pooling == "" {
		o.Pooling = Mean
		if _, decoder := m.Net.(model.Decoder); decoder {
			o.Pooling = Last
		}
	}
	pool, err := pooler(m, net, o.Pooling)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if len(row) == 0 {
			return nil, fmt.Errorf("task: embed: text %d has no tokens", i)
		}
		if err := fits(m, len(row)); err != nil {
			return nil, err
		}
	}
	var vectors [][]float32
	arena := &tensor.Arena{}
	for lo := 0; lo < len(rows); {
		hi, width := lo+1, len(rows[lo])
		for hi < len(rows) && max(width, len(rows[hi]))*(hi+1-lo) <= embedBatch {
			width = max(width, len(rows[hi]))
			hi++
		}
		arena.Reset()
		if err := errors.Join(ctx.Err(), tensor.Try(func() {
			vectors = append(vectors, pool(arena, rows[lo:hi])...)
		})); err != nil {
			return nil, err
		}
		lo = hi
	}
	if o.Normalize {
		for _, v := range vectors {
			Normalize(v)
		}
	}
	return vectors, nil
}

// pooler returns a function from rows of ids to their vectors.
func pooler(m *model.Model, net model.Encoder, how Pooling) (func(*tensor.Arena, [][]int32) [][]float32, error) {
	pad := int32(0) // any id will do: padding is masked
	if m.Tokenizer != nil {
		if id, ok := m.Tokenizer.PAD(); ok {
			pad = id
		}
	}
	if how == Pooler {
		net, ok := m.Net.(model.Pooler)
		if !ok || !net.Pools() {
			return nil, unable(m, "pool by itself")
		}
		return func(a *tensor.Arena, rows [][]int32) [][]float32 {
			ids, lens := nn.Rows(pad, rows...)
			y := net.Pool(&nn.Pass{Arena: a, Lens: lens}, ids)
			vectors := make([][]float32, len(rows))
			for b := range vectors {
				vectors[b] = append(vectors[b], y.Data()[b*y.Dim(1):(b+1)*y.Dim(1)]...)
			}
			return vectors
		}, nil
	}
	reduce, known := map[Pooling]func(dst, row []float32, tokens int){
		Mean: mean, Max: largest,
		First: func(dst, row []float32, _ int) { copy(dst, row) },
		Last:  func(dst, row []float32, n int) { copy(dst, row[(n-1)*len(dst):]) },
	}[how]
	if !known {
		return nil, fmt.Errorf("task: embed: pooling %q is not one of mean, cls, last, max, pooler", how)
	}
	return func(a *tensor.Arena, rows [][]int32) [][]float32 {
		ids, lens := nn.Rows(pad, rows...)
		y := net.Hidden(&nn.Pass{Arena: a, Lens: lens}, ids) // [B,T,E]
		T, E := y.Dim(1), y.Dim(2)
		vectors := make([][]float32, len(rows))
		for b := range vectors {
			vectors[b] = make([]float32, E)
			reduce(vectors[b], y.Data()[b*T*E:(b+1)*T*E], lens[b])
		}
		return vectors
	}, nil
}

func mean(dst, row []float32, tokens int) {
	for j := range dst {
		var sum float64
		for t := range tokens {
			sum += float64(row[t*len(dst)+j])
		}
		dst[j] = float32(sum / float64(tokens))
	}
}

func largest(dst, row []float32, tokens int) {
	copy(dst, row)
	for t := 1; t < tokens; t++ {
		for j := range dst {
			dst[j] = max(dst[j], row[t*len(dst)+j])
		}
	}
}

// Normalize scales v in place to length 1, and returns it; zeros stay zeros.
func Normalize(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return v
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(sum))
	}
	return v
}
