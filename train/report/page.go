package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strconv"
)

//go:embed page.html
var pageText string

var pages = template.Must(template.New("page").Funcs(template.FuncMap{"number": number}).Parse(pageText))

// number writes a result with the digits that say something.
func number(x float64) string {
	if a := math.Abs(x); a >= 1e5 && a < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 5, 64)
}

// A Fact is a line of a table.
type Fact struct{ Key, Value string }

// A Sample is a text that the model wrote.
type Sample struct {
	Step   int    `json:"step"`
	Prompt string `json:"prompt"`
	Text   string `json:"text"`
}

// A Run is what its page tells of a run.
type Run struct {
	Name    string
	About   string
	Facts   []Fact // of the model, the data and the machine, as the caller has them
	Recipe  string // the recipe as it was resolved
	Metrics []Metrics
	Samples []Sample
}

// A figure is a plot on a page.
type figure struct {
	SVG template.HTML // our own, with every text in it escaped
}

func figures(plots ...Plot) (all []figure) {
	for _, p := range plots {
		if slices.ContainsFunc(p.Series, func(s Series) bool { return len(s.Points) > 0 }) {
			all = append(all, figure{template.HTML(p.SVG())})
		}
	}
	return all
}

// Plots returns the curves of a run: loss and its terms with those on held-out text,
// learning rate, norm of the gradient, speed.
func Plots(lines []Metrics) []Plot {
	losses := []Series{{Name: "training", Points: points(lines, ofLoss)}}
	if held := points(lines, ofEval("loss")); len(held) > 0 {
		losses = append(losses, Series{Name: "held-out", Points: held, Dotted: true})
	}
	all := []Plot{{Title: "Loss", Series: losses}}
	terms := keys(lines, func(m Metrics) map[string]float64 { return m.Terms })
	if len(terms) > 1 {
		var each []Series
		for _, name := range terms {
			each = append(each, Series{Name: name, Points: points(lines, ofTerm(name))})
		}
		for _, name := range terms {
			each = append(each, Series{Name: name + ", held-out", Points: points(lines, ofEval(name)), Dotted: true})
		}
		all = append(all, Plot{Title: "Terms of the loss", Series: each})
	}
	for _, name := range evalKeys(lines) {
		if name != "loss" && !slices.Contains(terms, name) {
			all = append(all, Plot{Title: "Held-out " + name, Series: []Series{{Name: name, Points: points(lines, ofEval(name)), Dotted: true}}})
		}
	}
	all = append(all,
		Plot{Title: "Learning rate", Series: []Series{{Points: points(lines, ofRate)}}},
		Plot{Title: "Norm of the gradient", LogY: true, Series: []Series{{Points: points(lines, ofNorm)}}},
		Plot{Title: "Tokens a second", Series: []Series{{Points: points(lines, ofSpeed)}}},
	)
	for i := range all {
		all[i].X = "step"
	}
	return all
}

// Final returns the last line's numbers, and the best loss on held-out text.
func Final(lines []Metrics) []Fact {
	if len(lines) == 0 {
		return nil
	}
	last := lines[len(lines)-1]
	facts := []Fact{
		{"steps", strconv.Itoa(last.Step)}, {"tokens", number(float64(last.Tokens))}, {"training loss", number(last.Loss)},
	}
	best, at := math.Inf(1), 0
	held := map[string]float64{}
	for _, m := range lines {
		maps.Copy(held, m.Eval)
		if v, ok := m.Eval["loss"]; ok && v < best {
			best, at = v, m.Step
		}
	}
	for _, k := range evalKeys(lines) {
		facts = append(facts, Fact{"held-out " + k, number(held[k])})
	}
	if !math.IsInf(best, 0) {
		facts = append(facts, Fact{"best held-out loss", fmt.Sprintf("%s, at step %d", number(best), at)})
	}
	var speeds []float64
	for _, m := range lines {
		if v, ok := ofSpeed(m); ok {
			speeds = append(speeds, v)
		}
	}
	if len(speeds) > 0 {
		slices.Sort(speeds)
		facts = append(facts, Fact{"tokens a second, median", number(speeds[len(speeds)/2])})
	}
	return facts
}

// HTML returns the run's page.
func (r Run) HTML() ([]byte, error) {
	return render("run", map[string]any{
		"Title": r.Name, "Run": r, "Final": Final(r.Metrics), "Figures": figures(Plots(r.Metrics)...),
	})
}

func render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}
