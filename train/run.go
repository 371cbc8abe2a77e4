// Package train trains models by recipes: the loop of steps, evaluation while it
// goes on, checkpoints that outlast a kill at any moment, and metrics.
//
// The same recipe gives the same bytes, at any number of threads, and whether or
// not the run was stopped and resumed on the way.
package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/optim"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// Options say where a run goes and who hears of it.
type Options struct {
	Dir    string // the run's folder; "": runs/NAME
	Resume bool   // go on from the newest checkpoint that is whole; without one, start
	Force  bool   // replace the run that is in the folder

	// Report, if not nil, is told what happens: a Started, then Metrics and Saved.
	Report func(event any)
}

// Started is what is known when a run begins.
type Started struct {
	Dir        string `json:"dir"`
	Step       int    `json:"step"` // steps done before
	Steps      int    `json:"steps"`
	Parameters int    `json:"parameters"`
	Resumed    string `json:"resumed,omitempty"` // the checkpoint that the run goes on from
	Spoiled    string `json:"spoiled,omitempty"` // what was wrong with newer ones
}

// Saved tells of a checkpoint that was written.
type Saved struct {
	Path string `json:"path"`
	Step int    `json:"step"`
}

// A Best is the best result on held-out text so far.
type Best struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"`
	// Score is what the best has more of than any other: the metric of a task, or
	// the loss with its sign turned.
	Score float64 `json:"score"`
}

// A Result is what a run came to.
type Result struct {
	Dir  string `json:"dir"`
	Step int    `json:"step"`
	Best *Best  `json:"best,omitempty"` // nil: there was no evaluation
}

// ErrStopped is the error of a run whose context ended. Its state was saved.
var ErrStopped = errors.New("stopped")

// run is one call of Run.
type run struct {
	*Recipe
	dir    string
	report func(event any)

	tok    *tokenizer.Tokenizer
	beside map[string][]byte // the tokenizer's files
	task   objective.Task
	tuning *Tuning // nil: texts

	config    []byte  // config.json
	net, view any     // the network, and it without gradients
	adapter   Adapter // nil: all is trained
	bound     objective.Bound
	evaluated objective.Bound // of view
	weights   []optim.Param
	optimizer optim.Optimizer

	in      data.Stream[objective.Example]
	held    []objective.Example
	metrics *lines
	samples *lines
	arena   *tensor.Arena
	open    []io.Closer

	kept int // the step of the last checkpoint

	progress
}

// progress is what a run has done, beside weights and moments: what state.json has.
type progress struct {
	Step   int             `json:"step"`
	Tokens int             `json:"tokens"`
	Best   *Best           `json:"best"`
	Meter  meter           `json:"meter"`
	Stream json.RawMessage `json:"data"`
	Bound  json.RawMessage `json:"recipe"` // what must not change
}

// Run trains by a recipe until its steps are done, or until ctx ends: then the
// state is saved, and the error is ErrStopped.
func Run(ctx context.Context, recipe *Recipe, o Options) (Result, error) {
	r := &run{Recipe: recipe, dir: o.Dir, report: o.Report, arena: tensor.NewTrainingArena()}
	if r.dir == "" {
		r.dir = filepath.Join("runs", recipe.Name)
	}
	if r.report == nil {
		r.report = func(any) {}
	}
	if recipe.Threads > 0 {
		parallel.SetThreads(recipe.Threads)
	}
	err := r.occupy(o)
	if err == nil {
		err = r.prepare(ctx)
	}
	if err == nil {
		err = r.start(o)
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("train: %s: %w before a step was made", r.dir, ErrStopped)
	}
	if err == nil {
		err = r.loop(ctx)
	}
	return Result{r.dir, r.Step, r.Best}, errors.Join(err, r.close())
}

// errHeld is the error of a folder that another process works in.
var errHeld = errors.New("another process trains here")

