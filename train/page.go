package train

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/train/report"
)

// writePage writes the page that shows how the run goes.
func (r *run) writePage() error {
	lines, err := ReadMetrics(filepath.Join(r.dir, metricsName))
	if err != nil {
		return err
	}
	recipe, err := r.Text()
	if err != nil {
		return err
	}
	page, err := report.Run{Name: r.Name, About: r.About, Facts: r.facts(), Recipe: string(recipe), Metrics: lines}.HTML()
	if err == nil {
		err = atomicfile.Write(filepath.Join(r.dir, pageName), bytesOf(page))
	}
	if err != nil {
		return fmt.Errorf("train: page: %w", err)
	}
	return nil
}

// facts tells what is trained, and on what.
func (r *run) facts() []report.Fact {
	kind, _ := r.Model.Config["model_type"].(string)
	if r.Model.From != "" {
		kind = strings.TrimSpace(r.Model.From + " " + kind)
	}
	facts := []report.Fact{
		{Key: "model", Value: kind},
		{Key: "parameters", Value: strconv.Itoa(nn.Count(r.net))},
		{Key: "objective", Value: r.Objective.Name + r.Task.Name},
	}
	var sources []string
	for _, s := range r.Data.Sources {
		sources = append(sources, s.Path)
	}
	if len(sources) > 0 {
		facts = append(facts, report.Fact{Key: "data", Value: strings.Join(sources, ", ")})
	}
	return append(facts,
		report.Fact{Key: "batch", Value: fmt.Sprintf("%d rows of %d tokens", r.Batch.Examples, r.Batch.Length)},
		report.Fact{Key: "steps", Value: fmt.Sprintf("%d of %d", r.Step, r.Steps)},
	)
}
