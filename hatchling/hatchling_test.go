package hatchling

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// room is how many bytes a model may take of the binary.
const room = 4 << 20

func open(t *testing.T, name string) *model.Model {
	t.Helper()
	m, err := model.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// write returns what a model writes after a prompt, the likeliest token each time.
func write(t *testing.T, m *model.Model, prompt string, tokens int) string {
	t.Helper()
	ids, err := task.Prompt(m, prompt)
	if err != nil {
		t.Fatal(err)
	}
	o := task.Options(m)
	o.Temperature, o.MaxTokens, o.RepetitionPenalty = 0, tokens, 0
	var b strings.Builder
	for token, err := range generate.Generate(context.Background(), m.Net, m.Tokenizer, ids, o) {
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(token.Text)
	}
	return b.String()
}

// TestSizes holds every model to its room, and to having a card.
func TestSizes(t *testing.T) {
	for name, data := range map[string][]byte{"gpt": gpt, "bert": bert, "t5": t5} {
		if len(data) > room {
			t.Errorf("%s takes %d bytes, over %d", name, len(data), room)
		}
		if card := Card(prefix + name); !strings.HasPrefix(card, "# hatchling/"+name+"\n") {
			t.Errorf("%s: its card begins %.40q", name, card)
		}
	}
	if Card("gpt") != "" || Card(prefix+"../hatchling") != "" {
		t.Error("what is none of ours has a card")
	}
}

// TestGreedy holds what the models say to what they said when they were made.
func TestGreedy(t *testing.T) {
	var b strings.Builder
	m := open(t, Default)
	for _, prompt := range []string{"", "The origin of species", "\"I am glad,\" said"} {
		fmt.Fprintf(&b, "%q: %q\n", prompt, write(t, m, prompt, 40))
	}
	for _, text := range []string{"She took her [MASK] and left the room.", "The [MASK] of the island are small."} {
		best, err := task.Fill(context.Background(), open(t, prefix+"bert"), text, 3)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%q: %s, %s, %s\n", text, best[0][0].Token, best[0][1].Token, best[0][2].Token)
	}
	for _, text := range []string{"my uncle had written that he was ill he did not wish to see me", "where are you going said mr moore to the mill sir"} {
		fmt.Fprintf(&b, "%q: %q\n", text, write(t, open(t, prefix+"t5"), text, 60))
	}
	testkit.Golden(t, "testdata/greedy.txt", []byte(b.String()))
}

// figure returns the number that a card gives under a name.
func figure(t *testing.T, card, name string) float64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \| ([0-9.]+)`).FindStringSubmatch(Card(card))
	if found == nil {
		t.Fatalf("%s: its card has no %q", card, name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// holds fails unless a card has the value, as far as it is written out.
func holds(t *testing.T, card, name string, value float64) {
	t.Helper()
	t.Logf("%s: %s: %.4f", card, name, value)
	if want := figure(t, card, name); math.Abs(want-value) > 0.0051 {
		t.Errorf("%s: %s is %.4f, but %g in the card", card, name, value, want)
	}
}

// measure holds the figures of all cards for a text, whose name the rows begin with.
func measure(t *testing.T, name, text string) {
	t.Run("gpt", func(t *testing.T) {
		nats, n := causal(t, open(t, prefix+"gpt"), text)
		holds(t, prefix+"gpt", name+": bits of a byte", nats/math.Ln2/float64(len(text)))
		holds(t, prefix+"gpt", name+": loss of a token", nats/float64(n))
	})
	t.Run("bert", func(t *testing.T) {
		loss, accuracy := masked(t, open(t, prefix+"bert"), text)
		holds(t, prefix+"bert", name+": loss of a masked token", loss)
		holds(t, prefix+"bert", name+": masked tokens that are right", accuracy)
	})
	t.Run("t5", func(t *testing.T) {
		model, baseline := restored(t, open(t, prefix+"t5"), text)
		holds(t, prefix+"t5", name+": F1 of punctuation", model.punctuation.f1())
		holds(t, prefix+"t5", name+": F1 of capitals", model.capitals.f1())
		holds(t, prefix+"t5", name+": words that were changed", float64(model.changed)/float64(model.words))
		holds(t, prefix+"t5", name+": F1 of punctuation without a model", baseline.punctuation.f1())
		holds(t, prefix+"t5", name+": F1 of capitals without a model", baseline.capitals.f1())
	})
}

// TestExcerpt holds the figures that cards give for a text of our own, which nobody
// was trained on.
func TestExcerpt(t *testing.T) {
	text, err := os.ReadFile("testdata/excerpt.txt")
	if err != nil {
		t.Fatal(err)
	}
	measure(t, "Excerpt", string(text))
}

// TestHeldOut holds the figures that cards give for the documents that were set
// apart.
func TestHeldOut(t *testing.T) {
	testkit.Long(t)
	books := testkit.Shared(t, "data/corpora/pretrain")
	dir := t.TempDir()
	args := []string{"run", "../tools/corpus", "--out", dir}
	for _, book := range []string{"authors/bronte.txt", "authors/darwin.txt", "authors/dubois.txt", "tinyshakespeare/input.txt"} {
		args = append(args, filepath.Join(books, book))
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "heldout.txt"))
	if err != nil {
		t.Fatal(err)
	}
	measure(t, "Held out", string(text))
}

// documents are the parts of a text between blank lines.
func documents(text string) (all []string) {
	for d := range strings.SplitSeq(text, "\n\n") {
		all = append(all, strings.TrimSpace(d))
	}
	return all
}

// causal returns the sum of the losses of all tokens of a text, and their number.
// Windows overlap by a half, so that each token but the first has that much before it.
func causal(t *testing.T, m *model.Model, text string) (nats float64, n int) {
	t.Helper()
	net := m.Net.(model.Decoder)
	for _, d := range documents(text) {
		first, _ := m.Tokenizer.EOS()
		ids, size := append([]int32{first}, m.Tokenizer.Encode(d, tokenizer.Bare)...), net.Context()
		for from, done := 0, 1; done < len(ids); from += size / 2 {
			window := ids[from:min(from+size, len(ids))]
			logProbs, err := generate.Score(context.Background(), net, window)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range logProbs[done-from-1:] {
				nats -= p
				n++
			}
			done = from + len(window)
		}
	}
	return nats, n
}

// masked returns the loss of masked tokens and the share that is right: of each run
// of tokens every seventh is masked, beginning with the third.
func masked(t *testing.T, m *model.Model, text string) (loss, accuracy float64) {
	t.Helper()
	const size = 60 // with both ends no longer than texts were in training
	net := m.Net.(model.MaskedLM)
	mask, _ := m.Tokenizer.MASK()
	begin, _ := m.Tokenizer.CLS()
	end, _ := m.Tokenizer.SEP()
	var nats, right, n float64
	for _, d := range documents(text) {
		ids := m.Tokenizer.Encode(d, tokenizer.Bare)
		for lo := 0; lo+8 < len(ids); lo += size {
			part := ids[lo:min(lo+size, len(ids))]
			row := append(append([]int32{begin}, part...), end)
			for i := 2; i < len(part); i += 7 {
				row[1+i] = mask
			}
			rows, _ := nn.Rows(0, row)
			logits := net.MaskLogits(&nn.Pass{Arena: &tensor.Arena{}}, rows)
			v := logits.Dim(-1)
			for i := 2; i < len(part); i += 7 {
				scores := logits.Data()[(1+i)*v : (2+i)*v]
				nats += tensor.LogSumExp(scores) - float64(scores[part[i]])
				right += float64(number(largest(scores) == int(part[i])))
				n++
			}
		}
	}
	return nats / n, right / n
}

func largest(scores []float32) (at int) {
	for i, s := range scores {
		if s > scores[at] {
			at = i
		}
	}
	return at
}

// restored returns how well a model restores a text, and what is there without one.
func restored(t *testing.T, m *model.Model, text string) (got, baseline tally) {
	t.Helper()
	const most, limit = 16, 300 // words of a piece, pieces
	pieces := sentences(text, most)
	for i := 0; i < len(pieces); i += 1 + len(pieces)/limit {
		want := pieces[i]
		got.add(wordsOf(write(t, m, bare(want), 3*most)), want)
		baseline.add(plain(want), want)
	}
	return got, baseline
}
