package tensor

import (
	"encoding/binary"
	"runtime"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A packed matrix [n,k] lies in the layout that one of the kernels reads.
type packed interface {
	operand
	// row writes row r to dst, k values.
	row(dst []float32, r int)
	// pack writes rows [first,last) of w to their places; first is a multiple of
	// kernel.Panel.
	pack(w *Tensor, first, last int)
	form() Form
	raw() []byte // all of it
}

// rowsOf borrows the rows [first,last) of w as float32.
func rowsOf(w *Tensor, first, last, k int) []float32 {
	rows := borrow((last - first) * k)
	w.Float32s(rows, first*k)
	return rows
}

// floatPanels is a matrix of float32 as kernel.Gemm reads it: 32 outputs side by
// side, [n/32][k][32], so that SIMD lanes run over outputs.
type floatPanels struct {
	k    int
	data []float32
	room *Room
}

func (w *floatPanels) form() Form  { return FormF32 }
func (w *floatPanels) raw() []byte { return bytesOf(w.data) }

func (w *floatPanels) traits(k int) traits {
	return traits{bytes: 4 * k * kernel.Panel, speed: floatSpeed}
}

func (w *floatPanels) multiply(p *product, t target) {
	p.gemm(t, w.data[t.lo*w.k:])
}

func (w *floatPanels) row(dst []float32, r int) {
	kernel.UnpackRow(dst, w.data, w.k*kernel.Panel, r, w.k)
	runtime.KeepAlive(w)
}

func (w *floatPanels) pack(from *Tensor, first, last int) {
	rows := rowsOf(from, first, last, w.k)
	kernel.PackNK(w.data[first*w.k:], rows, last-first, w.k, w.k)
	giveBack(rows)
}

// f16Panels is floatPanels with values of half precision.
type f16Panels struct {
	k    int
	data []uint16
	room *Room
}

func (w *f16Panels) form() Form  { return FormF16 }
func (w *f16Panels) raw() []byte { return bytesOf(w.data) }

func (w *f16Panels) traits(k int) traits {
	return traits{bytes: 2 * k * kernel.Panel, speed: floatSpeed}
}

func (w *f16Panels) multiply(p *product, t target) {
	kernel.GemmF16(t.c, t.ldc, p.a[t.r0*p.lda:], p.lda, w.data[t.lo*w.k:], w.k*kernel.Panel, t.r1-t.r0, t.hi-t.lo, w.k, p.add)
}

func (w *f16Panels) row(dst []float32, r int) {
	kernel.UnpackF16Row(dst, w.data, w.k*kernel.Panel, r, w.k)
	runtime.KeepAlive(w)
}

func (w *f16Panels) pack(from *Tensor, first, last int) {
	half := halvesOf(from, F16, first, last, w.k)
	kernel.PackF16NK(w.data[first*w.k:], half.data, last-first, w.k, w.k)
	halves.put(half)
}

// bf16Panels is a matrix of bfloat16 numbers as kernel.GemmBF16 reads it: like
// f16Panels, with every two values of k beside each other.
type bf16Panels struct {
	k    int
	data []uint16
	fast bool // the left side is rounded to bfloat16 as well
	room *Room
}

func (w *bf16Panels) form() Form {
	if w.fast {
		return FormBF16Fast
	}
	return FormBF16
}

func (w *bf16Panels) raw() []byte { return bytesOf(w.data) }

// pairs tells whether products take the processor's instruction for pairs.
func (w *bf16Panels) pairs() bool { return w.fast && kernel.HasBF16() }

func (w *bf16Panels) traits(k int) traits {
	if w.pairs() {
		return traits{bytes: 2 * k * kernel.Panel, speed: 2 * floatSpeed, input: asBF16}
	}
	return traits{bytes: 2 * k * kernel.Panel, speed: floatSpeed}
}

func (w *bf16Panels) multiply(p *product, t target) {
	stride := kernel.BF16Stride(w.k)
	b := w.data[t.lo/kernel.Panel*stride:]
	if w.pairs() {
		h := p.halves
		kernel.GemmBF16Fast(t.c, t.ldc, h.data[t.r0*h.ld:], h.ld, b, stride, t.r1-t.r0, t.hi-t.lo, w.k, p.add)
		return
	}
	kernel.GemmBF16(t.c, t.ldc, p.a[t.r0*p.lda:], p.lda, b, stride, t.r1-t.r0, t.hi-t.lo, w.k, p.add)
}

func (w *bf16Panels) row(dst []float32, r int) {
	kernel.UnpackBF16Row(dst, w.data, kernel.BF16Stride(w.k), r, w.k)
	runtime.KeepAlive(w)
}

func (w *bf16Panels) pack(from *Tensor, first, last int) {
	half := halvesOf(from, BF16, first, last, w.k)
	kernel.PackBF16NK(w.data[first/kernel.Panel*kernel.BF16Stride(w.k):], half.data, last-first, w.k, w.k)
	halves.put(half)
}

// copyHalves sets dst to the little-endian numbers of src.
func copyHalves(dst []uint16, src []byte) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		copy(bytesOf(dst), src)
		return
	}
	for i := range dst {
		dst[i] = binary.LittleEndian.Uint16(src[2*i:])
	}
}

// halvesOf borrows the rows [first,last) of w in a form of 16 bits.
func halvesOf(w *Tensor, d DType, first, last, k int) *halfRows {
	h := halves.get()
	h.resize((last - first) * k)
	if w.stored != nil && w.stored.dtype == d {
		copyHalves(h.data, w.stored.raw[2*first*k:2*last*k])
		return h
	}
	rows := rowsOf(w, first, last, k)
	if d == F16 {
		kernel.F32ToF16(h.data, rows)
	} else {
		kernel.F32ToBF16(h.data, rows)
	}
	giveBack(rows)
	return h
}
