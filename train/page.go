package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/train/report"
)

// writePage writes the page that shows how the run goes, and its plots by themselves.
func (r *run) writePage() error {
	metrics, err := ReadMetrics(filepath.Join(r.dir, metricsName))
	if err != nil {
		return err
	}
	samples, err := readSamples(filepath.Join(r.dir, samplesName))
	if err != nil {
		return err
	}
	recipe, err := r.Text()
	if err != nil {
		return err
	}
	page, err := report.Run{
		Name: r.Name, About: r.About, Facts: r.facts(), Recipe: string(recipe), Metrics: metrics, Samples: samples,
	}.HTML()
	if err != nil {
		return fmt.Errorf("train: page: %w", err)
	}
	files := map[string]content{pageName: bytesOf(page)}
	for _, p := range report.Plots(metrics) {
		name := strings.ToLower(strings.NewReplacer(" ", "-", ",", "").Replace(p.Title)) + ".svg"
		files[path.Join(plotsName, name)] = bytesOf(p.SVG())
	}
	if _, err := writeFiles(r.dir, files); err != nil {
		return fmt.Errorf("train: page: %w", err)
	}
	return nil
}

// shownSamples is how many samples a page has, the latest ones.
const shownSamples = 20

func readSamples(path string) (all []report.Sample, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("train: samples: %w", err)
	}
	for line := range bytes.Lines(text) {
		var s report.Sample
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("train: %s: %w", path, err)
		}
		all = append(all, s)
	}
	return all[max(0, len(all)-shownSamples):], nil
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
