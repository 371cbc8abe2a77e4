package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/train"
	"github.com/nlp-zoo/zoo/train/report"
)

func TestRowsLeaveOutTheRest(t *testing.T) {
	got := rows([][]int32{{1, 2, 3, 4, 5}, {6}, {7, 8}}, 2)
	if len(got) != 3 || got[1][1] != 4 || got[2][0] != 7 {
		t.Errorf("got %v", got)
	}
}

func TestSeveralShowsSpansOfOneToken(t *testing.T) {
	const no = tensor.Ignore
	e := several(objective.Example{
		Input:  []int32{9, 9, 5, 9, 5, 9},
		Target: []int32{1, 2, no, 3, no, 4},
	})
	for i, want := range []int32{9, 9, 5, 3, 5, 4} {
		hidden := i < 2
		if e.Input[i] != want || (e.Target[i] != no) != hidden {
			t.Errorf("place %d: input %d, target %d", i, e.Input[i], e.Target[i])
		}
	}
}

// TestSums counts a span as found only when all its tokens are.
func TestSums(t *testing.T) {
	const no = tensor.Ignore
	sure := func(ids ...int32) scorer {
		return func(_ objective.Example, at []int) (all [][]float32) {
			for i := range at {
				row := make([]float32, 4)
				row[ids[i]] = float32(math.Log(3)) // half of the mass, for three others have 1/6 each
				all = append(all, row)
			}
			return all
		}
	}
	var s sums
	s.add(sure(1, 2, 3), objective.Example{Target: []int32{1, 2, no, 0}})
	want := sums{loss: 2*math.Log(2) + math.Log(6), right: 2, n: 3, whole: 1, spans: 2}
	if math.Abs(s.loss-want.loss) > 1e-6 {
		t.Errorf("loss %v, want %v", s.loss, want.loss)
	}
	if s.loss = want.loss; s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
	s = sums{}
	s.add(sure(1, 0), objective.Example{Target: []int32{1, 2}})
	if s.whole != 0 || s.spans != 1 || s.right != 1 {
		t.Errorf("half a span: %+v", s)
	}
	s.add(nil, objective.Example{Target: []int32{no}})
	if s.n != 2 {
		t.Errorf("no target: %+v", s)
	}
}

func TestFrequenciesAreShares(t *testing.T) {
	row := frequencies([][]int32{{0, 0, 1}, {0}}, 3)(objective.Example{}, []int{7})[0]
	z := tensor.LogSumExp(row)
	for id, want := range []float64{4. / 7, 2. / 7, 1. / 7} {
		if got := math.Exp(float64(row[id]) - z); math.Abs(got-want) > 1e-6 {
			t.Errorf("token %d: %v, want %v", id, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	x := experiment{
		title: "T", arms: []arm{{name: "old"}, {name: "new"}},
		measures: []measure{{"loss", "lower", true}, {"found", "higher", false}},
	}
	runs := func(steps int, losses ...float64) (all []outcome) {
		for i, v := range losses {
			all = append(all, outcome{uint64(i + 1), map[string]float64{"loss": v, "found": 1 - v}, []train.Metrics{{Step: steps, Loss: v}}})
		}
		return all
	}
	for _, c := range []struct {
		old, new []float64
		want     string
	}{
		{[]float64{3, 4, 5}, []float64{1, 2, 2.5}, "the direction shows"},
		{[]float64{1, 2, 2.5}, []float64{3, 4, 5}, "does not show"},
		{[]float64{1, 3, 3}, []float64{2, 4, 4}, "overlap"},
		{[]float64{2, 3, 3}, []float64{1, 2, 1}, "overlap"},
		{[]float64{3, 4}, []float64{1, 2}, "fewer than three seeds"},
	} {
		r, err := compare("x", x, [][]outcome{runs(7, c.old...), runs(7, c.new...)}, map[string]float64{"loss": 5.5})
		if err != nil || !strings.Contains(r.Verdict, c.want) || !strings.Contains(r.Verdict, "loss 5.5") || !strings.HasSuffix(r.Command, fmt.Sprintf("-seeds %d -steps 7 x", len(c.old))) {
			t.Errorf("%v and %v: %q, %q, %v", c.old, c.new, r.Verdict, r.Command, err)
		}
	}
	if _, err := compare("x", x, [][]outcome{runs(7, 1), runs(8, 1)}, nil); err == nil || !strings.Contains(err.Error(), "equal compute") {
		t.Errorf("unequal steps: %v", err)
	}
	if _, err := compare("x", x, [][]outcome{{{seed: 1}}, runs(8, 1)}, nil); err == nil {
		t.Error("a run without metrics passed")
	}
}

func TestWriteAndFinished(t *testing.T) {
	dir := t.TempDir()
	c := report.Comparison{Title: "T", Command: "go run it", Verdict: "undecided"}
	if err := write(filepath.Join(dir, "a", "x"), c); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{".html", ".md"} {
		b, err := os.ReadFile(filepath.Join(dir, "a", "x"+ending))
		if err != nil || !strings.Contains(string(b), "go run it") {
			t.Errorf("%s: %v\n%s", ending, err, b)
		}
	}
	log := filepath.Join(dir, "metrics.jsonl")
	if finished(log, 20) {
		t.Error("a run without metrics is finished")
	}
	if err := os.WriteFile(log, []byte("{\"step\":10}\n{\"step\":20}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if !finished(log, 20) || finished(log, 30) {
		t.Error("finished at another step than the last")
	}
}

func TestExperimentsHaveRecipes(t *testing.T) {
	for name, x := range experiments {
		decided := 0
		for _, a := range x.arms {
			if _, err := train.Parse(a.name, []byte(base+"objective: "+a.objective+"\n"), "name=x", "tokenizer.path=t", "data.sources.0.path=a", "data.eval.0.path=b"); err != nil {
				t.Error(err)
			}
		}
		for _, m := range x.measures {
			if m.verdict {
				decided++
			}
		}
		if decided != 1 || len(x.arms) < 2 || len(x.arms) > 3 {
			t.Errorf("%s: %d measures decide among %d arms", name, decided, len(x.arms))
		}
	}
}
