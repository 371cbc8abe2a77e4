// Package report draws what training runs came to: plots as SVG, a page for a run,
// and pages that compare several. Pages are single files that need nothing beside
// them, light or dark as the reader's system is. The same input gives the same bytes.
package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// Metrics is a line of a run's file of metrics.
type Metrics struct {
	Step            int                `json:"step"`
	Tokens          int                `json:"tokens"` // read and written so far
	Loss            float64            `json:"loss"`   // mean of the steps since the line before
	Terms           map[string]float64 `json:"terms"`
	LR              float64            `json:"lr"`
	GradNorm        float64            `json:"grad_norm"` // of the last step, before it is clipped
	TokensPerSecond float64            `json:"tokens_per_second"`
	Eval            map[string]float64 `json:"eval,omitempty"` // loss and terms on held-out text
}

// maxLine bounds a line of metrics.
const maxLine = 1 << 20

// Read reads lines of metrics. A last line that was cut short, as by a kill, is left
// out; any other that is no JSON object is an error that names its number.
func Read(r io.Reader) ([]Metrics, error) {
	var all []Metrics
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("report: metrics: line %d: %w", n, err)
		}
		var m Metrics
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, fmt.Errorf("report: metrics: line %d: %w", n, err)
		}
		all = append(all, m)
	}
}

// readLine returns a whole line; io.EOF where the rest is none.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// A quantity is a number that a line of metrics may have.
type quantity func(m Metrics) (value float64, ok bool)

func ofLoss(m Metrics) (float64, bool)  { return m.Loss, true }
func ofRate(m Metrics) (float64, bool)  { return m.LR, true }
func ofNorm(m Metrics) (float64, bool)  { return m.GradNorm, true }
func ofSpeed(m Metrics) (float64, bool) { return m.TokensPerSecond, m.TokensPerSecond > 0 }

func ofTerm(name string) quantity {
	return func(m Metrics) (float64, bool) { v, ok := m.Terms[name]; return v, ok }
}

func ofEval(name string) quantity {
	return func(m Metrics) (float64, bool) { v, ok := m.Eval[name]; return v, ok }
}

// points returns a quantity over the steps.
func points(lines []Metrics, of quantity) (ps []Point) {
	for _, m := range lines {
		if v, ok := of(m); ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
			ps = append(ps, Point{float64(m.Step), v})
		}
	}
	return ps
}

// keys returns the keys of all maps, sorted.
func keys(lines []Metrics, of func(Metrics) map[string]float64) []string {
	all := map[string]bool{}
	for _, m := range lines {
		for k := range of(m) {
			all[k] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func evalKeys(lines []Metrics) []string {
	return keys(lines, func(m Metrics) map[string]float64 { return m.Eval })
}
