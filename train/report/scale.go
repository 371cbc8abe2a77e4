package report

import (
	"math"
	"strconv"
	"strings"
)

// A scale maps numbers to places on an axis.
type scale struct {
	lo, hi float64 // numbers, or their logarithms
	log    bool
	from   float64 // places
	to     float64
}

// newScale returns a scale that has room for all of v.
func newScale(v []float64, log bool, from, to float64) scale {
	s := scale{math.Inf(1), math.Inf(-1), log, from, to}
	for _, x := range v {
		if !s.shows(x) {
			continue
		}
		s.lo, s.hi = min(s.lo, s.number(x)), max(s.hi, s.number(x))
	}
	switch {
	case s.lo > s.hi: // nothing to show
		s.lo, s.hi = 0, 1
	case s.lo == s.hi:
		room := max(math.Abs(s.lo)*0.1, 1e-9)
		s.lo, s.hi = s.lo-room, s.hi+room
	}
	return s
}

// shows tells whether x has a place.
func (s scale) shows(x float64) bool {
	return !math.IsNaN(x) && !math.IsInf(x, 0) && (!s.log || x > 0)
}

func (s scale) number(x float64) float64 {
	if s.log {
		return math.Log10(x)
	}
	return x
}

func (s scale) at(x float64) float64 {
	return s.from + (s.number(x)-s.lo)/(s.hi-s.lo)*(s.to-s.from)
}

// widen puts room beyond both ends.
func (s scale) widen(share float64) scale {
	room := (s.hi - s.lo) * share
	s.lo, s.hi = s.lo-room, s.hi+room
	return s
}

// ticks returns round numbers on the axis, about n.
func (s scale) ticks(n int) []float64 {
	if s.log && s.hi-s.lo >= 1 {
		return s.powers(n)
	}
	lo, hi := s.lo, s.hi
	if s.log {
		lo, hi = math.Pow(10, lo), math.Pow(10, hi)
	}
	step := roundStep((hi - lo) / float64(n))
	var all []float64
	for i := math.Ceil(lo/step-1e-9) + 0; i*step <= hi+step*1e-9 && len(all) < 4*n; i++ {
		all = append(all, i*step)
	}
	return all
}

// powers returns powers of ten, and twice and five times these where there is room.
func (s scale) powers(n int) []float64 {
	within := []float64{1, 2, 5}
	if decades := s.hi - s.lo; decades > float64(n)/2 {
		within = within[:1]
	}
	every := max(1, int((s.hi-s.lo)/float64(n)+0.5))
	var all []float64
	for e := int(math.Floor(s.lo)); e <= int(math.Ceil(s.hi)); e += every {
		for _, w := range within {
			x := w * math.Pow(10, float64(e))
			if l := math.Log10(x); l >= s.lo-1e-9 && l <= s.hi+1e-9 {
				all = append(all, x)
			}
		}
	}
	return all
}

// roundStep returns the least of 1, 2 and 5 times a power of ten that is not below x.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, w := range []float64{1, 2, 5} {
		if w*power >= x*(1-1e-9) {
			return w * power
		}
	}
	return 10 * power
}

// label writes a number of an axis briefly.
func label(x float64) string {
	a := math.Abs(x)
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if a >= unit.size && a < 1e13 {
			size := unit.size
			if unit.name == "k" {
				size = 1e3
			}
			return strconv.FormatFloat(x/size, 'g', 4, 64) + unit.name
		}
	}
	text := strconv.FormatFloat(x, 'g', 5, 64)
	mantissa, exponent, ok := strings.Cut(text, "e")
	if !ok {
		return text
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "e" + strconv.Itoa(n)
}
