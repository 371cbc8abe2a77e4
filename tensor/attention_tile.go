package tensor

import (
	"math"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A tile is a few queries that read the same keys, and the room they are worked on
// in: queries of one head, or heads of one query.
type tile struct {
	panels *panelStore
	head   int // of panels
	b, h   int // row, and the query head or the first of them

	i, n   int  // the first query, and how many rows the tile has
	across bool // the rows are heads of query i
	lo, hi int  // the keys that any of them sees, lo at the start of a panel
	ld     int  // from one row of scores to the next

	scores []float32 // [n,ld]
	wide   []float32 // room for panels as float32; nil where none need it
}

// rowRoom is the distance between rows of scores of up to n keys: whole panels, and
// 16 more so that rows do not compete for the same places of a cache.
func rowRoom(n int) int { return (n+kernel.Panel-1)/kernel.Panel*kernel.Panel + 16 }

// queries computes queries [i0,i1) of w's row and head.
func (t *attend) queries(w *tile, i0, i1 int) {
	ld := t.H * t.D
	at := (w.b*t.T+i0)*ld + w.h*t.D
	n := min(i1, t.real(w.b)) - i0
	for i := max(n, 0); i < i1-i0; i++ {
		clear(t.y[at+i*ld : at+i*ld+t.D])
	}
	if n > 0 {
		t.aim(w, i0, n, false)
		t.probabilities(w)
		t.dropOut(w, w.scores, w.ld)
		t.weigh(w)
	}
}

// heads computes the one query of w's row for the group of heads from h.
func (t *attend) heads(w *tile, h int) {
	for group, step := t.H/t.K, t.tileRows(); group > 0; h, group = h+step, group-step {
		n := min(step, group)
		if t.real(w.b) < 1 {
			at := (w.b*t.H + h) * t.D
			clear(t.y[at : at+n*t.D])
			continue
		}
		w.h = h
		t.aim(w, 0, n, true)
		t.probabilities(w)
		t.dropOut(w, w.scores, w.ld)
		t.weigh(w)
	}
}

// aim has w, of a row and a head, take n rows from query i on.
func (t *attend) aim(w *tile, i, n int, across bool) {
	w.i, w.n, w.across = i, n, across
	last := i + n
	if across {
		last = i + 1
	}
	w.lo, w.hi = t.bounds(w.b, i, last)
	w.ld = rowRoom(w.hi - w.lo)
}

// at returns where the rows of w begin in q and y, and the distance between them.
func (t *attend) at(w *tile) (at, ld int) {
	at, ld = ((w.b*t.T+w.i)*t.H+w.h)*t.D, t.H*t.D
	if w.across {
		ld = t.D
	}
	return at, ld
}

// probabilities leaves in w.scores how much of each key of [w.lo,w.hi) each row takes.
func (t *attend) probabilities(w *tile) {
	if w.hi > w.lo {
		t.score(w, w.lo, w.hi)
		t.soften(w)
	}
}

// score leaves in w.scores the products of queries and the keys [lo,hi), lo being the
// start of a panel.
func (t *attend) score(w *tile, lo, hi int) {
	at, ld := t.at(w)
	w.panels.byKeys(factor{w.scores[lo-w.lo:], t.q[at:], w.ld, ld, w.n, w.wide}, w.head, lo, hi)
}

var hidden = float32(math.Inf(-1))

// soften turns the products of queries and keys into probabilities.
func (t *attend) soften(w *tile) {
	scale, width := t.scale, w.hi-w.lo
	for j := range w.n {
		row, i, h := w.scores[j*w.ld:j*w.ld+width], w.i+j, w.h
		if w.across {
			i, h = w.i, w.h+j
		}
		if t.bias != nil {
			at := w.b*t.biasRow + (h*t.T+i)*t.biasS + w.lo
			kernel.ScaleAdd(row, t.scale, row, t.bias[at:at+width])
		} else if !(t.scale > 0) {
			kernel.Scale(row, t.scale, row)
		}
		if t.hide != nil {
			at := w.b*(len(t.hide)/t.B) + w.lo
			kernel.Add(row, row, t.hide[at:at+width])
		}
		if t.mask.Window > 0 {
			first, _ := t.span(w.b, i)
			for k := range row[:min(max(first-w.lo, 0), width)] {
				row[k] = hidden
			}
		}
	}
	if t.bias != nil || !(t.scale > 0) {
		scale = 1
	}
	if t.ranged() {
		t.softenRanges(w, scale)
		return
	}
	seen, step := width, 0
	if t.mask.Causal && !w.across {
		_, first := t.keys(w.b)
		seen, step = first+w.i+1-w.lo, 1
	}
	kernel.SoftmaxRows(w.scores, w.ld, w.n, seen, step, width, scale)
}

// softenRanges makes probabilities of the scores of queries with bounds of their own.
// A row's sums begin at its first key, wherever that is.
func (t *attend) softenRanges(w *tile, scale float32) {
	for j := range w.n {
		i := w.i + j
		if w.across {
			i = w.i
		}
		lo, hi := t.from(w.b, i)
		row := w.scores[j*w.ld : j*w.ld+w.hi-w.lo]
		if lo >= hi {
			clear(row)
			continue
		}
		lo, hi = lo-w.lo, hi-w.lo
		clear(row[:lo])
		kernel.Softmax(row[lo:hi], row[lo:hi], scale)
		clear(row[hi:])
	}
}

// dropOut leaves out what the mask's Drop says of rows ld apart, probabilities of the
// keys of w or their gradients. A row counts as of an even number of keys.
func (t *attend) dropOut(w *tile, rows []float32, ld int) {
	if t.mask.Drop.Rate == 0 {
		return
	}
	for j := range w.n {
		at := (w.b*t.H+w.h)*t.T + w.i + j
		if w.across {
			at = (w.b*t.H+w.h+j)*t.T + w.i
		}
		row := rows[j*ld : j*ld+w.hi-w.lo]
		t.mask.Drop.set(row, row, at*(t.S+t.S%2)+w.lo)
	}
}

// weigh writes to y the values of the keys, weighed.
func (t *attend) weigh(w *tile) {
	for d := 0; d < t.D; d += kernel.Panel {
		t.weighPanel(w, d)
	}
}

// weighPanel does so for the dimensions of the panel from d on.
func (t *attend) weighPanel(w *tile, d int) {
	at, ld := t.at(w)
	y := t.y[at+d:]
	if w.hi > w.lo {
		w.panels.byValues(factor{y, w.scores, ld, w.ld, w.n, w.wide}, w.head, d/kernel.Panel, w.lo, w.hi)
		return
	}
	for i := range w.n {
		clear(y[i*ld : i*ld+min(kernel.Panel, t.D-d)])
	}
}
