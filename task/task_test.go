package task_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/task"
)

func open(t *testing.T, path string) *model.Model {
	t.Helper()
	m, err := model.Open("../models/" + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestFill(t *testing.T) {
	m := open(t, "bert/testdata/xlmr-masked")
	masks, err := task.Fill(context.Background(), m, "a <mask> b <mask>", 1<<20)
	if err != nil || len(masks) != 2 {
		t.Fatalf("Fill = %d masks, %v", len(masks), err)
	}
	for _, predictions := range masks {
		sum := 0.0
		for i, p := range predictions {
			sum += p.Score
			if i > 0 && p.Score > predictions[i-1].Score {
				t.Errorf("prediction %d is likelier than the one before", i)
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("probabilities add up to %v", sum)
		}
	}
	if _, err := task.Fill(context.Background(), m, "no mask", 1); err == nil || !strings.Contains(err.Error(), "<mask>") {
		t.Errorf("Fill without a mask: %v", err)
	}
	if _, err := task.Fill(context.Background(), open(t, "gpt/testdata/gpt2"), "x", 1); err == nil {
		t.Error("gpt2 fills masks")
	}
}

// TestEmbed: a text's vector is the same bytes alone and among others.
func TestEmbed(t *testing.T) {
	texts := []string{"a", "a longer text than the first", "b c"}
	for _, path := range []string{"bert/testdata/bert", "llama/testdata/tied", "t5/testdata/encoder"} {
		m := open(t, path)
		for _, pooling := range []task.Pooling{"", task.Mean, task.First, task.Last, task.Max} {
			all, err := task.Embed(context.Background(), m, texts, task.EmbedOptions{Pooling: pooling, Normalize: true})
			if err != nil {
				t.Fatal(path, err)
			}
			for i, text := range texts {
				alone, err := task.Embed(context.Background(), m, []string{text}, task.EmbedOptions{Pooling: pooling, Normalize: true})
				if err != nil {
					t.Fatal(err)
				}
				length := 0.0
				for j, v := range alone[0] {
					length += float64(v) * float64(v)
					if v != all[i][j] {
						t.Fatalf("%s %q: text %d differs in company at %d", path, pooling, i, j)
					}
				}
				if math.Abs(length-1) > 1e-5 {
					t.Errorf("%s %q: length² is %v", path, pooling, length)
				}
			}
		}
		if _, err := task.Embed(context.Background(), m, texts, task.EmbedOptions{Pooling: "sum"}); err == nil {
			t.Error("pooling sum is accepted")
		}
	}
}

func TestScore(t *testing.T) {
	m := open(t, "gpt/testdata/gpt2")
	l, err := task.Score(context.Background(), m, "the cat sat on the mat")
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Exp(-l.LogLikelihood / float64(l.Tokens)); math.Abs(want-l.Perplexity) > 1e-6*want {
		t.Errorf("perplexity is %v, want %v", l.Perplexity, want)
	}
	if _, err := task.Score(context.Background(), m, ""); err == nil {
		t.Error("an empty text has a score")
	}
}

func TestTemplateIsMissing(t *testing.T) {
	if _, err := task.Template(open(t, "gpt/testdata/gpt2")); !errors.Is(err, chat.ErrNoTemplate) {
		t.Errorf("Template = %v", err)
	}
}
