package task_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
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

func asRefusal(err error, r **task.Refusal) bool { return errors.As(err, r) }

// TestRerank: the order is by score, and a bi-encoder's scores are cosines.
func TestRerank(t *testing.T) {
	texts := []string{"the bears sleep", "lions", "who feeds the lions?"}
	ranks, err := task.Rerank(t.Context(), open(t, "bert/testdata/bert"), "who feeds the lions?", texts)
	if err != nil || ranks[0].Index != 2 || math.Abs(ranks[0].Score-1) > 1e-6 {
		t.Fatalf("Rerank = %v, %v: a text is not most like itself", ranks, err)
	}
	cross := open(t, "../task/testdata/classify-pairs")
	if ranks, err = task.Rerank(t.Context(), cross, "who feeds the lions?", texts); err != nil || len(ranks) != 3 {
		t.Fatal(ranks, err)
	}
	for i, r := range ranks {
		classes, err := task.Classify(t.Context(), cross, []task.Pair{{Text: "who feeds the lions?", Second: texts[r.Index]}})
		if err != nil || classes[0][0].Score != r.Score || math.Abs(1/(1+math.Exp(-r.Raw))-r.Score) > 1e-12 {
			t.Errorf("rank %d is %+v, the class has %v, %v", i, r, classes, err)
		}
		if i > 0 && r.Score > ranks[i-1].Score {
			t.Errorf("rank %d is better than the one before", i)
		}
	}
}

// TestCompare: a matrix is symmetric, with the cosines of texts and themselves 1.
func TestCompare(t *testing.T) {
	y, err := task.Compare(t.Context(), open(t, "bert/testdata/bert"), []string{"lions", "the bears sleep", "lions"}, task.EmbedOptions{Normalize: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range y {
		for j := range y {
			if y[i][j] != y[j][i] || i == j && math.Abs(y[i][j]-1) > 1e-6 || y[i][j] > 1+1e-6 {
				t.Errorf("%d and %d: %v, %v", i, j, y[i][j], y[j][i])
			}
		}
	}
	if math.Abs(y[0][2]-1) > 1e-6 {
		t.Errorf("a text and its copy: %v", y[0][2])
	}
}

// TestNext: probabilities add up to 1, and the first token is the one that greedy
// writing takes.
func TestNext(t *testing.T) {
	for _, path := range []string{"gpt/testdata/gpt2", "llama/testdata/tied", "t5/testdata/t5"} {
		m := open(t, path)
		next, err := task.Next(t.Context(), m, "the lions", 1<<20)
		if err != nil {
			t.Fatal(path, err)
		}
		sum := 0.0
		for _, p := range next {
			sum += p.Score
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%s: probabilities add up to %v", path, sum)
		}
		ids, _ := task.Prompt(m, "the lions")
		for token, err := range generate.Generate(t.Context(), m.Net, m.Tokenizer, ids, generate.Options{MaxTokens: 1}) {
			if err != nil || token.ID != next[0].ID {
				t.Errorf("%s: writes %d, %v; the likeliest next is %d", path, token.ID, err, next[0].ID)
			}
		}
	}
}

// TestZeroShotByLikelihood: probabilities add up to 1; each by itself is the sigmoid of
// what the text gains it.
func TestZeroShotByLikelihood(t *testing.T) {
	m := open(t, "gpt/testdata/gpt2")
	names := []string{"lions", "rain", "bread"}
	together, err := task.ZeroShot(t.Context(), m, "the keeper feeds the lions", names, task.ZeroShotOptions{})
	if err != nil {
		t.Fatal(err)
	}
	each, err := task.ZeroShot(t.Context(), m, "the keeper feeds the lions", names, task.ZeroShotOptions{Many: true})
	if err != nil {
		t.Fatal(err)
	}
	sum, odds := 0.0, 0.0
	for i := range each {
		sum += together[i].Score
		odds += each[i].Score / (1 - each[i].Score)
	}
	for i := range each {
		if want := each[i].Score / (1 - each[i].Score) / odds; together[i].Label != each[i].Label || math.Abs(together[i].Score-want) > 1e-5 {
			t.Errorf("%v, want %v of %s", together[i], want, each[i].Label)
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("probabilities add up to %v", sum)
	}
}

// TestRewrite: T5's own prefixes hold, and stand before the text.
func TestRewrite(t *testing.T) {
	m := open(t, "t5/testdata/t5")
	r, err := task.Translation(m, "en", "German")
	if err != nil || r.Prefix != "translate English to German: " {
		t.Fatalf("Translation = %+v, %v", r, err)
	}
	r.Options.MaxTokens = 5
	var got, want []int32
	for token, err := range task.Rewrite(t.Context(), m, "lions", r) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, token.ID)
	}
	ids, _ := task.Prompt(m, "translate English to German: lions")
	for token := range generate.Generate(t.Context(), m.Net, m.Tokenizer, ids, r.Options) {
		want = append(want, token.ID)
	}
	if len(got) == 0 || !slices.Equal(got, want) {
		t.Errorf("Rewrite writes %v, want %v", got, want)
	}
	told := *m
	told.Config = []byte(`{"task_specific_params":{"summarization":{"prefix":"tl;dr: ","max_length":21,"num_beams":4,"length_penalty":2.0,"no_repeat_ngram_size":3}}}`)
	r, err = task.Summary(&told)
	if o := r.Options; err != nil || r.Prefix != "tl;dr: " || o.MaxTokens != 20 || o.Beams != 4 || o.LengthPenalty != 2 || o.NoRepeatNGram != 3 {
		t.Errorf("Summary = %+v, %v", r, err)
	}
	told.Config = []byte(`{"task_specific_params":{"summarization":{"num_beams":-4, "no_repeat_ngram_size":99999999}}}`)
	if _, err = task.Summary(&told); err == nil {
		t.Error("a config that makes no sense is taken")
	}
}

// TestOwnPooling: a checkpoint that says how it pools is taken at its word.
func TestOwnPooling(t *testing.T) {
	for says, how := range map[string]task.Pooling{
		`{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}`: task.First,
		`{"pooling_mode_max_tokens":true}`:                                 task.Max,
		`{"pooling_mode_lasttoken":true}`:                                  task.Last,
		`{"pooling_mode_cls_token":true,"pooling_mode_max_tokens":true}`:   task.Mean,
		`{`: task.Mean,
	} {
		dir := t.TempDir()
		if err := errors.Join(os.CopyFS(dir, os.DirFS("../models/bert/testdata/bert")), os.Mkdir(filepath.Join(dir, "1_Pooling"), 0o755),
			os.WriteFile(filepath.Join(dir, "1_Pooling", "config.json"), []byte(says), 0o644)); err != nil {
			t.Fatal(err)
		}
		m, err := model.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := task.Embed(t.Context(), m, []string{"the lions sleep"}, task.EmbedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want, err := task.Embed(t.Context(), m, []string{"the lions sleep"}, task.EmbedOptions{Pooling: how})
		if err != nil || !slices.Equal(got[0], want[0]) {
			t.Errorf("%s: not %s", says, how)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
