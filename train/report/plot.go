package report

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
)

// A Point is a place in a plot.
type Point struct{ X, Y float64 }

// A Series is one line of a plot.
type Series struct {
	Name   string
	Points []Point // by increasing X
	// Low and High, if not nil, have a value for each point: the band around the line.
	Low, High []float64
	// Dotted draws the points too, where they are few.
	Dotted bool
}

// A Plot has several lines over one axis.
type Plot struct {
	Title  string
	X, Y   string // what the axes show
	LogX   bool
	LogY   bool
	Series []Series
}

// The size of a plot, and what of it is left around the lines.
const (
	width, height           = 720, 320
	left, right, top, below = 62, 24, 34, 44
	legendRow               = 18
	most                    = 600 // points of a line
)

// style has the colors of lines, which tell apart for color-blind readers too, and of
// the rest in light and in dark.
const style = `.zp{font:12px system-ui,sans-serif;fill:#24292f}.zp .g{stroke:#d0d7de;stroke-width:1}.zp .t{font-size:14px;font-weight:600}` +
	`.zp .l{fill:none;stroke-width:1.8;stroke-linejoin:round}.zp .b{opacity:.16;stroke:none}` +
	`.zp .c0{stroke:#0072b2;fill:#0072b2}.zp .c1{stroke:#d55e00;fill:#d55e00}.zp .c2{stroke:#009e73;fill:#009e73}.zp .c3{stroke:#cc79a7;fill:#cc79a7}` +
	`.zp .c4{stroke:#b58900;fill:#b58900}.zp .c5{stroke:#56b4e9;fill:#56b4e9}.zp .c6{stroke:#7f5fbf;fill:#7f5fbf}.zp .c7{stroke:#808080;fill:#808080}` +
	`.zp .l{fill:none}.zp .b{stroke:none}@media(prefers-color-scheme:dark){.zp{fill:#c9d1d9}.zp .g{stroke:#30363d}}`

const colors = 8

