package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/nlp-zoo/zoo/internal/measure"
	"github.com/nlp-zoo/zoo/train"
)

func trainCommand(g *global) *cobra.Command {
	var o train.Options
	var changes []string
	var list bool
	c := &cobra.Command{
		Use:   "train RECIPE.yaml|NAME|RUN [--set a.b=c ...] [--resume]",
		Short: "Train a model by a recipe",
		Long: "Train a model by a recipe. The run's folder gets the recipe as it was resolved, metrics as JSON lines,\n" +
			"and the last and the best checkpoint, which every command opens. Ctrl-C saves; --resume goes on to the same\n" +
			"bytes that a run without a stop would have come to. NAME is one of the recipes that come along (--list), and\n" +
			"RUN, the folder of a run, stands for its recipe.",
		Example: "  zoo train small-llama --set data.sources.0.path=./texts --out ./run\n  zoo train ./run --resume\n  zoo train recipe.yaml --set steps=500",
		Args: func(c *cobra.Command, args []string) error {
			if list && len(args) == 0 {
				return nil
			}
			return cobra.ExactArgs(1)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if list {
				return listRecipes(c, g)
			}
			recipe, err := openRecipe(args[0], &o, changes)
			if err != nil {
				return usageError{err}
			}
			if g.threads > 0 {
				recipe.Threads = g.threads
			}
			return runTraining(c, g, recipe, o)
		},
	}
	flags := c.Flags()
	flags.StringArrayVar(&changes, "set", nil, "change a key of the recipe: a.b=c; may be given again")
	flags.StringVar(&o.Dir, "out", "", "folder of the run (default: runs/NAME)")
	flags.BoolVar(&o.Resume, "resume", false, "go on from the newest checkpoint that is whole")
	flags.BoolVar(&list, "list", false, "list the recipes that come along")
	flags.BoolVar(&o.Force, "force", false, "replace the run that is in the folder")
	return c
}

// openRecipe reads a recipe: a file, that of a run's folder, or one that comes along.
func openRecipe(path string, o *train.Options, changes []string) (*train.Recipe, error) {
	info, err := os.Stat(path)
	if err != nil && filepath.Base(path) == path && filepath.Ext(path) == "" {
		return train.Preset(path, changes...)
	}
	if err == nil && info.IsDir() {
		if o.Dir == "" {
			o.Dir = path
		}
		path = filepath.Join(path, "recipe.yaml")
	}
	return train.Read(path, changes...)
}

func listRecipes(c *cobra.Command, g *global) error {
	type listed struct {
		Name  string `json:"name"`
		About string `json:"about"`
	}
	var all []listed
	for _, name := range train.Presets() {
		r, err := train.Preset(name)
		if err != nil {
			return err
		}
		all = append(all, listed{name, r.About})
	}
	if g.json {
		return writeJSON(c.OutOrStdout(), all)
	}
	for _, l := range all {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%-22s %s\n", l.Name, l.About); err != nil {
			return err
		}
	}
	return nil
}

func runTraining(c *cobra.Command, g *global, recipe *train.Recipe, o train.Options) error {
	show := newTrainingProgress(c.ErrOrStderr())
	o.Report = func(event any) {
		if g.json {
			_ = writeJSON(c.OutOrStdout(), named(event))
			return
		}
		show.event(event)
	}
	done, err := train.Run(c.Context(), recipe, o)
	show.clear()
	if errors.Is(err, train.ErrStopped) {
		return fmt.Errorf("%w; go on with: zoo train %s --resume", err, done.Dir)
	}
	if err != nil || g.json {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), filepath.Join(done.Dir, "last"))
	return err
}

// named returns an event with its name, as JSON has it.
func named(event any) any {
	switch e := event.(type) {
	case train.Started:
		return struct {
			Event string `json:"event"`
			train.Started
		}{"started", e}
	case train.Metrics:
		return struct {
			Event string `json:"event"`
			train.Metrics
		}{"metrics", e}
	case train.Saved:
		return struct {
			Event string `json:"event"`
			train.Saved
		}{"saved", e}
	}
	return event
}

// trainingProgress shows on one line of a terminal how a run goes, and writes a
// line for each event elsewhere.
type trainingProgress struct {
	out      io.Writer
	terminal bool
	begun    train.Started
	start    time.Time
	shown    bool
}

func newTrainingProgress(w io.Writer) *trainingProgress {
	f, ok := w.(*os.File)
	return &trainingProgress{out: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *trainingProgress) event(event any) {
	switch e := event.(type) {
	case train.Started:
		p.begun, p.start = e, time.Now()
		p.line("%s: %d parameters, %d steps", e.Dir, e.Parameters, e.Steps)
		if e.Spoiled != "" {
			p.line("not whole: %s", e.Spoiled)
		}
		if e.Resumed != "" {
			p.line("going on from %s, step %d", e.Resumed, e.Step)
		}
	case train.Metrics:
		p.metrics(e)
	case train.Saved:
		if !p.terminal {
			p.line("saved %s, step %d", e.Path, e.Step)
		}
	}
}

func (p *trainingProgress) metrics(m train.Metrics) {
	left := time.Duration(0)
	if done := m.Step - p.begun.Step; done > 0 {
		left = time.Duration(float64(time.Since(p.start)) / float64(done) * float64(p.begun.Steps-m.Step))
	}
	text := fmt.Sprintf("step %d of %d  loss %.4f  lr %.3g  %.0f tokens/s  %s left", m.Step, p.begun.Steps, m.Loss, m.LR,
		m.TokensPerSecond, left.Round(time.Second))
	if bytes := measure.PeakMemory(); bytes > 0 {
		text += fmt.Sprintf("  %d MiB", bytes>>20)
	}
	if m.Eval != nil {
		text += fmt.Sprintf("  held-out loss %.4f", m.Eval["loss"])
	}
	if !p.terminal || m.Eval != nil {
		p.line("%s", text)
		return
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s", text)
	p.shown = true
}

// line writes a line that stays.
func (p *trainingProgress) line(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.out, format+"\n", args...)
}

// clear takes the line that does not stay away.
func (p *trainingProgress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}