// occupy makes the folder, and refuses one that has another run in it.
func (r *run) occupy(o Options) error {
	if err := os.MkdirAll(r.dir, 0o777); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	lock, err := hold(filepath.Join(r.dir, lockName))
	if err != nil {
		return fmt.Errorf("train: %s: %w", r.dir, err)
	}
	r.open = append(r.open, lock)
	recipe := filepath.Join(r.dir, recipeName)
	_, err = os.Stat(recipe)
	if err == nil && o.Force && !o.Resume {
		err = r.clear()
	} else if err == nil && !o.Resume {
		return fmt.Errorf("train: %s: there is a run already: resume it, or have it replaced", r.dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// clear removes what a run writes, and nothing else.
func (r *run) clear() error {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ours(e.Name()) {
			if err := os.RemoveAll(filepath.Join(r.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare makes everything that steps need.
func (r *run) prepare(ctx context.Context) error {
	if err := r.openTokenizer(ctx); err != nil {
		return err
	}
	read := r.openExamples
	if !r.Task.IsZero() {
		if err := r.openTask(); err != nil {
			return err
		}
		read = func() error { return nil }
	} else if err := r.openObjective(); err != nil {
		return err
	}
	if err := r.declare(); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	if r.Eval.Every > 0 && len(r.held) == 0 {
		return r.located(&keyError{key: "eval.every", why: errNoEval.Error()})
	}
	var err error
	r.optimizer, err = optim.New(r.Optimizer.Config, r.weights)
	return err
}

// openObjective makes the objective for the tokenizer's vocabulary.
func (r *run) openObjective() (err error) {
	if r.task, err = r.Objective.task(objective.VocabOf(r.tok)); err != nil {
		return r.located(&keyError{key: "objective", why: err.Error()})
	}
	return first(r.checkPacking(), r.checkSources("data.sources", r.Data.Sources), r.checkSources("data.eval", r.Data.Eval))
}

// take returns the first n values of s, or as many as there are.
func take[T any](s data.Stream[T], n int) (all []T, err error) {
	for len(all) < n {
		v, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// start begins anew, or goes on from a checkpoint.
func (r *run) start(o Options) error {
	begun := Started{Dir: r.dir, Steps: r.Steps, Parameters: nn.Count(r.net)}
	var err error
	if r.Bound, err = r.binding(); err != nil {
		return err
	}
	if o.Resume {
		if begun.Resumed, begun.Spoiled, err = r.resume(); err != nil {
			return err
		}
	}
	text, err := r.Text()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(r.dir, recipeName), bytesOf(text)); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if r.metrics, err = openLines(filepath.Join(r.dir, metricsName), r.Step); err != nil {
		return err
	}
	if r.samples, err = openLines(filepath.Join(r.dir, samplesName), r.Step); err != nil {
		return err
	}
	begun.Step = r.Step
	r.report(begun)
	return nil
}

// loop does the steps that are left.
func (r *run) loop(ctx context.Context) error {
	for r.Step < r.Steps {
		if err := r.step(ctx); err != nil {
			if ctx.Err() == nil {
				return err
			}
			err = nil
			if r.Step > r.kept {
				err = r.save()
			}
			return errors.Join(fmt.Errorf("train: %s: %w after %d of %d steps", r.dir, ErrStopped, r.Step, r.Steps), err)
		}
		last := r.Step == r.Steps
		var line *Metrics
		if last || r.Step%r.Log.Every == 0 || r.evaluates() {
			line = r.Meter.line(r)
		}
		if r.evaluates() {
			if err := errors.Join(r.evaluate(line), r.write()); err != nil {
				return err
			}
		}
		if line != nil {
			if err := r.metrics.write(line); err != nil {
				return err
			}
			r.report(*line)
		}
		if last || r.Save.Every > 0 && r.Step%r.Save.Every == 0 {
			if err := r.save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// evaluates tells whether the model is evaluated after this step.
func (r *run) evaluates() bool {
	return r.Eval.Every > 0 && (r.Step%r.Eval.Every == 0 || r.Step == r.Steps)
}
