package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// run returns the metrics of an imagined run.
func run(steps int, seed float64) (lines []Metrics) {
	for s := 1; s <= steps; s++ {
		x := float64(s)
		m := Metrics{Step: s * 10, Tokens: s * 1000, Loss: 2 + 5/x + seed, LR: 1e-3 * x, GradNorm: 1 / x, TokensPerSecond: 5000 + x,
			Terms: map[string]float64{"mlm": 2 + 4/x, "nsp": 1 / x}}
		if s%5 == 0 {
			m.Eval = map[string]float64{"loss": 2.1 + 5/x + seed, "mlm": 2 + 4.1/x, "accuracy": 1 - 1/x}
		}
		lines = append(lines, m)
	}
	return lines
}

const hostile = `<script>alert("&")</script>`

// wellFormed fails unless svg is XML, with every coordinate on the image.
func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if element.Name.Local == "script" {
			t.Fatalf("a script came in:\n%s", svg)
		}
		for _, a := range element.Attr {
			if !slices.Contains([]string{"x", "y", "cx", "cy", "d", "points"}, a.Name.Local) {
				continue
			}
			for _, w := range strings.FieldsFunc(a.Value, func(r rune) bool { return strings.ContainsRune("MLVHh ", r) }) {
				if v, err := strconv.ParseFloat(w, 64); err != nil || math.IsNaN(v) || v < 0 || v > width {
					t.Fatalf("%s %s=%q: %v is not on the image", element.Name.Local, a.Name.Local, a.Value, w)
				}
			}
		}
	}
}

func TestPlotIsWellFormed(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for name, p := range map[string]Plot{
		"empty":    {},
		"a point":  {Series: []Series{{Points: []Point{{3, 4}}}}},
		"flat":     {Series: []Series{{Points: []Point{{0, 0}, {1, 0}}}}, LogX: true},
		"hostile":  {Title: hostile, X: hostile, Y: hostile, Series: []Series{{Name: hostile}, {Name: hostile, Points: []Point{{1, 1}}}}},
		"no place": {LogY: true, Series: []Series{{Points: []Point{{1, 0}, {2, -1}, {3, 1e-3}, {4, inf}, {5, nan}, {6, 1e5}}}}},
		"bands":    {Series: []Series{{Points: []Point{{1, 1}, {2, 2}}, Low: []float64{0, 1}, High: []float64{2, nan}}}},
		"many":     {Series: make([]Series, 30)},
	} {
		t.Run(name, func(t *testing.T) {
			svg := p.SVG()
			wellFormed(t, svg)
			if !bytes.Equal(svg, p.SVG()) {
				t.Error("drawn again it is another")
			}
		})
	}
	for _, p := range Plots(run(2000, 0)) {
		wellFormed(t, p.SVG())
	}
}

