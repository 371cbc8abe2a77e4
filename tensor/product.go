package tensor

import (
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// An operand is the right side of a product: a matrix [n,k] of which each row makes
// a column of the result.
type operand interface {
	traits(k int) traits
	// multiply computes a part of the product of p's left side and the operand's
	// transpose. t.lo is a multiple of traits.columns.
	multiply(p *product, t target)
}

// A target is a part of a product: rows [r0,r1) of columns [lo,hi). c begins there;
// its rows are ldc apart.
type target struct {
	c              []float32
	ldc            int
	lo, hi, r0, r1 int
}

// traits are what the plan of a product needs to know of an operand.
type traits struct {
	bytes   int   // of kernel.Panel rows
	columns int   // that multiply takes multiples of: kernel.BlockColumns or, for 0, kernel.Panel
	expands bool  // they are made float32 anew in each call of multiply
	speed   int   // multiplications a nanosecond, about, of one thread
	input   input // what the left side has to be turned into
}

// Speeds that plans reckon with. They decide on the size of tasks only.
const floatSpeed, byteSpeed = 120, 350

// A product multiplies a left side [m,k] by the transposes of one or more matrices,
// in one loop over the threads: tasks are a number of columns of a matrix by a block
// of rows, in an order in which tasks that follow each other share the rows.
type product struct {
	a         []float32
	lda, m, k int
	add       bool // to what the results hold

	parts  [maxParts]term
	count  int
	blocks int // of rows
	step   int // columns of a unit, which no task splits
	units  int // of columns, of all parts
	groups int // of units: tasks for each block of rows
	width  int // most units of a task
	shares []share

	inputs // the left side as the operands want it
}

// maxParts is how many matrices one product has at most.
const maxParts = 4

// term is one matrix of a product, and what is done with its result while that is in
// the cache: act(A·Wᵀ + bias), times A·Upᵀ + upBias where there is up.
type term struct {
	c      []float32
	ldc, n int
	weight operand
	bias   []float32
	act    *Activation
	up     operand
	upBias []float32
	first  int // unit of columns
}

var products freeList[product]

// taskWork is how long a task should take, in about nanoseconds: long beside the
// cost of taking it, short beside the time that the slowest thread ends late.
const taskWork = 20_000

// runWork is how long a thread works on its own share at most before it looks what is
// left of it: in order, so that all it costs is the evenness of the end.
const runWork = 4 * taskWork

// rowBlock is how many rows of the left side a task takes where there are too few
// columns for all threads.
const rowBlock = 64

// rowBytes is how much of the left side a block of rows has, for it to stay in the
// cache while columns pass.
const rowBytes = 512 << 10

// run does the work. It allocates nothing in a steady state.
func (p product) run() {
	if p.m == 0 || p.parts[0].n == 0 {
		return
	}
	task := products.get()
	p.shares = task.shares
	*task = p
	pool := parallel.Default()
	task.plan(pool.Threads())
	task.prepare(pool)
	if p.m <= fewRows {
		task.deal(min(pool.Threads(), task.groups))
		pool.Do(len(task.shares), 1, task)
	} else {
		pool.Do(task.groups*task.blocks, 1, task)
	}
	task.release()
	*task = product{shares: task.shares}
	products.put(task)
}

// plan deals the work out into tasks of about the same size: as many for each thread,
// if they are few.
func (p *product) plan(threads int) {
	work, bytes, expands := 0, 1, false
	p.step = kernel.BlockColumns
	for i := range p.count {
		t := &p.parts[i]
		for _, w := range [2]operand{t.weight, t.up} {
			if w == nil {
				continue
			}
			traits := w.traits(p.k)
			p.want(traits.input)
			expands = expands || traits.expands
			if traits.input == asFloats {
				bytes = 4
			}
			if traits.columns == 0 {
				p.step = kernel.Panel
			}
			work += (traits.bytes/32 + p.m*kernel.Panel*p.k/traits.speed) * (t.n + kernel.Panel - 1) / kernel.Panel
		}
	}
	if p.m > fewRows {
		p.step = kernel.Panel
	}
	p.units = 0
	for i := range p.count {
		p.parts[i].first = p.units
		p.units += (p.parts[i].n + p.step - 1) / p.step
	}
	each := max(work/(taskWork*threads), 1)
	if p.m <= fewRows {
		p.blocks, p.groups = 1, min(each*threads, p.units)
		p.width = max(1, runWork/taskWork*p.units/p.groups)
		return
	}
	p.blocks = 1
	if !expands {
		p.blocks = max(1, min(p.m/rowBlock, p.m*p.k*bytes/rowBytes))
	}
	if p.units*p.blocks < 4*threads {
		p.blocks = max(1, p.m/rowBlock)
	}
	width := max(1, p.units*p.blocks/(each*threads))
	p.groups = (p.units + width - 1) / width
}

// fewRows is up to how many rows the speed of memory bounds a product.
const fewRows = 4

// Run computes the tasks [lo,hi): of a few rows, a thread's share; or else some of the
// columns by a block of rows.
func (p *product) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		if p.m <= fewRows {
			p.runShare(i)
			continue
		}
		block, group := i/p.groups, i%p.groups
		p.columns(group*p.units/p.groups, (group+1)*p.units/p.groups, block*p.m/p.blocks, (block+1)*p.m/p.blocks)
	}
}

