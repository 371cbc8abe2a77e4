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
	w.i, w.n, w.across = i0, min(i1, t.real(w.b))-i0, false
	for i := max(w.n, 0); i < i1-i0; i++ {
		clear(t.y[at+i*ld : at+i*ld+t.D])
	}
	if w.n > 0 {
		t.probabilities(w)
		t.weigh(w, t.y[at:], ld)
	}
}

// heads computes the one query of w's row for the group of heads from h.
func (t *attend) heads(w *tile, h int) {
	for group, step := t.H/t.K, t.tileRows(); group > 0; h, group = h+step, group-step {
		w.h, w.i, w.n, w.across = h, 0, min(step, group), true
		at := (w.b*t.H + h) * t.D
		if t.real(w.b) < 1 {
			clear(t.y[at : at+w.n*t.D])
			continue
		}
		t.probabilities(w)
		t.weigh(w, t.y[at:], t.D)
	}
}

// probabilities leaves in w.scores how much of each key of [w.lo,w.hi) each row takes.
func (t *attend) probabilities(w *tile) {
	at, ldq := ((w.b*t.T+w.i)*t.H+w.h)*t.D, t.H*t.D
	last := w.i + w.n
	if w.across {
		ldq, last = t.D, w.i+1
	}
	w.lo, w.hi = t.bounds(w.b, w.i, last)
	w.ld = rowRoom(w.hi - w.lo)
	if w.hi > w.lo {
		w.panels.byKeys(factor{w.scores, t.q[at:], w.ld, ldq, w.n, w.wide}, w.head, w.lo, w.hi)
		t.soften(w)
	}
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
	seen, step := width, 0
	if t.mask.Causal && !w.across {
		_, first := t.keys(w.b)
		seen, step = first+w.i+1-w.lo, 1
	}
	kernel.SoftmaxRows(w.scores, w.ld, w.n, seen, step, width, scale)
}

// weigh writes to rows of y, ld apart, the values of the keys, weighed.
func (t *attend) weigh(w *tile, y []float32, ld int) {
	if w.hi == w.lo {
		for i := range w.n {
			clear(y[i*ld : i*ld+t.D])
		}
		return
	}
	for d := 0; d < t.D; d += kernel.Panel {
		w.panels.byValues(factor{y[d:], w.scores, ld, w.ld, w.n, w.wide}, w.head, d/kernel.Panel, w.lo, w.hi)
	}
}
