package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/nlp-zoo/zoo/train/report"
)

const (
	recipeName  = "recipe.yaml"
	metricsName = "metrics.jsonl"
	samplesName = "samples.jsonl"
	pageName    = "report.html"
	plotsName   = "plots"
	lockName    = ".lock"
	tokensName  = "tokens"
)

// Metrics is a line of metrics.jsonl.
type Metrics = report.Metrics

// meter adds up the steps since the last line.
type meter struct {
	Steps    int       `json:"steps"`
	Tokens   int       `json:"tokens"`
	Loss     float64   `json:"loss"`
	Terms    []float64 `json:"terms"`
	LR       float64   `json:"lr"`
	GradNorm float64   `json:"grad_norm"`

	spent time.Duration
	timed int // tokens of spent
}

func (m *meter) add(sums []float64, counts []int, tokens int, lr, size float64, spent time.Duration) {
	if m.Terms == nil {
		m.Terms = make([]float64, len(sums))
	}
	for i, s := range sums {
		if counts[i] > 0 {
			m.Terms[i] += s / float64(counts[i])
		}
	}
	m.Loss += total(sums, counts)
	m.Steps++
	m.Tokens += tokens
	m.LR, m.GradNorm = lr, size
	m.spent += spent
	m.timed += tokens
}

// line returns the line of what was added, and begins anew.
func (m *meter) line(r *run) *Metrics {
	n := float64(m.Steps)
	line := &Metrics{Step: r.Step, Tokens: r.Tokens, Loss: m.Loss / n, Terms: map[string]float64{}, LR: m.LR, GradNorm: m.GradNorm}
	for i, name := range r.bound.Terms() {
		line.Terms[name] = m.Terms[i] / n
	}
	if m.spent > 0 {
		line.TokensPerSecond = float64(m.timed) / m.spent.Seconds()
	}
	*m = meter{}
	return line
}

// lines is a file of lines, each JSON with a step.
type lines struct {
	f *os.File
}

// openLines opens the file and takes away the lines of steps after step, and one
// that was cut short.
func openLines(path string, step int) (*lines, error) {
	size, err := upTo(path, step)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	err = f.Truncate(size)
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("train: %w", errors.Join(err, f.Close()))
	}
	return &lines{f}, nil
}

// upTo returns how many bytes of a file are lines of steps up to step.
func upTo(path string, step int) (int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var size int64
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return size, err
		}
		var m struct{ Step int }
		if json.Unmarshal(line, &m) != nil || m.Step > step {
			return size, nil
		}
		size += int64(len(line))
	}
}

func (m *lines) write(line any) error {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = m.f.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// sync returns when the lines are on the disk.
func (m *lines) sync() error { return m.f.Sync() }

func (m *lines) close() error {
	if m == nil {
		return nil
	}
	return m.f.Close()
}

// ReadMetrics reads a file of metrics, up to a line that was cut short.
func ReadMetrics(path string) ([]Metrics, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("train: metrics: %w", err)
	}
	defer f.Close()
	all, err := report.Read(f)
	if err != nil {
		return nil, fmt.Errorf("train: %s: %w", path, err)
	}
	return all, nil
}
