package tensor

import (
	"runtime"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A packed matrix [n,k] lies in the layout that one of the kernels reads.
type packed interface {
	operand
	// row writes row r to dst, k values.
	row(dst []float32, r int)
	// pack writes the n rows of src, float32 row by row, as rows first and on; first
	// is a multiple of kernel.Panel.
	pack(first, n int, src []float32)
	form() Form
	raw() []byte // all of it
}

// floatPanels is a matrix of float32 as kernel.Gemm reads it: 32 outputs side by
// side, [n/32][k][32], so that SIMD lanes run over outputs.
type floatPanels struct {
	k    int
	data []float32
	room *Room
}

func (w *floatPanels) form() Form          { return FormF32 }
func (w *floatPanels) raw() []byte         { return bytesOf(w.data) }
func (w *floatPanels) stride() int         { return w.k * kernel.Panel }
func (w *floatPanels) traits(k int) traits { return traits{4 * k * kernel.Panel, false} }

func (w *floatPanels) multiply(p *product, c []float32, ldc, lo, hi, r0, r1 int) {
	p.gemm(c, ldc, w.data[lo*w.k:], hi-lo, r0, r1)
}

func (w *floatPanels) row(dst []float32, r int) {
	kernel.UnpackRow(dst, w.data, w.stride(), r, w.k)
	runtime.KeepAlive(w)
}

func (w *floatPanels) pack(first, n int, src []float32) {
	kernel.PackNK(w.data[first*w.k:], src, n, w.k, w.k)
}

// halfPanels is floatPanels with values of 16 bits.
type halfPanels struct {
	k    int
	data []uint16
	as   Form // FormF16 or FormBF16
	room *Room
}

func (w *halfPanels) form() Form          { return w.as }
func (w *halfPanels) raw() []byte         { return bytesOf(w.data) }
func (w *halfPanels) traits(k int) traits { return traits{2 * k * kernel.Panel, true} }

func (w *halfPanels) multiply(p *product, c []float32, ldc, lo, hi, r0, r1 int) {
	p.eachPanel(c, ldc, lo, hi, r0, r1, w)
}

func (w *halfPanels) widen(dst []float32, src []uint16) {
	if w.as == FormF16 {
		kernel.F16ToF32(dst, src)
	} else {
		kernel.BF16ToF32(dst, src)
	}
}

func (w *halfPanels) fill(panel []float32, first, _, k int) {
	w.widen(panel[:k*kernel.Panel], w.data[first*k:(first+kernel.Panel)*k])
}

func (w *halfPanels) row(dst []float32, r int) {
	at := r/kernel.Panel*kernel.Panel*w.k + r%kernel.Panel
	for i := range dst {
		w.widen(dst[i:i+1], w.data[at+i*kernel.Panel:at+i*kernel.Panel+1])
	}
	runtime.KeepAlive(w)
}

func (w *halfPanels) pack(first, n int, src []float32) {
	for ; n > 0; first, n, src = first+kernel.Panel, n-kernel.Panel, src[min(kernel.Panel, n)*w.k:] {
		panel := borrow(kernel.Panel * w.k)
		kernel.PackNK(panel, src, min(kernel.Panel, n), w.k, w.k)
		dst := w.data[first*w.k : (first+kernel.Panel)*w.k]
		if w.as == FormF16 {
			kernel.F32ToF16(dst, panel)
		} else {
			kernel.F32ToBF16(dst, panel)
		}
		giveBack(panel)
	}
}