// columns makes rows [r0,r1) of the units [first,last) of columns, of whatever parts.
func (p *product) columns(first, last, r0, r1 int) {
	for at := range p.count {
		t := &p.parts[at]
		from, to := max(first-t.first, 0)*p.step, min((last-t.first)*p.step, t.n)
		if from < to {
			p.compute(t, from, to, r0, r1)
		}
	}
}

// compute makes rows [r0,r1) of columns [lo,hi) of a part.
func (p *product) compute(t *term, lo, hi, r0, r1 int) {
	to := target{c: t.c[r0*t.ldc+lo:], ldc: t.ldc, lo: lo, hi: hi, r0: r0, r1: r1}
	if t.up == nil {
		to.fill(p, t.weight, t.bias, t.act)
		return
	}
	to.fill(p, t.weight, t.bias, nil)
	up := to
	up.c, up.ldc = borrow((r1-r0)*(hi-lo)), hi-lo
	up.fill(p, t.up, t.upBias, nil)
	t.act.gateRows(to.c, to.ldc, up.c, r1-r0, hi-lo)
	giveBack(up.c)
}

// biasing is an operand that adds a bias, of the columns from t.lo on, on its way.
type biasing interface {
	multiplyBiased(p *product, t target, bias []float32)
}

// fill makes act(A·Wᵀ + bias).
func (t target) fill(p *product, w operand, bias []float32, act *Activation) {
	if b, ok := w.(biasing); ok && bias != nil {
		b.multiplyBiased(p, t, bias[t.lo:])
		t.finish(nil, act)
		return
	}
	w.multiply(p, t)
	t.finish(bias, act)
}

// nothing is a bias that changes nothing, not even a negative 0.
var nothing = slices.Repeat([]float32{float32(math.Copysign(0, -1))}, 512)

// finish adds the bias, and applies act.
func (t target) finish(bias []float32, act *Activation) {
	m, n := t.r1-t.r0, t.hi-t.lo
	switch {
	case bias == nil && act != nil && act.biased != kernel.AddRows:
		for j := 0; j < n; j += len(nothing) {
			w := min(n-j, len(nothing))
			act.biased.Apply(t.c[j:], t.ldc, nothing[:w], 0, m, w)
		}
		return
	case bias == nil:
	case act != nil && act.biased != kernel.AddRows:
		act.biased.Apply(t.c, t.ldc, bias[t.lo:], 0, m, n)
		return
	default:
		kernel.AddRows.Apply(t.c, t.ldc, bias[t.lo:], 0, m, n)
	}
	for i := 0; i < m && act != nil; i++ {
		row := t.c[i*t.ldc : i*t.ldc+n]
		act.f(row, row)
	}
}
