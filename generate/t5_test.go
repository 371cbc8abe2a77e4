package generate_test

import (
	"context"
	"math"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/t5"
)

func init() { families = append(families, "t5") }

func TestScoreTargetEqualsBeam(t *testing.T) {
	m := open(t, "../models/t5/testdata/v1_1")
	e := m.Net.(model.EncoderDecoder)
	source := []int32{5, 9, 20, 1}
	best, err := generate.BeamSearch(context.Background(), e, source, generate.Options{Beams: 3, MaxTokens: 12, EOS: m.Generation.EOS})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range best {
		p, err := generate.ScoreTarget(context.Background(), e, source, s.IDs)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, x := range p {
			sum += x
		}
		if math.Abs(sum-s.Score) > 1e-4 {
			t.Errorf("sequence %v: beam score %v, scored %v", s.IDs, s.Score, sum)
		}
	}
}
