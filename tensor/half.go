package tensor

import (
	"encoding/binary"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// Half returns the values of t, rounded to bfloat16, in half the bytes: the weight of a
// training that may have a gradient (RequireGrad) and be written to (SetFloat32s), and
// that Linear and Embed read. Arithmetic is that of the rounded values as float32.
func Half(t *Tensor) *Tensor {
	h := &Tensor{stored: &stored{BF16, make([]byte, 2*t.Len())}}
	h.setShape(t.Shape())
	const piece = 1 << 14
	values := borrow(min(piece, t.Len()))
	for lo := 0; lo < t.Len(); lo += piece {
		part := values[:min(piece, t.Len()-lo)]
		t.Float32s(part, lo)
		h.SetFloat32s(part, lo)
	}
	giveBack(values)
	return h
}

// Detach returns a tensor that shares t's values, and into which no gradient flows.
func Detach(t *Tensor) *Tensor {
	return &Tensor{dims: t.dims, rank: t.rank, data: t.data, stored: t.stored, packed: t.packed}
}

// half tells whether t is stored as bfloat16.
func (t *Tensor) half() bool { return t.stored != nil && t.stored.dtype == BF16 }

// SetFloat32s writes src over the values from lo on, counted in row-major order: as they
// are to a float32 array, rounded to what Half returned. It panics with a *ShapeError if
// t is neither. Only whoever made t may write to it, while nobody reads.
func (t *Tensor) SetFloat32s(src []float32, lo int) {
	if t.data != nil {
		copy(t.data[lo:lo+len(src)], src)
		return
	}
	if !t.half() {
		fail("SetFloat32s", "want a float32 array or bfloat16 numbers", t)
	}
	h := halves.get()
	h.resize(len(src))
	kernel.F32ToBF16(h.data, src)
	raw := t.stored.raw[2*lo : 2*(lo+len(src))]
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		copy(raw, bytesOf(h.data))
	} else {
		for i, v := range h.data {
			binary.LittleEndian.PutUint16(raw[2*i:], v)
		}
	}
	halves.put(h)
}

// singles tells whether t is stored as single values, not as blocks.
func (t *Tensor) singles() bool {
	if t.stored == nil {
		return false
	}
	values, _ := t.stored.dtype.Block()
	return values == 1
}

// storedColumns is a stored matrix [k,n], whose columns make the columns of a result.
type storedColumns Tensor

func (w *storedColumns) traits(k int) traits { return expanding(k) }

func (w *storedColumns) fill(panel []float32, first, n, k int) { w.pack(panel, first, n, 0, k) }

// pack makes a panel of rows [from,to) of the n columns from first on.
func (w *storedColumns) pack(panel []float32, first, n, from, to int) {
	rows := borrow(n * (to - from))
	for i := range to - from {
		(*Tensor)(w).Float32s(rows[i*n:(i+1)*n], (from+i)*w.dims[1]+first)
	}
	kernel.PackKN(panel, rows, n, to-from, n)
	giveBack(rows)
}

func (w *storedColumns) multiply(p *product, t target) {
	p.eachPanel(t, w)
}
