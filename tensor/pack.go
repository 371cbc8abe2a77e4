package tensor

import (
	"fmt"
	"unsafe"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// Pack returns the matrix w [out,in] in the layout that Linear reads fastest, its
// values being of form f. It lies in room, or in the Go heap if that is nil. What
// need not change is returned as it is. Only Linear and its kin, Embed and Float32s
// read a packed tensor; no gradient flows into it.
//
// Pages of a mapped file that w has been read from are given back to the system.
func Pack(w *Tensor, f Form, room *Room) *Tensor {
	if w.rank != 2 || !f.Fits(w.dims[1]) {
		fail("Pack", "want a matrix whose rows are whole blocks of "+f.String(), w)
	}
	keeps := f == Exact || f == Own
	f = f.resolve(w)
	if w.packed != nil && (keeps || w.packed.form() == f) || f == Exact {
		return w
	}
	n, k := w.dims[0], w.dims[1]
	t := &Tensor{packed: newPacked(f, n, k, room)}
	t.setShape(w.Shape())
	p := packTask{to: t.packed, w: w, rows: wholePanels(packTaken, k)}
	for step := wholePanels(packHeld, k); p.first < n; p.first += step {
		p.last = min(p.first+step, n)
		parallel.Default().Do((p.last-p.first+p.rows-1)/p.rows, 1, &p)
		if w.stored != nil {
			size := len(w.stored.raw) / n
			mmap.Discard(w.stored.raw[p.first*size : p.last*size])
		}
	}
	return t
}

// A thread packs about packTaken values at a time. After packHeld values the pages
// that they were read from are given back: a matrix may be a third of a model, and
// would else be held twice.
const (
	packTaken = 1 << 16
	packHeld  = 1 << 23
)

// wholePanels returns how many rows of k values hold about that many: whole panels.
func wholePanels(values, k int) int { return max(values/max(k, 1)/kernel.Panel, 1) * kernel.Panel }

// packTask packs rows [first,last) of w, a number of them a task.
type packTask struct {
	to          packed
	w           *Tensor
	rows        int
	first, last int
}

func (t *packTask) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		t.to.pack(t.w, t.first+i*t.rows, min(t.first+(i+1)*t.rows, t.last))
	}
}

// Form returns the form that t is packed in, or Exact if it is not packed.
func (t *Tensor) Form() Form {
	if t.packed == nil {
		return Exact
	}
	return t.packed.form()
}

// PackedVersion is the version of the layouts of packed matrices: bytes that one
// version has packed mean nothing to another.
const PackedVersion = 1

// PackedBytes returns the bytes of a packed matrix, which no one may change, or nil.
func (t *Tensor) PackedBytes() []byte {
	if t.packed == nil {
		return nil
	}
	return t.packed.raw()
}

// FromPacked returns the matrix [n,k] of form f whose packed bytes are raw, as
// PackedBytes gave them on a machine of the same order of bytes. The caller keeps raw
// unchanged for as long as the matrix is used. It fails if raw is not as long as such
// a matrix, or does not begin at a multiple of 64 bytes.
func FromPacked(f Form, n, k int, raw []byte) (*Tensor, error) {
	if f < FormF32 || f >= numForms || n < 0 || k < 0 || n > 0 && k > 1<<40/n || !f.Fits(k) || f >= FormQ8_0 && !f.integers(k) {
		return nil, fmt.Errorf("tensor: [%d,%d] is no matrix of form %v", n, k, f)
	}
	if size := packedSize(f, n, k); len(raw) != size {
		return nil, fmt.Errorf("tensor: [%d,%d] of form %v has %d bytes packed, not %d", n, k, f, size, len(raw))
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(raw)))%roomAligned != 0 {
		return nil, fmt.Errorf("tensor: packed bytes begin at an odd place")
	}
	t := &Tensor{packed: newPacked(f, n, k, &Room{given: raw})}
	t.setShape([]int{n, k})
	return t, nil
}

// Size returns how many bytes the values of t take, in the form that they are in.
func (t *Tensor) Size() int {
	switch {
	case t.packed != nil:
		return len(t.packed.raw())
	case t.stored != nil:
		return len(t.stored.raw)
	}
	return 4 * len(t.data)
}

// readPacked writes the values from lo in row-major order to dst.
func (t *Tensor) readPacked(dst []float32, lo int) {
	k := t.dims[1]
	row := borrow(k)
	for len(dst) > 0 {
		t.packed.row(row, lo/k)
		n := copy(dst, row[lo%k:])
		dst, lo = dst[n:], lo+n
	}
	giveBack(row)
}