func FuzzPlot(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, true, "x")
	f.Fuzz(func(t *testing.T, a, b, c, d float64, log bool, name string) {
		for _, v := range []float64{a, b, c, d} {
			if math.Abs(v) > 1e300 {
				return
			}
		}
		if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0xfffd || r > 0xd7ff }) {
			return // no characters of XML
		}
		wellFormed(t, Plot{Title: name, LogX: log, LogY: log, Series: []Series{{Name: name, Points: []Point{{a, b}, {c, d}}}, {}}}.SVG())
	})
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		log    bool
		want   string
	}{
		{0, 100, false, "[0 20 40 60 80 100]"},
		{0, 12345, false, "[0 5000 10k]"},
		{-0.3, 0.3, false, "[-0.2 0 0.2]"},
		{2.31, 2.39, false, "[2.32 2.34 2.36 2.38]"},
		{1e-5, 1e-3, true, "[1e-5 2e-5 5e-5 0.0001 0.0002 0.0005 0.001]"},
		{1, 1e6, true, "[1 10 100 1000 10k 100k 1M]"},
		{2, 7, true, "[2 3 4 5 6 7]"},
		{1e6, 4e9, true, "[1M 10M 100M 1G]"},
	} {
		s := newScale([]float64{c.lo, c.hi}, c.log, 0, 1)
		var got []string
		for _, v := range s.ticks(5) {
			got = append(got, label(v))
			if at := s.at(v); at < -1e-6 || at > 1+1e-6 {
				t.Errorf("%g to %g: %g is beside the axis", c.lo, c.hi, v)
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%g to %g: %v, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

func TestThin(t *testing.T) {
	var s Series
	for i := range 1001 {
		s.Points = append(s.Points, Point{float64(i), 2 * float64(i)})
		s.Low, s.High = append(s.Low, 2*float64(i)-1), append(s.High, 2*float64(i)+3)
	}
	got := s.thin(100)
	if len(got.Points) != 91 || len(got.Low) != 91 {
		t.Fatalf("%d points", len(got.Points))
	}
	for i, p := range got.Points {
		if p.Y != 2*p.X || math.Abs(got.Low[i]-p.Y+1) > 1e-9 || math.Abs(got.High[i]-p.Y-3) > 1e-9 {
			t.Errorf("point %d is %v, band %g to %g", i, p, got.Low[i], got.High[i])
		}
	}
}

func TestRead(t *testing.T) {
	lines, err := Read(strings.NewReader("{\"step\":1,\"loss\":2.5,\"eval\":{\"loss\":3}}\n{\"step\":2}\n{\"step\":3,\"lo"))
	if err != nil || len(lines) != 2 || lines[0].Loss != 2.5 || lines[0].Eval["loss"] != 3 || lines[1].Step != 2 {
		t.Errorf("%v, error %v", lines, err)
	}
	for text, want := range map[string]string{
		"{}\n{\"step\":\"x\"}\n":              "report: metrics: line 2: json: cannot unmarshal string",
		"\n":                                  "report: metrics: line 1: unexpected end of JSON input",
		strings.Repeat("x", maxLine+1) + "\n": "report: metrics: line 1: longer than 1048576 bytes",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestRunPage(t *testing.T) {
	r := Run{Name: "tiny " + hostile, About: "a test", Recipe: "steps: 5\n" + hostile, Metrics: run(20, 0), Facts: []Fact{{"parameters", "12"}},
		Samples: []Sample{{Step: 3, Prompt: "Once", Text: " upon\n" + hostile}}}
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<th>steps</th><td>200</td>", "<th>training loss</th><td>2.25</td>", "<th>held-out accuracy</th><td>0.95</td>",
		"<th>best held-out loss</th><td>2.35, at step 200</td>", "<th>parameters</th><td>12</td>",
		`<span class="prompt">Once</span> upon`, "steps: 5", "Held-out accuracy", "nsp, held-out",
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if bytes.Contains(page, []byte("<script")) {
		t.Error("a script came in")
	}
	if got := bytes.Count(page, []byte("<svg")); got != 6 {
		t.Errorf("%d plots, want 6", got)
	}
	if _, err := (Run{}).HTML(); err != nil {
		t.Errorf("a run without metrics: %v", err)
	}
}

func comparison() Comparison {
	outcome := func(seed uint64, accuracy float64) Outcome {
		return Outcome{seed, map[string]float64{"accuracy": accuracy, "loss": 1 - accuracy}, run(10, float64(seed)/10)}
	}
	return Comparison{
		Title: "Masks", Verdict: "It shows.", Command: "zoo experiment masks",
		Measures: []Measure{{"accuracy", "higher"}, {"loss", "lower"}, {"other", ""}},
		Arms: []Arm{
			{"static", "masks once", []Outcome{outcome(1, 0.5), outcome(2, 0.625), outcome(3, 0.75)}},
			{"dynamic", "masks anew", []Outcome{outcome(1, 0.875), outcome(2, 0.8125), outcome(3, 0.9375)}},
		},
	}
}

func TestComparison(t *testing.T) {
	c := comparison()
	page, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"accuracy ↑", "loss ↓", "0.625 ± 0.12", "0.5, 0.625, 0.75", "<p>It shows.</p>", "Held-out mlm", "masks anew", "zoo experiment masks"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	want := "| | accuracy ↑ | loss ↓ | other |\n|---|---:|---:|---:|\n" +
		"| static | 0.625 ± 0.12 (0.5, 0.625, 0.75) | 0.375 ± 0.12 (0.5, 0.375, 0.25) | – |\n" +
		"| dynamic | 0.875 ± 0.062 (0.875, 0.8125, 0.9375) | 0.125 ± 0.062 (0.125, 0.1875, 0.0625) | – |\n"
	if got := c.Markdown(); got != want {
		t.Errorf("table\n%s, want\n%s", got, want)
	}
	for _, x := range []struct {
		measure, better, other string
		want                   bool
	}{
		{"accuracy", "dynamic", "static", true}, {"accuracy", "static", "dynamic", false}, {"loss", "dynamic", "static", true},
		{"loss", "static", "dynamic", false}, {"other", "dynamic", "static", false}, {"accuracy", "dynamic", "none", false},
	} {
		if got := c.Shown(x.measure, x.better, x.other); got != x.want {
			t.Errorf("%v: %v", x, got)
		}
	}
	s := c.Plots()[0].Series[1]
	if len(s.Points) != 10 || math.Abs(s.Points[4].Y-3.2) > 1e-9 || math.Abs(s.Low[4]-3.1) > 1e-9 || math.Abs(s.High[4]-3.3) > 1e-9 {
		t.Errorf("the fifth point is %v, band %v to %v", s.Points[4], s.Low, s.High)
	}
	c.Arms[1].Outcomes[2].Metrics = c.Arms[1].Outcomes[2].Metrics[:4] // a run that is not done
	if got := len(c.Plots()[0].Series[1].Points); got != 4 {
		t.Errorf("%d points of a seed with 4", got)
	}
}
