package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/optim"
)

// words is text with an order to be learnt: a word tells which one follows, four
// times of five.
func words(n int) string {
	var list []string
	for _, a := range []string{"ba", "du", "ki", "lo", "me", "ra", "su", "ti"} {
		for _, b := range []string{"na", "ret", "vis", "mo"} {
			list = append(list, a+b)
		}
	}
	var b strings.Builder
	at := 0
	for i := range n {
		if at = (5*at + 3) % len(list); mix(uint64(i))%5 == 0 {
			at = int(mix(uint64(i), 1) % uint64(len(list)))
		}
		b.WriteString(list[at])
		if i%9 == 8 {
			b.WriteString(".\n\n")
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// recipes are tiny ones of each family.
var recipes = map[string]string{
	"gpt2": `
model:
  config: {model_type: gpt2, n_embd: 32, n_layer: 2, n_head: 2, n_positions: 32}
tokenizer: {train: {preset: gpt2, size: 280}}
objective: causal
`,
	"llama": `
model:
  config: {model_type: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2, max_position_embeddings: 32, tie_word_embeddings: true}
tokenizer: {train: {preset: gpt2, size: 280}}
objective: {name: causal, documents: true}
`,
	"bert": `
model:
  config: {model_type: bert, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2, max_position_embeddings: 32, initializer_range: 0.15, hidden_dropout_prob: 0.02, attention_probs_dropout_prob: 0.0}
tokenizer: {train: {preset: bert, size: 60}}
objective: {name: masked, rate: 0.2}
`,
	"t5": `
model:
  config: {model_type: t5, d_model: 32, d_kv: 16, d_ff: 64, num_layers: 2, num_heads: 2, dropout_rate: 0.02}
tokenizer: {train: {preset: t5, size: 60, sentinels: 10}}
objective: denoising
`,
}

// prompts are what samples begin with.
var prompts = map[string]string{"gpt2": "bana duret", "bert": `"bana [MASK] duret ."`, "t5": "bana <extra_id_0> duret"}

// recipe returns the tiny recipe of a family, for a corpus that it makes.
func recipe(t testing.TB, family string, changes ...string) *Recipe {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(path, []byte(words(6000)), 0o666); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`name: tiny
seed: 7
%s
data: {sources: [{path: %s}], held_out: 0.05}
optimizer: {lr: 5e-3}
schedule: {name: cosine, warmup: 10, floor: 0.1}
batch: {examples: 8, micro: 4, length: 32}
steps: 20
eval: {every: 10, batches: 2}
save: {every: 5}
log: {every: 5}
sample: {prompts: [%s], tokens: 8}
`, recipes[family], path, prompts[family])
	r, err := Parse(family+".yaml", []byte(text), changes...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// trained runs a recipe and returns the folder.
func trained(t testing.TB, r *Recipe, o Options) string {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "run")
	}
	if _, err := Run(context.Background(), r, o); err != nil {
		t.Fatal(err)
	}
	return o.Dir
}

// TestLearns: what stands in a place depends on what is around it, so a model that
// learns beats the entropy of words alone.
func TestLearns(t *testing.T) {
	for family := range recipes {
		t.Run(family, func(t *testing.T) {
			var last Metrics
			changes := []string{"steps=250", "optimizer.lr=1e-2"}
			if family == "bert" { // few of the tokens are targets
				changes = []string{"steps=800", "optimizer.lr=6e-3", "schedule.warmup=50"}
			}
			r := recipe(t, family, append(changes, "eval.every=250", "save.every=0")...)
			dir := trained(t, r, Options{Report: func(event any) {
				if m, ok := event.(Metrics); ok && m.Eval != nil {
					last = m
				}
			}})
			m, err := model.Open(filepath.Join(dir, lastName))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			text, _ := os.ReadFile(r.Data.Sources[0].Path)
			entropy := unigramEntropy(m.Tokenizer.Encode(string(text)))
			if !(last.Eval["loss"] < 0.9*entropy) {
				t.Errorf("the held-out loss is %v, the entropy of single tokens %v", last.Eval["loss"], entropy)
			}
			if err := Verify(filepath.Join(dir, bestName)); err != nil {
				t.Error(err)
			}
		})
	}
}

func unigramEntropy(ids []int32) float64 {
	counts := map[int32]float64{}
	for _, id := range ids {
		counts[id]++
	}
	var h float64
	for _, n := range counts {
		h -= n / float64(len(ids)) * math.Log(n/float64(len(ids)))
	}
	return h
}

// state returns the files of a run whose bytes the recipe alone decides.
func state(t testing.TB, dir string, tops ...string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, top := range tops {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, _ := filepath.Rel(dir, path)
			all[name], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sameState fails t unless two runs came to the same bytes.
func sameState(t testing.TB, got, want string) {
	t.Helper()
	sameFiles(t, got, want, lastName, bestName)
	if g, w := lossesOf(t, got), lossesOf(t, want); g != w {
		t.Errorf("metrics are\n%swant\n%s", g, w)
	}
	g, err1 := os.ReadFile(filepath.Join(got, samplesName))
	w, err2 := os.ReadFile(filepath.Join(want, samplesName))
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(g, w) {
		t.Errorf("samples are\n%swant\n%s(%v)", g, w, err)
	}
}

func sameFiles(t testing.TB, got, want string, tops ...string) {
	t.Helper()
	g, w := state(t, got, tops...), state(t, want, tops...)
	for name := range w {
		if !bytes.Equal(g[name], w[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if len(g) != len(w) {
		t.Errorf("%d files, want %d", len(g), len(w))
	}
}

// lossesOf returns the metrics but for what the clock says.
func lossesOf(t testing.TB, dir string) string {
	t.Helper()
	lines, err := ReadMetrics(filepath.Join(dir, metricsName))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range lines {
		m.TokensPerSecond = 0
		fmt.Fprintf(&b, "%+v\n", m)
	}
	return b.String()
}

// TestThreads: the same bytes at any number of threads.
func TestThreads(t *testing.T) {
	defer parallel.SetThreads(0)
	for family := range recipes {
		r := recipe(t, family, "steps=10")
		var first string
		for threads := 1; threads <= 3; threads++ {
			parallel.SetThreads(threads)
			dir := trained(t, r, Options{})
			if first == "" {
				first = dir
			}
			sameState(t, dir, first)
		}
	}
}

// TestMicro: a batch in parts has the gradient of the whole batch.
func TestMicro(t *testing.T) {
	losses := func(micro string) (all []float64) {
		r := recipe(t, "llama", "batch.micro="+micro, "steps=10", "log.every=1")
		trained(t, r, Options{Report: func(event any) {
			if m, ok := event.(Metrics); ok {
				all = append(all, m.Loss, m.GradNorm)
			}
		}})
		return all
	}
	whole := losses("8")
	for _, micro := range []string{"1", "3"} {
		for i, v := range losses(micro) {
			if d := math.Abs(v - whole[i]); !(d < 2e-4*math.Abs(whole[i])) {
				t.Errorf("parts of %s: value %d is %v, want %v", micro, i, v, whole[i])
			}
		}
	}
}

// TestStop: a run whose context ends is saved, and resumes to the same bytes; a
// folder with a run is not written over.
func TestStop(t *testing.T) {
	r := recipe(t, "bert")
	want := trained(t, r, Options{})
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, r, Options{Dir: dir, Report: func(event any) {
		if m, ok := event.(Metrics); ok && m.Step >= 10 {
			cancel()
		}
	}})
	if !errors.Is(err, ErrStopped) {
		t.Fatalf("stopped with %v", err)
	}
	if _, err := Run(context.Background(), r, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "there is a run already") {
		t.Errorf("over a run: %v", err)
	}
	other := recipe(t, "bert", "seed=8")
	other.Data = r.Data
	if _, err := Run(context.Background(), other, Options{Dir: dir, Resume: true}); err == nil || !strings.Contains(err.Error(), "seed: it is not what the run") {
		t.Errorf("resumed with another seed: %v", err)
	}
	frozen := *r
	frozen.Optimizer.Groups = []optim.Group{{Match: []string{"*weight"}, Frozen: true}}
	if _, err := Run(context.Background(), &frozen, Options{Dir: dir, Resume: true}); err == nil || !strings.Contains(err.Error(), "more like these") || len(err.Error()) > 1000 {
		t.Errorf("resumed with other state: %v", err)
	}
	trained(t, r, Options{Dir: dir, Resume: true})
	sameState(t, dir, want)
	trained(t, r, Options{Dir: dir, Resume: true}) // there is nothing left to do
	sameState(t, dir, want)
	trained(t, r, Options{Dir: dir, Force: true})
	sameState(t, dir, want)
}

// TestSpoiled: a checkpoint that is not what was written is passed over, and its
// error told.
func TestSpoiled(t *testing.T) {
	r := recipe(t, "gpt2")
	want := trained(t, r, Options{})
	for _, name := range []string{weightsName, momentsName, stateName, "config.json", manifestName} {
		dir := trained(t, r, Options{})
		path := filepath.Join(dir, lastName, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == manifestName {
			data = data[:len(data)/2]
		} else {
			data[len(data)/2] ^= 1
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		var begun Started
		trained(t, r, Options{Dir: dir, Resume: true, Report: func(event any) {
			if s, ok := event.(Started); ok {
				begun = s
			}
		}})
		if begun.Step != 15 || name != manifestName && !strings.Contains(begun.Spoiled, name) {
			t.Errorf("%s spoiled: went on from %d, told %q", name, begun.Step, begun.Spoiled)
		}
		sameState(t, dir, want)
	}
}

// TestFrom: a run goes on from the weights of another.
func TestFrom(t *testing.T) {
	first := trained(t, recipe(t, "gpt2", "steps=60", "eval.every=0"), Options{})
	r := recipe(t, "gpt2", "steps=5", "log.every=1", "optimizer.lr=1e-4", "eval.every=0")
	r.Model, r.Tokenizer = Model{From: filepath.Join(first, lastName)}, Tokenizer{}
	var loss float64
	trained(t, r, Options{Report: func(event any) {
		if m, ok := event.(Metrics); ok && m.Step == 1 {
			loss = m.Loss
		}
	}})
	lines, err := ReadMetrics(filepath.Join(first, metricsName))
	if err != nil {
		t.Fatal(err)
	}
	if last := lines[len(lines)-1].Loss; !(loss < last+0.3) {
		t.Errorf("the first loss is %v, that of the run before %v", loss, last)
	}
}

// TestRecompute: layers that are run again in the backward pass change no byte. T5's
// do: what its layers share, the bias of positions and the source, gets the parts of
// its gradient in another order.
func TestRecompute(t *testing.T) {
	for _, family := range []string{"bert", "gpt2", "llama"} {
		kept := recipe(t, family)
		again := recipe(t, family, "checkpoint_activations=true")
		again.Data = kept.Data
		dir := trained(t, again, Options{})
		sameState(t, dir, trained(t, kept, Options{}))
	}
}

// TestMixture: sources with weights are read by them, and resume.
func TestMixture(t *testing.T) {
	r := recipe(t, "gpt2", "data.sources.0.weight=3", "data.sources.0.unit=paragraphs")
	other := filepath.Join(t.TempDir(), "other.txt")
	if err := os.WriteFile(other, []byte(strings.Repeat("never seen before ", 500)), 0o666); err != nil {
		t.Fatal(err)
	}
	r.Data.Sources = append(r.Data.Sources, Source{Source: data.Source{Path: other}, Weight: 1})
	r.Schedule.Name = "constant"
	want := trained(t, r, Options{})
	dir, half := filepath.Join(t.TempDir(), "run"), *r
	half.Steps = 10
	trained(t, &half, Options{Dir: dir})
	trained(t, r, Options{Dir: dir, Resume: true})
	sameFiles(t, dir, want, lastName)
	exponent := 0.5
	r.Data.Sources[0].Weight, r.Data.Sources[1].Weight, r.Data.Exponent = 0, 0, &exponent
	trained(t, r, Options{})
}

// TestFormats: a corpus of records is the corpus of their texts.
func TestFormats(t *testing.T) {
	r := recipe(t, "bert", "eval.every=0", "data.held_out=0", "data.sources.0.unit=paragraphs", "sample.tokens=0")
	text, err := os.ReadFile(r.Data.Sources[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []byte
	for p := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		line, err := json.Marshal(map[string]any{"id": 7, "body": map[string]string{"text": p}})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	path := filepath.Join(t.TempDir(), "text.jsonl")
	if err := os.WriteFile(path, lines, 0o666); err != nil {
		t.Fatal(err)
	}
	want := trained(t, r, Options{})
	r.Data.Sources[0].Source = data.Source{Path: path, Field: "body.text"}
	got := trained(t, r, Options{})
	for _, name := range []string{weightsName, "vocab.txt"} {
		g, err1 := os.ReadFile(filepath.Join(got, lastName, name))
		w, err2 := os.ReadFile(filepath.Join(want, lastName, name))
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(g, w) {
			t.Errorf("%s differs, %v", name, err)
		}
	}
}

// TestUpTo: lines of later steps, and those that were cut short, are taken away.
func TestUpTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	for text, want := range map[string]string{
		"":                                     "",
		"{\"step\":1}\n{\"step\":2}\n":         "{\"step\":1}\n{\"step\":2}\n",
		"{\"step\":1}\n{\"step\":2}\n{\"st":    "{\"step\":1}\n{\"step\":2}\n",
		"{\"step\":1}\n{\"step\":3}\n":         "{\"step\":1}\n",
		"{\"step\":1}\n\x00\x00\n{\"step\":2}": "{\"step\":1}\n",
		"{\"step\":7}\n{\"step\":1}\n":         "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		l, err := openLines(path, 2)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(l.write(map[string]int{"step": 3}), l.close())
		if got, _ := os.ReadFile(path); err != nil || string(got) != want+"{\"step\":3}\n" {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
}
