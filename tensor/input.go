package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// An input is a form in which an operand wants the left side of a product.
type input uint8

const (
	asFloats input = iota // as it is
	asBlocks              // 8 bits, in blocks of 32 values
	asBytes               // 8 bits, with a scale for each row
	asBF16                // rounded to bfloat16
	numInputs
)

// inputs are a left side in the forms that the operands of a product want. They are
// made once for all of them.
type inputs struct {
	wanted [numInputs]bool
	blocks *kernel.Activations
	bytes  *kernel.Int8Rows
	halves *halfRows
}

// halfRows is a left side of bfloat16 numbers, in rows of an even length.
type halfRows struct {
	data []uint16
	ld   int
}

func (h *halfRows) resize(n int) {
	if n > cap(h.data) {
		h.data = make([]uint16, n)
	}
	h.data = h.data[:n]
}

var (
	activations freeList[kernel.Activations]
	byteRows    freeList[kernel.Int8Rows]
	halves      freeList[halfRows]
	preparings  freeList[preparing]
)

func (in *inputs) want(i input) { in.wanted[i] = true }

// prepareGrain is how many values of the left side one thread turns at a time.
const prepareGrain = 1 << 14

// prepare makes what the operands want.
func (p *product) prepare(pool *parallel.Pool) {
	for i := asBlocks; i < numInputs; i++ {
		if !p.wanted[i] {
			continue
		}
		switch i {
		case asBlocks:
			p.inputs.blocks = activations.get()
			p.inputs.blocks.Resize(p.m, p.k)
		case asBytes:
			p.bytes = byteRows.get()
			p.bytes.Resize(p.m, p.k)
		case asBF16:
			h := halves.get()
			h.ld = (p.k + 1) / 2 * 2
			h.resize(p.m * h.ld)
			p.halves = h
		}
		t := preparings.get()
		*t = preparing{p, i}
		pool.Do(p.m, max(1, prepareGrain/p.k), t)
		*t = preparing{}
		preparings.put(t)
	}
}

// release gives back what prepare has taken.
func (p *product) release() {
	if p.inputs.blocks != nil {
		activations.put(p.inputs.blocks)
	}
	if p.bytes != nil {
		byteRows.put(p.bytes)
	}
	if p.halves != nil {
		halves.put(p.halves)
	}
}

// preparing turns rows of the left side into one form.
type preparing struct {
	p  *product
	as input
}

func (t *preparing) Run(lo, hi int) {
	p := t.p
	switch t.as {
	case asBlocks:
		p.inputs.blocks.Quantize(p.a, p.lda, lo, hi)
		return
	case asBytes:
		p.bytes.Quantize(p.a, p.lda, lo, hi)
		return
	}
	h := p.halves
	for i := lo; i < hi; i++ {
		row := h.data[i*h.ld : (i+1)*h.ld]
		kernel.F32ToBF16(row[:p.k], p.a[i*p.lda:i*p.lda+p.k])
		clear(row[p.k:])
	}
}
