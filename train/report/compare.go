package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A Comparison is an experiment: arms, each run with several seeds.
type Comparison struct {
	Title    string
	About    string
	Verdict  string // what the caller makes of it
	Command  string // that runs it again
	Measures []Measure
	Arms     []Arm
}

// A Measure is a column of the table of results.
type Measure struct {
	Name string // a key of Outcome.Values
	Goal string // higher or lower: what is better; "": neither
}

// An Arm is one of the ways compared.
type Arm struct {
	Name     string
	About    string
	Outcomes []Outcome
}

// An Outcome is a run of an arm.
type Outcome struct {
	Seed    uint64
	Values  map[string]float64 // results by the name of the measure
	Metrics []Metrics
}

// A Spread is what several seeds came to.
type Spread struct {
	Mean, Deviation float64 // of a sample: over n-1
	Least, Largest  float64
	N               int
}

// SpreadOf returns the spread of values; of none, NaN.
func SpreadOf(values []float64) Spread {
	s := Spread{Least: math.Inf(1), Largest: math.Inf(-1), N: len(values)}
	for _, v := range values {
		s.Mean += v / float64(len(values))
		s.Least, s.Largest = min(s.Least, v), max(s.Largest, v)
	}
	for _, v := range values {
		s.Deviation += (v - s.Mean) * (v - s.Mean) / float64(max(1, len(values)-1))
	}
	s.Deviation = math.Sqrt(s.Deviation)
	if len(values) == 0 {
		nan := math.NaN()
		return Spread{nan, nan, nan, nan, 0}
	}
	return s
}

// String writes mean ± deviation, or the value if there is one only.
func (s Spread) String() string {
	switch s.N {
	case 0:
		return "–"
	case 1:
		return number(s.Mean)
	}
	return number(s.Mean) + " ± " + fmt.Sprintf("%.2g", s.Deviation)
}

// Values returns the results of an arm's seeds in a measure.
func (a Arm) Values(measure string) (v []float64) {
	for _, o := range a.Outcomes {
		if x, ok := o.Values[measure]; ok {
			v = append(v, x)
		}
	}
	return v
}

// Shown tells whether every seed of better did better than every seed of other in a
// measure: with three seeds each, chance does so one time in twenty.
func (c Comparison) Shown(measure, better, other string) bool {
	a, b := SpreadOf(c.arm(better).Values(measure)), SpreadOf(c.arm(other).Values(measure))
	for _, m := range c.Measures {
		if m.Name == measure && m.Goal == "lower" {
			return a.Largest < b.Least
		}
	}
	return a.Least > b.Largest
}

func (c Comparison) arm(name string) Arm {
	if i := slices.IndexFunc(c.Arms, func(a Arm) bool { return a.Name == name }); i >= 0 {
		return c.Arms[i]
	}
	return Arm{}
}

// A row is one of the table of results.
type row struct {
	Name  string
	Cells []cell
}

type cell struct{ Text, Seeds string }

func (c Comparison) table() (columns []string, rows []row) {
	for _, m := range c.Measures {
		arrow := map[string]string{"higher": " ↑", "lower": " ↓"}[m.Goal]
		columns = append(columns, m.Name+arrow)
	}
	for _, a := range c.Arms {
		r := row{Name: a.Name}
		for _, m := range c.Measures {
			values := a.Values(m.Name)
			var each []string
			for _, v := range values {
				each = append(each, number(v))
			}
			r.Cells = append(r.Cells, cell{SpreadOf(values).String(), strings.Join(each, ", ")})
		}
		rows = append(rows, r)
	}
	return columns, rows
}

// Markdown returns the table of results.
func (c Comparison) Markdown() string {
	columns, rows := c.table()
	var s strings.Builder
	fmt.Fprintf(&s, "| | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)))
	for _, r := range rows {
		s.WriteString("| " + r.Name)
		for _, c := range r.Cells {
			s.WriteString(" | " + c.Text)
			if c.Seeds != "" {
				s.WriteString(" (" + c.Seeds + ")")
			}
		}
		s.WriteString(" |\n")
	}
	return s.String()
}

// Plots returns the curves of the arms: training loss, then every number on held-out
// text.
func (c Comparison) Plots() []Plot {
	plots := []Plot{c.plot("Training loss", ofLoss, false)}
	all := map[string]bool{}
	for _, a := range c.Arms {
		for _, o := range a.Outcomes {
			for _, k := range evalKeys(o.Metrics) {
				all[k] = true
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		plots = append(plots, c.plot("Held-out "+k, ofEval(k), true))
	}
	return plots
}

func (c Comparison) plot(title string, of quantity, dotted bool) Plot {
	p := Plot{Title: title, X: "step"}
	for _, a := range c.Arms {
		s := a.series(of)
		s.Dotted = dotted
		p.Series = append(p.Series, s)
	}
	return p
}

// series returns the mean over the seeds at each step that all of them have, with the
// band from the least to the largest.
func (a Arm) series(of quantity) Series {
	s := Series{Name: a.Name}
	at := map[float64][]float64{}
	for _, o := range a.Outcomes {
		for _, p := range points(o.Metrics, of) {
			at[p.X] = append(at[p.X], p.Y)
		}
	}
	for _, x := range slices.Sorted(maps.Keys(at)) {
		if len(at[x]) < len(a.Outcomes) {
			continue
		}
		v := SpreadOf(at[x])
		s.Points = append(s.Points, Point{x, v.Mean})
		if v.N > 1 {
			s.Low, s.High = append(s.Low, v.Least), append(s.High, v.Largest)
		}
	}
	return s
}

// HTML returns the page of the comparison.
func (c Comparison) HTML() ([]byte, error) {
	columns, rows := c.table()
	return render("comparison", map[string]any{
		"Title": c.Title, "About": c.About, "Verdict": c.Verdict, "Command": c.Command, "Arms": c.Arms,
		"Columns": columns, "Rows": rows, "Figures": figures(c.Plots()...),
	})
}
