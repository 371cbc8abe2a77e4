package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// An operand is the right side of a product: a matrix [n,k] of which each row makes
// a column of the result.
type operand interface {
	traits(k int) traits
	// multiply computes rows [r0,r1) of columns [lo,hi) of the product of p's left
	// side and the operand's transpose. lo is a multiple of kernel.Panel; c begins
	// at that part of the result, whose rows are ldc apart.
	multiply(p *product, c []float32, ldc, lo, hi, r0, r1 int)
}

// traits are what the plan of a product needs to know of an operand.
type traits struct {
	bytes   int   // of kernel.Panel rows
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
	groups int // of columns, of all parts

	inputs // the left side as the operands want it
}

// maxParts is how many matrices one product has at most.
const maxParts = 4

// term is one matrix of a product, and what is done with its result while that is in
// the cache: act(A·Wᵀ + bias), times A·Upᵀ + upBias where there is up.
type term struct {
	c            []float32
	ldc, n       int
	weight       operand
	bias         []float32
	act          *Activation
	up           operand
	upBias       []float32
	first, width int // of its groups of columns: the number of the first, and columns of each
}

var products freeList[product]

// rowBlock is how many rows of A a task takes where there are too few columns for
// all threads.
const rowBlock = 64

// taskWork is how long a task should take, in about nanoseconds: long beside the
// cost of taking it, short beside the time that the slowest thread ends late.
const taskWork = 20_000

// run does the work. It allocates nothing in a steady state.
func (p product) run() {
	if p.m == 0 || p.parts[0].n == 0 {
		return
	}
	task := products.get()
	*task = p
	pool := parallel.Default()
	task.plan(pool.Threads())
	task.prepare(pool)
	pool.Do(task.groups*task.blocks, 1, task)
	task.release()
	*task = product{}
	products.put(task)
}

// plan deals the columns out into tasks.
func (p *product) plan(threads int) {
	panels, expands := 0, false
	for i := range p.count {
		t := &p.parts[i]
		traits := t.weight.traits(p.k)
		panels += (t.n + kernel.Panel - 1) / kernel.Panel
		expands = expands || traits.expands
		p.want(traits.input)
		if t.up != nil {
			p.want(t.up.traits(p.k).input)
		}
	}
	p.blocks = 1
	if panels < 4*threads {
		p.blocks = max(1, p.m/rowBlock)
	}
	if !expands {
		p.blocks = max(p.blocks, min(p.m/rowBlock, p.m*p.k*4/rowBytes))
	}
	most := max(1, panels*p.blocks/(4*threads)) // so that no thread waits long at the end
	p.groups = 0
	for i := range p.count {
		t := &p.parts[i]
		traits := t.weight.traits(p.k)
		work := traits.bytes/32 + p.m/p.blocks*kernel.Panel*p.k/traits.speed
		if t.up != nil {
			work *= 2
		}
		t.width = min(max(1, taskWork/(work+1)), most) * kernel.Panel
		t.first = p.groups
		p.groups += (t.n + t.width - 1) / t.width
	}
}

// rowBytes is how much of the left side a block of rows has, for it to stay in the
// cache while columns pass.
const rowBytes = 4 << 20

// Run computes the tasks [lo,hi).
func (p *product) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		block, group := i/p.groups, i%p.groups
		at := p.count - 1
		for p.parts[at].first > group {
			at--
		}
		t := &p.parts[at]
		first := (group - t.first) * t.width
		p.compute(t, first, min(first+t.width, t.n), block*p.m/p.blocks, (block+1)*p.m/p.blocks)
	}
}

// compute makes rows [r0,r1) of columns [lo,hi) of a part.
func (p *product) compute(t *term, lo, hi, r0, r1 int) {
	c := t.c[r0*t.ldc+lo:]
	t.weight.multiply(p, c, t.ldc, lo, hi, r0, r1)
	n := hi - lo
	if t.up == nil {
		finish(c, t.ldc, r1-r0, n, t.bias, lo, t.act)
		return
	}
	finish(c, t.ldc, r1-r0, n, t.bias, lo, nil)
	up := borrow((r1 - r0) * n)
	t.up.multiply(p, up, n, lo, hi, r0, r1)
	finish(up, n, r1-r0, n, t.upBias, lo, nil)
	t.act.gateRows(c, t.ldc, up, r1-r0, n)
	giveBack(up)
}

// finish adds the bias from lo on to m rows of n columns, and applies act to them.
func finish(c []float32, ldc, m, n int, bias []float32, lo int, act *Activation) {
	if bias == nil && act == nil {
		return
	}
	switch {
	case bias == nil:
	case act != nil && act.biased != kernel.AddRows:
		act.biased.Apply(c, ldc, bias[lo:], 0, m, n)
		return
	default:
		kernel.AddRows.Apply(c, ldc, bias[lo:], 0, m, n)
	}
	for i := 0; i < m && act != nil; i++ {
		row := c[i*ldc : i*ldc+n]
		act.f(row, row)
	}
}
