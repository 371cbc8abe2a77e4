package task

import (
	"context"

	"github.com/nlp-zoo/zoo/model"
)

// Compare returns how alike texts are: the products of their vectors, of each with
// each. With EmbedOptions.Normalize they are cosines, 1 for a text and itself.
func Compare(ctx context.Context, m *model.Model, texts []string, o EmbedOptions) ([][]float64, error) {
	return compare(ctx, m, alone(m), texts, o)
}

// Compare is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Compare(ctx context.Context, texts []string, o EmbedOptions) ([][]float64, error) {
	return compare(ctx, g.m, g.run, texts, o)
}

func compare(ctx context.Context, m *model.Model, run run, texts []string, o EmbedOptions) ([][]float64, error) {
	vectors, err := embed(ctx, m, run, texts, o)
	if err != nil {
		return nil, err
	}
	return Similarity(vectors), nil
}

// Similarity returns the products of vectors, of each with each.
func Similarity(vectors [][]float32) [][]float64 {
	all := make([][]float64, len(vectors))
	for i := range all {
		all[i] = make([]float64, len(vectors))
		for j := range i + 1 {
			all[i][j] = dot(vectors[i], vectors[j])
			all[j][i] = all[i][j]
		}
	}
	return all
}

func dot(a, b []float32) (sum float64) {
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
