package train

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// learners are runs that are to beat the entropy of single tokens on held-out text.
var learners = []struct {
	name, preset string
	changes      []string
}{
	{"causal", "small-llama", nil},
	{"causal, documents apart", "small-gpt2", []string{"objective={name: causal, documents: true}"}},
	{"causal, of a BERT", "small-bert", []string{"objective=causal"}},
	{"prefix", "small-llama", []string{"objective=prefix"}},
	{"infilling", "small-llama", []string{"objective=infilling", `tokenizer.train.special=["<fim_prefix>","<fim_suffix>","<fim_middle>"]`}},
	{"denoising", "small-t5", nil},
	{"restoration", "small-t5", []string{"objective=restoration"}},
	{"masked, tokens", "small-bert", []string{"objective={name: masked, unit: token}"}},
	{"masked, words", "small-bert", []string{"objective={name: masked, unit: word}"}},
	{"masked, spans", "small-bert", []string{"objective={name: masked, unit: span}"}},
	{"next-sentence", "small-bert", []string{"objective=next-sentence"}},
	{"span-boundary", "small-bert", []string{"objective=span-boundary", "model.config.span_embedding_size=64"}},
}

// shapes make the presets tiny.
var shapes = map[string][]string{
	"small-llama": {"model.config.num_hidden_layers=2"},
	"small-gpt2":  {"model.config.n_layer=2"},
	"small-t5":    {"model.config.num_layers=2"},
	"small-bert": {
		"model.config.num_hidden_layers=2", "model.config.sinusoidal_pos_embds=true", "model.config.initializer_range=0.05",
		"optimizer.lr=3e-3",
	},
}

// TestObjectivesLearn trains a tiny model for each objective on Tiny Shakespeare until its
// loss on held-out text is clearly below the entropy of single tokens among its targets.
// What it logs is the table of docs/objectives.md.
func TestObjectivesLearn(t *testing.T) {
	testkit.Long(t)
	text := testkit.Shared(t, "data/corpora/pretrain/tinyshakespeare/input.txt")
	cache := t.TempDir()
	for _, l := range learners {
		t.Run(l.name, func(t *testing.T) {
			changes := append([]string{
				"data.sources.0.path=" + text, "data.sources.0.unit=paragraphs", "data.held_out=0.1", "data.cache=" + cache,
				"tokenizer.train.size=400", "batch={examples: 32, length: 64}", "steps=1000", "schedule={name: constant, warmup: 50}",
				"eval={every: 50, batches: 16}", "save.every=0", "sample.prompts=[]", "threads=1",
			}, append(shapes[l.preset], l.changes...)...)
			r, err := Preset(l.preset, changes...)
			if err != nil {
				t.Fatal(err)
			}
			learns(t, l.name, r)
		})
	}
}

// margin is how far below the entropy a loss must be, in nats a token, and half of it in
// nats a row.
const margin = 0.1

// beaten tells whether an evaluation is margin below the entropies of targets and labels.
func beaten(m Metrics) bool {
	nsp, paired := m.Eval["nsp"]
	return term(m) < m.Eval["unigram"]-margin && (!paired || nsp < m.Eval["labels"]-margin/2)
}

// learns trains until the losses are margin below the entropies.
func learns(t *testing.T, name string, r *Recipe) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var last Metrics
	begun := time.Now()
	_, err := Run(ctx, r, Options{Dir: filepath.Join(t.TempDir(), "run"), Report: func(event any) {
		m, ok := event.(Metrics)
		if !ok || m.Eval == nil {
			return
		}
		if last = m; beaten(m) {
			stop()
		}
	}})
	if err != nil && !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	t.Logf("| %s | %s | %d | %.0f | %.3f | %.3f |", name, r.Name, last.Step, time.Since(begun).Seconds(), term(last), last.Eval["unigram"])
	if nsp, ok := last.Eval["nsp"]; ok {
		t.Logf("| whether the second part follows | | | | %.3f | %.3f |", nsp, last.Eval["labels"])
	}
	if !beaten(last) {
		t.Errorf("after %d steps of %s: %v", last.Step, name, last.Eval)
	}
}

// term returns the loss of the tokens of an evaluation.
func term(m Metrics) float64 {
	if v, ok := m.Eval["mlm"]; ok {
		return v
	}
	return m.Eval["lm"]
}
