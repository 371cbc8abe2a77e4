package optim

import (
	"math"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

const (
	// leastScale is what a parameter's root mean square counts as at least.
	leastScale = 1e-3
	// blockRows is how many rows of a matrix a task takes.
	blockRows = 64
)

// adafactor is Adafactor: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with
// Sublinear Memory Cost", 2018, as T5 was trained with it. Its relative step is the
// schedule rsqrt.
type adafactor struct {
	Config
	matrices []*matrix
	blocks   []*block

	// of the step under way
	keep  float64 // share of the second moments that stays
	scale float64 // of the gradients
	paces map[*slot]pace
}

// A pace is how far a parameter moves.
type pace struct {
	update float64 // times its update
	decay  float64 // times itself, towards 0
}

// A matrix is the last two axes of a parameter, whose second moments are kept as those
// of its rows and of its columns. A vector is a matrix of one row, without row moments.
type matrix struct {
	slot       *slot
	first      int // value of the parameter
	rows, cols int
	row, col   []float32 // second moments
	mean       float64   // of row
	ofColumns  []float32 // 1/√col
	blocks     []*block
}

// A block is some rows of a matrix.
type block struct {
	*matrix
	lo, hi  int
	scratch []float32 // [cols]
	weights float64   // sum of the squares of the parameter
	updates float64   // and of its update
}

func (m *matrix) value(i int) []float32    { return m.at(m.slot.values(), i) }
func (m *matrix) gradient(i int) []float32 { return m.at(m.slot.Tensor.Grad(), i) }

// at returns row i of data, which has the parameter's shape.
func (m *matrix) at(data []float32, i int) []float32 {
	return data[m.first+i*m.cols : m.first+(i+1)*m.cols]
}

func (a *adafactor) prepare(s *slot) {
	shape, n := s.Tensor.Shape(), s.Tensor.Len()
	if n == 0 {
		return
	}
	rows, cols := 1, n
	if len(shape) > 1 {
		rows, cols = shape[len(shape)-2], shape[len(shape)-1]
		s.add("exp_avg_sq_row", n/cols)
		s.add("exp_avg_sq_col", n/rows)
	} else {
		s.add("exp_avg_sq", n)
	}
	col := s.state[len(s.state)-1]
	for first := 0; first < n; first += rows * cols {
		m := &matrix{slot: s, first: first, rows: rows, cols: cols, ofColumns: make([]float32, cols)}
		m.col = col[first/rows:][:cols]
		if len(shape) > 1 {
			m.row = s.state[0][first/cols:][:rows]
		}
		for lo := 0; lo < rows; lo += blockRows {
			m.blocks = append(m.blocks, &block{matrix: m, lo: lo, hi: min(lo+blockRows, rows), scratch: make([]float32, cols)})
		}
		a.matrices = append(a.matrices, m)
		a.blocks = append(a.blocks, m.blocks...)
	}
	if a.Beta1 != nil {
		s.add("exp_avg", n)
	}
}

func (a *adafactor) step(_ *optimizer, t int, lr, scale float64) {
	a.keep, a.scale = 1-math.Pow(float64(t), -*a.DecayRate), scale
	forEach(a.blocks, a.squares)
	forEach(a.matrices, a.moments)
	forEach(a.blocks, a.measure)
	a.paces = map[*slot]pace{}
	for blocks := a.blocks; len(blocks) > 0; {
		s, weights, updates := blocks[0].slot, 0.0, 0.0
		for ; len(blocks) > 0 && blocks[0].slot == s; blocks = blocks[1:] {
			weights += blocks[0].weights
			updates += blocks[0].updates
		}
		n := float64(s.Tensor.Len())
		a.paces[s] = a.pace(lr, s.rates, math.Sqrt(weights/n), math.Sqrt(updates/n))
	}
	forEach(a.blocks, a.move)
}

// pace returns that of a parameter of which the values and the update have these root
// mean squares.
func (a *adafactor) pace(lr float64, r rates, values, update float64) pace {
	rate := lr * r.lr
	if *a.ScaleParameter {
		rate *= max(leastScale, values)
	}
	p := pace{rate, rate * r.decay}
	if limit := *a.ClipUpdate; limit > 0 && update > limit {
		p.update *= limit / update
	}
	return p
}

// average brings a second moment up to date by a mean of squares of the gradients as
// they are.
func (a *adafactor) average(moment *float32, mean float64) float64 {
	v := a.keep*float64(*moment) + (1-a.keep)*(mean*a.scale*a.scale+*a.Epsilon)
	*moment = float32(v)
	return v
}

// squares brings the moments of rows up to date, and leaves the sums of the columns in
// the scratch.
func (a *adafactor) squares(b *block) {
	clear(b.scratch)
	b.weights = 0
	for i := b.lo; i < b.hi; i++ {
		g := b.gradient(i)
		kernel.MulAdd(b.scratch, g, g)
		if b.row != nil {
			a.average(&b.row[i], squares(g)/float64(b.cols))
		}
		if *a.ScaleParameter {
			b.weights += squares(b.value(i))
		}
	}
}

// moments brings the moments of columns up to date.
func (a *adafactor) moments(m *matrix) {
	m.mean = 0
	for _, v := range m.row {
		m.mean += float64(v) / float64(m.rows)
	}
	for j := range m.col {
		sum := 0.0
		for _, b := range m.blocks {
			sum += float64(b.scratch[j])
		}
		m.ofColumns[j] = float32(1 / math.Sqrt(a.average(&m.col[j], sum/float64(m.rows))))
	}
}

// ofRow returns what row i of the gradient is multiplied by, beside ofColumns.
func (a *adafactor) ofRow(m *matrix, i int) float64 {
	if m.row == nil {
		return a.scale
	}
	return a.scale / math.Sqrt(float64(m.row[i])/m.mean)
}

// measure adds up the squares of the update.
func (a *adafactor) measure(b *block) {
	b.updates = 0
	for i := b.lo; i < b.hi; i++ {
		kernel.Mul(b.scratch, b.gradient(i), b.ofColumns)
		r := a.ofRow(b.matrix, i)
		b.updates += r * r * squares(b.scratch)
	}
}

// move makes the update.
func (a *adafactor) move(b *block) {
	p := a.paces[b.slot]
	for i := b.lo; i < b.hi; i++ {
		w, g := b.value(i), b.gradient(i)
		kernel.Mul(b.scratch, g, b.ofColumns)
		clear(g)
		if p.decay != 0 {
			kernel.Scale(w, float32(1-p.decay), w)
		}
		step := p.update * a.ofRow(b.matrix, i)
		if a.Beta1 == nil {
			kernel.Axpy(float32(-step), b.scratch, w)
			continue
		}
		m := b.at(b.slot.state[len(b.slot.state)-1], i)
		kernel.Scale(m, float32(*a.Beta1), m)
		kernel.Axpy(float32(step*(1-*a.Beta1)), b.scratch, m)
		kernel.Axpy(-1, m, w)
	}
	b.slot.moved(b.first+b.lo*b.cols, b.first+b.hi*b.cols)
}

// forEach calls f for each of all, on all threads.
func forEach[T any](all []T, f func(T)) {
	parallel.Default().Do(len(all), 1, task(func(i int) { f(all[i]) }))
}
