package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// panels is a matrix [n,k] in the layout that kernel.Gemm reads: 32 outputs side
// by side, [n/32][k][32], so that SIMD lanes run over outputs. The values are
// float32, or 16 bits wide and expanded a panel at a time.
type panels struct {
	n, k  int
	f32   []float32
	half  []uint16
	dtype DType // of half: F16 or BF16
}

func (p *panels) stride() int { return p.k * kernel.Panel }

// panel returns panel i as float32, expanded into buf if need be.
func (p *panels) panel(i int, buf []float32) []float32 {
	lo, hi := i*p.stride(), (i+1)*p.stride()
	switch {
	case p.f32 != nil:
		return p.f32[lo:hi]
	case p.dtype == F16:
		kernel.F16ToF32(buf, p.half[lo:hi])
	default:
		kernel.BF16ToF32(buf, p.half[lo:hi])
	}
	return buf
}

// row writes row r of the matrix to dst.
func (p *panels) row(dst []float32, r int) {
	if p.f32 != nil {
		kernel.UnpackRow(dst, p.f32, p.stride(), r, p.k)
		return
	}
	at := r/kernel.Panel*p.stride() + r%kernel.Panel
	for i := range dst {
		h := p.half[at+i*kernel.Panel : at+i*kernel.Panel+1]
		if p.dtype == F16 {
			kernel.F16ToF32(dst[i:i+1], h)
		} else {
			kernel.BF16ToF32(dst[i:i+1], h)
		}
	}
}

// read writes the values from lo in row-major order to dst.
func (p *panels) read(dst []float32, lo int) {
	row := make([]float32, p.k)
	for len(dst) > 0 {
		p.row(row, lo/p.k)
		n := copy(dst, row[lo%p.k:])
		dst, lo = dst[n:], lo+n
	}
}

// Pack returns the matrix w [out,in] in the layout that Linear reads fastest:
// float32 for float32 weights, 16 bits for 16-bit weights. Block-quantised
// weights keep their blocks, and are returned as they are. Only Linear, Embed
// and Float32s read a packed tensor; no gradient flows into it.
func Pack(w *Tensor) *Tensor {
	if w.rank != 2 {
		fail("Pack", "want a matrix", w)
	}
	if w.panels != nil {
		return w
	}
	if values, _ := w.DType().Block(); values > 1 {
		return w
	}
	p := &panels{n: w.dims[0], k: w.dims[1]}
	if d := w.DType(); d == F16 || d == BF16 {
		p.dtype, p.half = d, make([]uint16, kernel.PackedLen(p.n, p.k))
	} else {
		p.f32 = make([]float32, kernel.PackedLen(p.n, p.k))
	}
	parallel.Default().Do((p.n+kernel.Panel-1)/kernel.Panel, 1, &packTask{p, w})
	t := &Tensor{panels: p}
	t.setShape(w.Shape())
	return t
}

// packTask packs panels [lo,hi) of a matrix.
type packTask struct {
	p *panels
	w *Tensor
}

func (t *packTask) Run(lo, hi int) {
	p := t.p
	rows, packed := borrow(kernel.Panel*p.k), borrow(p.stride())
	for i := lo; i < hi; i++ {
		n := min(kernel.Panel, p.n-i*kernel.Panel)
		t.w.Float32s(rows[:n*p.k], i*kernel.Panel*p.k)
		dst := packed
		if p.f32 != nil {
			dst = p.f32[i*p.stride() : (i+1)*p.stride()]
		}
		kernel.PackNK(dst, rows[:n*p.k], n, p.k, p.k)
		if p.f32 != nil {
			continue
		}
		half := p.half[i*p.stride() : (i+1)*p.stride()]
		if p.dtype == F16 {
			kernel.F32ToF16(half, dst)
		} else {
			kernel.F32ToBF16(half, dst)
		}
	}
	giveBack(rows)
	giveBack(packed)
}
