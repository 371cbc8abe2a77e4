// Command experiment runs the same small model through two ways of training, with
// several seeds each and the same compute, and tells whether the direction that a
// paper reports shows:
//
//	go run ./tools/experiment --corpus ../shared/data/corpora/pretrain/wikitext-2-raw roberta
//	go run ./tools/experiment --corpus ../shared/data/corpora/pretrain/wikitext-2-raw spanbert spanbert-onward
//
// A run that was stopped goes on where it was; one that has had its steps is judged
// as it stands, so a changed recipe wants another folder. Results go to NAME.html,
// NAME.md and NAME.svg of the folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nlp-zoo/zoo/internal/parallel"
	_ "github.com/nlp-zoo/zoo/models/bert"
	"github.com/nlp-zoo/zoo/train"
)

// settings are what the command line says.
type settings struct {
	corpus, out string
	seeds, jobs int
	steps       int
}

func main() {
	var s settings
	flag.StringVar(&s.corpus, "corpus", "../shared/data/corpora/pretrain/wikitext-2-raw", "folder of WikiText's raw files")
	flag.StringVar(&s.out, "out", "runs/experiments", "folder of the runs and reports")
	flag.IntVar(&s.seeds, "seeds", 3, "runs of each arm")
	flag.IntVar(&s.jobs, "jobs", 2, "runs at a time, each on one thread")
	flag.IntVar(&s.steps, "steps", 3000, "steps of each run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	parallel.SetThreads(1)
	for _, name := range flag.Args() {
		x, ok := experiments[name]
		if !ok {
			fmt.Fprintf(os.Stderr, "experiment: %q is not one of roberta, spanbert, spanbert-onward\n", name)
			os.Exit(2)
		}
		if err := s.run(ctx, name, x); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// run trains all arms of an experiment with all seeds, and reports.
func (s settings) run(ctx context.Context, name string, x experiment) error {
	held, tok, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	if x.arms[0].onward {
		if _, err := s.all(ctx, []arm{dynamic}, held, tok); err != nil {
			return err
		}
	}
	outcomes, err := s.all(ctx, x.arms, held, tok)
	if err != nil {
		return err
	}
	plain, err := s.plain(tok, held)
	if err != nil {
		return err
	}
	c, err := compare(name, x, outcomes, plain)
	if err != nil {
		return err
	}
	fmt.Println(c.Markdown() + "\n" + c.Verdict)
	return write(filepath.Join(s.out, name), c)
}

// all trains arms with all seeds, s.jobs runs at a time.
func (s settings) all(ctx context.Context, arms []arm, held [][]int32, tok string) ([][]outcome, error) {
	type job struct {
		arm  int
		seed int
	}
	jobs := make(chan job)
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	outcomes := make([][]outcome, len(arms))
	for i := range outcomes {
		outcomes[i] = make([]outcome, s.seeds)
	}
	for range s.jobs {
		all.Go(func() {
			for j := range jobs {
				o, err := s.one(ctx, arms[j.arm], j.seed, held, tok)
				mu.Lock()
				outcomes[j.arm][j.seed-1], failed = o, errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	for arm := range arms {
		for seed := 1; seed <= s.seeds; seed++ {
			jobs <- job{arm, seed}
		}
	}
	close(jobs)
	all.Wait()
	return outcomes, failed
}

// one trains one run, or goes on with it, and judges what it came to.
func (s settings) one(ctx context.Context, a arm, seed int, held [][]int32, tok string) (outcome, error) {
	changes := []string{fmt.Sprint("steps=", s.steps)}
	if a.onward {
		from := filepath.Join(s.folder(dynamic, seed), "last")
		changes = []string{fmt.Sprint("steps=", s.steps/2), "optimizer.lr=0.001", "model.from=" + from}
	}
	dir, lines, err := s.trained(ctx, a, seed, tok, changes)
	if err != nil {
		return outcome{}, err
	}
	values, err := judge(filepath.Join(dir, "last"), held)
	if err != nil {
		return outcome{}, fmt.Errorf("experiment: %s: %w", dir, err)
	}
	return outcome{uint64(seed), values, lines}, nil
}

// folder returns the folder of a run.
func (s settings) folder(a arm, seed int) string {
	return filepath.Join(s.out, fmt.Sprintf("%s-%d", a.name, seed))
}

// trained trains one run, or goes on with it, and returns its folder and its metrics.
func (s settings) trained(ctx context.Context, a arm, seed int, tok string, changes []string) (dir string, lines []train.Metrics, err error) {
	dir = s.folder(a, seed)
	changes = append(changes, "name="+filepath.Base(dir), fmt.Sprint("seed=", seed), "tokenizer.path="+tok,
		"data.sources.0.path="+filepath.Join(s.out, "text", "train"), "data.eval.0.path="+filepath.Join(s.out, "text", "eval"))
	recipe, err := train.Parse(a.name+".yaml", []byte(base+"objective: "+a.objective+"\n"), changes...)
	if err != nil {
		return dir, nil, err
	}
	o := train.Options{Dir: dir, Resume: true, Report: func(event any) {
		if m, ok := event.(train.Metrics); ok && m.Eval != nil {
			fmt.Printf("%s: step %d, loss %.3f, held-out %.3f\n", dir, m.Step, m.Loss, m.Eval["loss"])
		}
	}}
	if !finished(filepath.Join(dir, "metrics.jsonl"), recipe.Steps) {
		if _, err := train.Run(ctx, recipe, o); err != nil {
			return dir, nil, err
		}
	}
	lines, err = train.ReadMetrics(filepath.Join(dir, "metrics.jsonl"))
	return dir, lines, err
}

// finished tells whether a run has had its steps.
func finished(metrics string, steps int) bool {
	lines, err := train.ReadMetrics(metrics)
	return err == nil && len(lines) > 0 && lines[len(lines)-1].Step == steps
}

// titled tells of the title of an article of WikiText: " = Title = ".
func titled(line string) bool {
	return strings.HasPrefix(line, " = ") && !strings.HasPrefix(line, " = =") && strings.HasSuffix(strings.TrimRight(line, "\n"), " = ")
}
