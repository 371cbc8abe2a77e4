package generate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/gpt"
	_ "github.com/nlp-zoo/zoo/models/llama"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// request is one generation that the reference made.
type request struct {
	Method        string
	Prompts       [][]int32
	Sequences     [][]int32
	Scores        []float64
	Beams         int     `json:"num_beams"`
	LengthPenalty float64 `json:"length_penalty"`
	Early         any     `json:"early_stopping"`
	MaxNew        int     `json:"max_new_tokens"`
}

func (r *request) options(eos []int32) generate.Options {
	o := generate.Options{MaxTokens: r.MaxNew, EOS: eos, Beams: r.Beams, LengthPenalty: r.LengthPenalty}
	switch r.Early {
	case true:
		o.EarlyStopping = generate.StopFull
	case "never":
		o.EarlyStopping = generate.StopNever
	}
	return o
}

// families are the packages whose golden cases are run.
var families = []string{"llama", "gpt"}

// TestGoldenGenerations holds greedy and beam search to the reference's tokens,
// for every case of the families that has some.
func TestGoldenGenerations(t *testing.T) {
	var paths []string
	for _, family := range families {
		found, err := filepath.Glob("../models/" + family + "/testdata/*/golden.json")
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no golden cases: %v", family, err)
		}
		paths = append(paths, found...)
	}
	count := map[string]int{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Generate []request
			Weights  string // the case whose checkpoint this one uses
		}
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(err)
		}
		if len(golden.Generate) == 0 {
			continue
		}
		dir := filepath.Dir(path)
		if golden.Weights != "" {
			dir = withConfig(t, filepath.Join(filepath.Dir(dir), golden.Weights), dir)
		}
		m, err := model.Open(dir)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		eos := slices.DeleteFunc(slices.Clone(m.Generation.EOS), func(id int32) bool { return id < 0 })
		for i, r := range golden.Generate {
			compare(t, fmt.Sprintf("%s: %d (%s)", path, i, r.Method), m.Net, &r, eos)
			count[r.Method]++
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("requests: %v", count)
	if count["greedy"] == 0 || count["beam"] == 0 {
		t.Error("golden cases of both methods are wanted")
	}
}

// withConfig returns a folder with the files of weights and the config of another.
func withConfig(t *testing.T, weights, config string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(weights)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(config, "config.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.json"), data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func compare(t *testing.T, name string, net any, r *request, eos []int32) {
	t.Helper()
	o := r.options(eos)
	for i, prompt := range r.Prompts {
		if r.Beams <= 1 {
			if got := ids(t, net, prompt, o); !slices.Equal(got, r.Sequences[i]) {
				t.Errorf("%s: prompt %d:\n got %v\nwant %v", name, i, got, r.Sequences[i])
			}
			continue
		}
		got, err := generate.BeamSearch(context.Background(), net, prompt, o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for j, s := range got {
			at := i*r.Beams + j
			if !slices.Equal(s.IDs, r.Sequences[at]) || math.Abs(s.Score-r.Scores[at]) > 1e-4 {
				t.Errorf("%s: prompt %d beam %d:\n got %v %v\nwant %v %v", name, i, j, s.IDs, s.Score, r.Sequences[at], r.Scores[at])
			}
		}
	}
}

func ids(t testing.TB, net any, prompt []int32, o generate.Options) []int32 {
	t.Helper()
	var out []int32
	for tok, err := range generate.Generate(context.Background(), net, nil, prompt, o) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tok.ID)
	}
	return out
}

func open(t testing.TB, path string) *model.Model {
	t.Helper()
	m, err := model.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

const small = "../models/llama/testdata/llama3"

func TestRunsBesideEachOtherAreEqual(t *testing.T) {
	m := open(t, small)
	prompt := []int32{1, 5, 9}
	o := generate.Options{MaxTokens: 20, Temperature: 0.8, TopP: 0.9, Seed: 5}
	want := ids(t, m.Net, prompt, o)
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			other := o
			other.Seed += uint64(i % 2)
			got := ids(t, m.Net, prompt, other)
			if i%2 == 0 && !slices.Equal(got, want) {
				t.Errorf("run %d: %v, want %v", i, got, want)
			}
		})
	}
	wait.Wait()
}

func TestLongPromptsInChunks(t *testing.T) {
	m := open(t, "../models/llama/testdata/mistral")
	d := m.Net.(model.Decoder)
	for _, n := range []int{1, 13, d.Context() - 1} {
		prompt := make([]int32, n)
		for i := range prompt {
			prompt[i] = int32((i*7 + 3) % d.Vocab())
		}
		logits := d.Logits(&nn.Pass{Last: true}, &nn.IDs{Data: prompt, B: 1, T: n}).Data()
		best := 0
		for i, v := range logits {
			if v > logits[best] {
				best = i
			}
		}
		if got := ids(t, m.Net, prompt, generate.Options{MaxTokens: 1}); got[0] != int32(best) {
			t.Errorf("prompt of %d: token %d, want %d", n, got[0], best)
		}
	}
}

