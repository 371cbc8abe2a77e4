package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/train"
	"github.com/nlp-zoo/zoo/train/report"
)

// An outcome is what one run came to.
type outcome struct {
	seed    uint64
	values  map[string]float64
	metrics []train.Metrics
}

// compare states an experiment's results: whether the second arm is better than the
// first.
func compare(name string, x experiment, outcomes [][]outcome, plain map[string]float64) (report.Comparison, error) {
	c := report.Comparison{Title: x.title, About: x.about}
	var steps []int
	for i, a := range x.arms {
		arm := report.Arm{Name: a.name, About: a.about}
		for _, o := range outcomes[i] {
			if len(o.metrics) == 0 {
				return c, fmt.Errorf("experiment: %s-%d: no metrics", a.name, o.seed)
			}
			steps = append(steps, o.metrics[len(o.metrics)-1].Step)
			arm.Outcomes = append(arm.Outcomes, report.Outcome{Seed: o.seed, Values: o.values, Metrics: o.metrics})
		}
		c.Arms = append(c.Arms, arm)
	}
	if slices.Min(steps) != slices.Max(steps) {
		return c, fmt.Errorf("experiment: %s: runs of %d and of %d steps are not of equal compute", name, slices.Min(steps), slices.Max(steps))
	}
	whole := steps[0]
	if x.arms[0].onward {
		whole *= 2
	}
	c.Command = fmt.Sprintf("go run ./tools/experiment -seeds %d -steps %d %s", len(outcomes[0]), whole, name)
	for _, m := range x.measures {
		c.Measures = append(c.Measures, report.Measure{Name: m.name, Goal: m.goal})
	}
	var alone []string
	for _, m := range x.measures {
		if m.verdict {
			c.Verdict = verdict(c, m.name, x.arms[1].name, x.arms[0].name)
		}
		alone = append(alone, fmt.Sprintf("%s %.4g", m.name, plain[m.name]))
	}
	c.Verdict += " Token frequencies alone: " + strings.Join(alone, ", ") + "."
	return c, nil
}

// verdict tells whether better did better than other in a measure. Chance orders two
// seeds of each arm one time in six, so three are wanted.
func verdict(c report.Comparison, measure, better, other string) string {
	switch {
	case min(len(c.Arms[0].Outcomes), len(c.Arms[1].Outcomes)) < 3:
		return measure + ": undecided; the arms have fewer than three seeds."
	case c.Shown(measure, better, other):
		return fmt.Sprintf("%s: the direction shows; every seed of %s did better than every seed of %s.", measure, better, other)
	case c.Shown(measure, other, better):
		return fmt.Sprintf("%s: the direction does not show; every seed of %s did better than every seed of %s.", measure, other, better)
	}
	return fmt.Sprintf("%s: undecided; the seeds of %s and %s overlap.", measure, better, other)
}

// write writes the comparison to the files path.html and path.md, and its curve to
// path.svg.
func write(path string, c report.Comparison) error {
	page, err := c.HTML()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	text := "# " + c.Title + "\n\n" + c.About + "\n\n" + c.Markdown() + "\n" + c.Verdict + "\n\n    " + c.Command + "\n"
	for ending, b := range map[string][]byte{".html": page, ".md": []byte(text), ".svg": curve(c).SVG()} {
		if err := os.WriteFile(path+ending, b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// curve is the loss of masked tokens on held-out text, which all arms have.
func curve(c report.Comparison) report.Plot {
	plots := c.Plots()
	if i := slices.IndexFunc(plots, func(p report.Plot) bool { return p.Title == "Held-out mlm" }); i >= 0 {
		return plots[i]
	}
	return plots[0]
}
