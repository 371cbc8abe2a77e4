package tensor

import (
	"runtime"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// blockPanels is a matrix of block-quantised weights as kernel.GemmBlocks reads it:
// the blocks of 16 rows lie in one another. Products are sums of integers.
type blockPanels struct {
	k    int
	data []byte
	as   Form
	room *Room
}

func (w *blockPanels) form() Form            { return w.as }
func (w *blockPanels) raw() []byte           { return w.data }
func (w *blockPanels) format() kernel.Format { return kernel.Format(forms[w.as].dtype) }

// at returns the panels from row first on, a multiple of kernel.Panel.
func (w *blockPanels) at(first int) []byte {
	return w.data[first/kernel.BlockColumns*kernel.BlocksStride(w.format(), w.k):]
}

func (w *blockPanels) traits(k int) traits {
	return traits{
		bytes:   kernel.Panel / kernel.BlockColumns * kernel.BlocksStride(w.format(), k),
		columns: kernel.BlockColumns, speed: byteSpeed, input: asBlocks,
	}
}

func (w *blockPanels) multiply(p *product, t target) {
	kernel.GemmBlocks(w.format(), t.c, t.ldc, p.inputs.blocks, t.r0, t.r1-t.r0, w.at(t.lo), t.hi-t.lo, w.k)
}

func (w *blockPanels) row(dst []float32, r int) {
	kernel.UnpackBlocksRow(w.format(), dst, w.data, r, w.k)
	runtime.KeepAlive(w)
}

func (w *blockPanels) pack(from *Tensor, first, last int) {
	n, row := last-first, rowSize(w.as, w.k)
	if from.stored != nil && from.stored.dtype == w.as.DType() {
		kernel.PackBlocks(w.format(), w.at(first), from.stored.raw[first*row:last*row], n, w.k)
		return
	}
	raw := borrow((n*row + 3) / 4)
	b := bytesOf(raw)[:n*row]
	quantize(w.as, b, from, first, last, w.k)
	kernel.PackBlocks(w.format(), w.at(first), b, n, w.k)
	giveBack(raw)
}

// rowSize returns the bytes of a row of k values as GGUF has it.
func rowSize(f Form, k int) int {
	values, size := f.DType().Block()
	return k / values * size
}

// quantize sets dst to rows [first,last) of w in the blocks of form f.
func quantize(f Form, dst []byte, w *Tensor, first, last, k int) {
	rows := rowsOf(w, first, last, k)
	kernel.Quantize(kernel.Format(f.DType()), dst, rows)
	giveBack(rows)
}
