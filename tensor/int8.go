package tensor

import (
	"runtime"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// int8Panels is a matrix of 8 bits with one scale a row as kernel.GemmInt8 reads it.
// Products are sums of integers.
type int8Panels struct {
	k    int
	data []byte
	room *Room
}

func (w *int8Panels) form() Form  { return FormInt8 }
func (w *int8Panels) raw() []byte { return w.data }

// at returns the panels from row first on, a multiple of kernel.Panel.
func (w *int8Panels) at(first int) []byte {
	return w.data[first/kernel.Panel*kernel.Int8Stride(w.k):]
}

func (w *int8Panels) traits(k int) traits {
	return traits{bytes: kernel.Int8Stride(k), speed: 2 * byteSpeed, input: asBytes}
}

func (w *int8Panels) multiply(p *product, t target) { w.multiplyBiased(p, t, nil) }

func (w *int8Panels) multiplyBiased(p *product, t target, bias []float32) {
	kernel.GemmInt8(t.c, t.ldc, p.bytes, t.r0, t.r1-t.r0, w.at(t.lo), t.hi-t.lo, w.k, bias)
}

func (w *int8Panels) row(dst []float32, r int) {
	kernel.UnpackInt8Row(dst, w.data, r, w.k)
	runtime.KeepAlive(w)
}

func (w *int8Panels) pack(from *Tensor, first, last int) {
	rows := rowsOf(from, first, last, w.k)
	kernel.PackInt8(w.at(first), rows, last-first, w.k, w.k)
	giveBack(rows)
}