// SVG returns the plot as an image that stands by itself.
func (p Plot) SVG() []byte {
	legend := p.legend()
	d := drawing{tall: height + legendRow*legend.rows}
	d.line(`<svg xmlns="http://www.w3.org/2000/svg" class="zp" viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, d.tall, html.EscapeString(p.Title))
	d.line(`<style>%s</style>`, style)
	d.line(`<text class="t" x="%d" y="20">%s</text>`, left, html.EscapeString(p.Title))
	x, y := p.scales()
	d.axes(p, x, y)
	for i, s := range p.Series {
		d.series(s.thin(most), i%colors, x, y)
	}
	d.legend(legend)
	d.line(`</svg>`)
	return d.Bytes()
}

// scales returns those of both axes, with room for all points.
func (p Plot) scales() (x, y scale) {
	var xs, ys []float64
	for _, s := range p.Series {
		for i, q := range s.Points {
			xs, ys = append(xs, q.X), append(ys, q.Y)
			if s.Low != nil {
				ys = append(ys, s.Low[i], s.High[i])
			}
		}
	}
	return newScale(xs, p.LogX, left, width-right), newScale(ys, p.LogY, height-below, top).widen(0.04)
}

// thin returns s with at most n points, each the mean of as many.
func (s Series) thin(n int) Series {
	if len(s.Points) <= n {
		return s
	}
	each := (len(s.Points)-1)/n + 1
	t := Series{Name: s.Name, Dotted: s.Dotted}
	for lo := 0; lo < len(s.Points); lo += each {
		hi := min(lo+each, len(s.Points))
		var q Point
		low, high := 0.0, 0.0
		for i := lo; i < hi; i++ {
			q.X, q.Y = q.X+s.Points[i].X, q.Y+s.Points[i].Y
			if s.Low != nil {
				low, high = low+s.Low[i], high+s.High[i]
			}
		}
		k := float64(hi - lo)
		t.Points = append(t.Points, Point{q.X / k, q.Y / k})
		if s.Low != nil {
			t.Low, t.High = append(t.Low, low/k), append(t.High, high/k)
		}
	}
	return t
}

// drawing is an image under way.
type drawing struct {
	bytes.Buffer
	tall int
}

func (d *drawing) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// place writes a coordinate.
func place(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

func (d *drawing) axes(p Plot, x, y scale) {
	for _, v := range x.ticks(7) {
		at := place(x.at(v))
		d.line(`<path class="g" d="M%s %dV%d"/><text x="%s" y="%d" text-anchor="middle">%s</text>`, at, top, height-below, at, height-below+16, label(v))
	}
	for _, v := range y.ticks(5) {
		at := y.at(v)
		d.line(`<path class="g" d="M%d %sH%d"/><text x="%d" y="%s" text-anchor="end">%s</text>`, left, place(at), width-right, left-6, place(at+4), label(v))
	}
	d.line(`<text x="%d" y="%d" text-anchor="middle">%s</text>`, (left+width-right)/2, height-below+34, html.EscapeString(p.X))
	d.line(`<text transform="translate(14 %d) rotate(-90)" text-anchor="middle">%s</text>`, (top+height-below)/2, html.EscapeString(p.Y))
}

func (d *drawing) series(s Series, color int, x, y scale) {
	var line, upper, lower bytes.Buffer
	pen := byte('M')
	for i, q := range s.Points {
		if !x.shows(q.X) || !y.shows(q.Y) {
			pen = 'M'
			continue
		}
		px, py := place(x.at(q.X)), place(y.at(q.Y))
		fmt.Fprintf(&line, "%c%s %s", pen, px, py)
		pen = 'L'
		if s.Low != nil && y.shows(s.Low[i]) && y.shows(s.High[i]) {
			fmt.Fprintf(&upper, "%s %s ", px, place(y.at(s.High[i])))
			back := fmt.Sprintf("%s %s ", px, place(y.at(s.Low[i])))
			lower.WriteString(back)
		}
	}
	if upper.Len() > 0 {
		d.line(`<polygon class="c%d b" points="%s%s"/>`, color, upper.Bytes(), reversed(lower.Bytes()))
	}
	if line.Len() > 0 {
		d.line(`<path class="c%d l" d="%s"/>`, color, line.Bytes())
	}
	if s.Dotted && len(s.Points) <= 60 || len(s.Points) == 1 {
		for _, q := range s.Points {
			if x.shows(q.X) && y.shows(q.Y) {
				d.line(`<circle class="c%d" cx="%s" cy="%s" r="2.6"/>`, color, place(x.at(q.X)), place(y.at(q.Y)))
			}
		}
	}
}

// reversed returns pairs of numbers from the last to the first.
func reversed(pairs []byte) []byte {
	words := bytes.Fields(pairs)
	var out []byte
	for i := len(words) - 2; i >= 0; i -= 2 {
		out = fmt.Appendf(out, "%s %s ", words[i], words[i+1])
	}
	return bytes.TrimRight(out, " ")
}

// A legend says which line is which.
type legend struct {
	rows    int
	entries []entry
}

type entry struct {
	x, y, color int
	name        string
}

// legend lays the names of the lines out in rows; a single line needs none.
func (p Plot) legend() legend {
	var l legend
	if len(p.Series) < 2 {
		return l
	}
	x := left
	l.rows = 1
	for i, s := range p.Series {
		wide := 32 + 7*len([]rune(s.Name))
		if x+wide > width-right && x > left {
			x = left
			l.rows++
		}
		l.entries = append(l.entries, entry{x, height + legendRow*(l.rows-1) + 8, i % colors, s.Name})
		x += wide
	}
	return l
}

func (d *drawing) legend(l legend) {
	for _, e := range l.entries {
		d.line(`<path class="c%d l" d="M%d %dh18"/><text x="%d" y="%d">%s</text>`, e.color, e.x, e.y-4, e.x+23, e.y, html.EscapeString(e.name))
	}
}
