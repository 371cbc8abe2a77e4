package task

import (
	"context"
	"math"

	"github.com/nlp-zoo/zoo/model"
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

// EmbedOptions say how text becomes a vector. The zero value pools as the
// checkpoint says (1_Pooling/config.json), else it takes the mean for an encoder and the
// last token for a decoder; it does not normalise.
type EmbedOptions struct {
	Pooling   Pooling
	Normalize bool // to length 1
}

// Embed returns one vector for each text, in order.
func Embed(ctx context.Context, m *model.Model, texts []string, o EmbedOptions) ([][]float32, error) {
	return embed(ctx, m, alone(m), texts, o)
}

// Embed is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Embed(ctx context.Context, texts []string, o EmbedOptions) ([][]float32, error) {
	return embed(ctx, g.m, g.run, texts, o)
}

// EmbedRows returns one vector for each row of tokens, in order.
func EmbedRows(ctx context.Context, m *model.Model, rows [][]int32, o EmbedOptions) ([][]float32, error) {
	return embedRows(ctx, m, alone(m), rows, o)
}

// EmbedRows is the function of that name, among the texts of other goroutines. It may
// still read rows after ctx has ended.
func (g *Gatherer) EmbedRows(ctx context.Context, rows [][]int32, o EmbedOptions) ([][]float32, error) {
	return embedRows(ctx, g.m, g.run, rows, o)
}

func embed(ctx context.Context, m *model.Model, run run, texts []string, o EmbedOptions) ([][]float32, error) {
	if _, ok := m.Net.(model.Encoder); !ok {
		return nil, unable(m, "embed")
	}
	if err := ready(m, "embed"); err != nil {
		return nil, err
	}
	rows := make([][]int32, len(texts))
	for i, text := range texts {
		rows[i] = m.Tokenizer.Encode(text)
	}
	return embedRows(ctx, m, run, rows, o)
}

func embedRows(ctx context.Context, m *model.Model, run run, rows [][]int32, o EmbedOptions) ([][]float32, error) {
	head, reduce, err := pooler(m, o.Pooling)
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(rows))
	all := make([]*sequence, len(rows))
	for i, ids := range rows {
		if err := readable(m, i, ids); err != nil {
			return nil, err
		}
		all[i] = &sequence{head: head, ids: ids, take: func(y, _ []float32, width int) {
			v := make([]float32, width)
			reduce(v, y, len(ids))
			if o.Normalize {
				Normalize(v)
			}
			vectors[i] = v
		}}
	}
	if err := run(ctx, all); err != nil {
		return nil, err
	}
	return vectors, nil
}

// pooler returns the head that pools that way, and what makes one vector of its rows.
func pooler(m *model.Model, how Pooling) (head, func(dst, row []float32, tokens int), error) {
	if _, ok := m.Net.(model.Encoder); !ok {
		return 0, nil, unable(m, "embed")
	}
	if how == "" {
		how = ownPooling(m)
	}
	copyRow := func(dst, row []float32, _ int) { copy(dst, row) }
	switch how {
	case Mean:
		return hiddenHead, mean, nil
	case Max:
		return hiddenHead, largest, nil
	case First:
		return hiddenHead, copyRow, nil
	case Last:
		return hiddenHead, func(dst, row []float32, n int) { copy(dst, row[(n-1)*len(dst):]) }, nil
	case Pooler:
		if net, ok := m.Net.(model.Pooler); !ok || !net.Pools() {
			return 0, nil, unable(m, "pool by itself")
		}
		return poolHead, copyRow, nil
	}
	return 0, nil, refuse("pooling", "%.40q is not one of mean, cls, last, max, pooler", string(how))
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