func TestEdges(t *testing.T) {
	m := open(t, small)
	d := m.Net.(model.Decoder)
	full := make([]int32, d.Context())
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		net    any
		prompt []int32
		o      generate.Options
		want   string
	}{
		"context":  {context.Background(), m.Net, full, generate.Options{}, "context"},
		"empty":    {context.Background(), m.Net, nil, generate.Options{}, "empty"},
		"id":       {context.Background(), m.Net, []int32{int32(d.Vocab())}, generate.Options{}, "token 0"},
		"negative": {context.Background(), m.Net, []int32{1, -1}, generate.Options{}, "token 1"},
		"option":   {context.Background(), m.Net, []int32{1}, generate.Options{TopP: 3}, "top_p"},
		"model":    {context.Background(), 5, []int32{1}, generate.Options{}, "int"},
		"cancel":   {canceled, m.Net, []int32{1}, generate.Options{}, "canceled"},
		"beams":    {context.Background(), m.Net, full, generate.Options{Beams: 2}, "context"},
	} {
		n := 0
		var last error
		for _, err := range generate.Generate(c.ctx, c.net, nil, c.prompt, c.o) {
			n, last = n+1, err
		}
		if n != 1 || last == nil || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%s: %d values, error %v, want one with %q", name, n, last, c.want)
		}
	}
	made := ids(t, m.Net, full[:d.Context()-3], generate.Options{})
	if len(made) != 3 {
		t.Errorf("%d tokens fill a context with room for 3", len(made))
	}
	ctx, stop := context.WithCancel(context.Background())
	n := 0
	for _, err := range generate.Generate(ctx, m.Net, nil, []int32{1}, generate.Options{MaxTokens: 50}) {
		if n++; n == 3 {
			stop()
		}
		if n == 4 && !errors.Is(err, context.Canceled) {
			t.Errorf("after cancelling: %v", err)
		}
	}
	if n != 4 {
		t.Errorf("%d values, want 3 and the error", n)
	}
	stop()
}

func TestLogProbs(t *testing.T) {
	m := open(t, small)
	d := m.Net.(model.Decoder)
	prompt := []int32{1, 5, 9}
	row := append([]int32{}, prompt...)
	var got []float64
	o := generate.Options{MaxTokens: 8, LogProbs: true, TopLogProbs: 5, RepetitionPenalty: 1.5, Temperature: 1, Seed: 2}
	for tok, err := range generate.Generate(context.Background(), m.Net, nil, prompt, o) {
		if err != nil {
			t.Fatal(err)
		}
		row, got = append(row, tok.ID), append(got, tok.LogProb)
		if len(tok.Top) != 5 || !slices.IsSortedFunc(tok.Top, func(a, b generate.Likely) int {
			if a.LogProb > b.LogProb || a.LogProb == b.LogProb && a.ID < b.ID {
				return -1
			}
			return 1
		}) {
			t.Errorf("top %v", tok.Top)
		}
		if tok.LogProb > tok.Top[0].LogProb {
			t.Errorf("token of %v over the most likely %v", tok.LogProb, tok.Top[0])
		}
	}
	want, err := generate.Score(context.Background(), d, row)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want[len(prompt)-1:] {
		if math.Abs(got[i]-w) > 1e-6 {
			t.Errorf("token %d: log-probability %v, scored %v", i, got[i], w)
		}
	}
}

// uniform is a decoder whose next token is t+1 after t, with a fixed advantage.
type uniform struct{ vocab int }

func (u uniform) Logits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	last := ids.Data[len(ids.Data)-1:]
	if !p.Last {
		last = ids.Data
	}
	out := p.Arena.Zeros(1, len(last), u.vocab)
	for i, id := range last {
		out.Data()[i*u.vocab+(int(id)+1)%u.vocab] = float32(math.Log(float64(u.vocab) + 1))
	}
	p.Done(ids)
	return out
}
func (u uniform) NewCache(rows, capacity int) *nn.Cache { return nn.NewCache(0, rows, 1, 1, capacity) }
func (u uniform) Context() int                          { return 0 }
func (u uniform) Vocab() int                            { return u.vocab }

func TestPerplexityOfKnownModel(t *testing.T) {
	u := uniform{9} // the next in turn has 10 of 18 parts, each other 1
	row := make([]int32, 400)
	for i := range row {
		row[i] = int32(i % 9)
	}
	p, err := generate.Score(context.Background(), u, row)
	if err != nil || len(p) != 399 {
		t.Fatalf("%d scores, %v", len(p), err)
	}
	if got := generate.Perplexity(p); math.Abs(got-1.8) > 1e-5 {
		t.Errorf("perplexity %v, want 1.8", got)
	}
	if got := ids(t, u, []int32{4}, generate.Options{MaxTokens: 6, EOS: []int32{8}}); !slices.Equal(got, []int32{5, 6, 7, 8}) {
		t.Errorf("tokens %v, want 5 to the end token 8", got)
	}
	if got := ids(t, u, []int32{4}, generate.Options{MaxTokens: 4, MinTokens: 9, EOS: []int32{6}}); slices.Contains(got, 6) {
		t.Errorf("tokens %v: an end token before MinTokens", got)
	}
}

func TestDecodeStepsAllocateNothing(t *testing.T) {
	m := open(t, small)
	measure := func(n int) float64 {
		return testing.AllocsPerRun(3, func() { ids(t, m.Net, []int32{1, 5}, generate.Options{MaxTokens: n}) })
	}
	a, b := measure(20), measure(60)
	t.Logf("%.2f allocations a token", (b-a)/40)
	if (b-a)/40 > 0.5 {
		t.Errorf("%v allocations for 20 tokens, %v for 60", a, b)
	}
}
