package tensor

import (
	"strings"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A Form is what a weight is packed as: the precision of its values, and the
// arithmetic of products with it.
type Form uint8

// The forms of packed weights.
const (
	// Exact keeps the values that a weight has, and has float32 arithmetic: plain
	// numbers lie in panels; blocks stay as the checkpoint has them, and are made
	// float32 when they are used.
	Exact Form = iota
	// Own is Exact for plain numbers, while blocks become what FormQ8_0 and so on
	// name, of the same values.
	Own

	FormF32
	FormF16  // float32 arithmetic
	FormBF16 // float32 arithmetic
	// FormBF16Fast is FormBF16 with the other side of a product rounded to bfloat16
	// too, and the processor's instruction for products of pairs, which rounds unlike
	// float32 arithmetic. On processors without one the arithmetic is that of FormBF16.
	FormBF16Fast

	// FormInt8 has 8 bits and one scale a row; products are sums of integers, each row
	// of the other side being rounded to 8 bits with a scale and a zero point.
	FormInt8

	// Of blocks, whose products are sums of integers: the other side is rounded to 8
	// bits in blocks of 32 values.
	FormQ8_0
	FormQ4_0
	FormQ4_1
	FormQ5_0
	FormQ5_1
	FormQ4_K
	FormQ5_K
	FormQ6_K
	FormQ2_K
	FormQ3_K
	FormIQ4_NL
	numForms
)

// forms holds each form's name, and the form of its values.
var forms = [numForms]struct {
	name  string
	dtype DType
}{
	Exact: {"exact", F32}, Own: {"own", F32},
	FormF32: {"f32", F32}, FormF16: {"f16", F16}, FormBF16: {"bf16", BF16}, FormBF16Fast: {"bf16_fast", BF16}, FormInt8: {"int8", I8},
	FormQ8_0: {"q8_0", Q8_0}, FormQ4_0: {"q4_0", Q4_0}, FormQ4_1: {"q4_1", Q4_1}, FormQ5_0: {"q5_0", Q5_0}, FormQ5_1: {"q5_1", Q5_1},
	FormQ4_K: {"q4_k", Q4_K}, FormQ5_K: {"q5_k", Q5_K}, FormQ6_K: {"q6_k", Q6_K},
	FormQ2_K: {"q2_k", Q2_K}, FormQ3_K: {"q3_k", Q3_K}, FormIQ4_NL: {"iq4_nl", IQ4_NL},
}

// String returns the form's name, as ParseForm takes it.
func (f Form) String() string {
	if f >= numForms {
		return "unknown"
	}
	return forms[f].name
}

// DType returns the form of the values, F32 for Exact and Own.
func (f Form) DType() DType { return forms[f].dtype }

// ParseForm returns the form of that name, in any case.
func ParseForm(name string) (Form, bool) {
	for f := range numForms {
		if strings.EqualFold(forms[f].name, name) {
			return f, true
		}
	}
	return 0, false
}

// FormNames returns the names of all forms.
func FormNames() []string {
	var names []string
	for _, f := range forms {
		names = append(names, f.name)
	}
	return names
}

// Forms returns all forms that a weight may be brought into: all but Exact and Own.
func Forms() []Form {
	var all []Form
	for f := FormF32; f < numForms; f++ {
		all = append(all, f)
	}
	return all
}

// FormOf returns the form that holds values of form d as they are: Exact if there is
// none.
func FormOf(d DType) Form {
	for f := FormF32; f < numForms; f++ {
		if forms[f].dtype == d && f != FormInt8 {
			return f
		}
	}
	return Exact
}

// Fits reports whether rows of k values can have the form: they are whole blocks.
func (f Form) Fits(k int) bool {
	values, _ := f.DType().Block()
	return k%values == 0 && (f != FormInt8 || k <= kernel.MaxInt8)
}

// integers reports whether there is arithmetic with integers for such rows.
func (f Form) integers(k int) bool { return kernel.CanPackBlocks(kernel.Format(f.DType()), k) }

// resolve returns the form that w will have: Exact if it stays as it is.
func (f Form) resolve(w *Tensor) Form {
	own := FormOf(w.DType())
	values, _ := w.DType().Block()
	switch {
	case f != Own && f != Exact:
		return f
	case values == 1:
		return max(own, FormF32)
	case f == Own && own.integers(w.dims[1]):
		return own
	}
	return Exact
}

// packedSize returns the bytes of a packed matrix [n,k] of form f.
func packedSize(f Form, n, k int) int {
	panels := (n + kernel.Panel - 1) / kernel.Panel
	switch f {
	case FormF32:
		return 4 * kernel.PackedLen(n, k)
	case FormF16:
		return 2 * kernel.PackedLen(n, k)
	case FormBF16, FormBF16Fast:
		return 2 * kernel.PackedBF16Len(n, k)
	case FormInt8:
		return panels * kernel.Int8Stride(k)
	}
	return (n + kernel.BlockColumns - 1) / kernel.BlockColumns * kernel.BlocksStride(kernel.Format(f.DType()), k)
}

// newPacked returns a matrix [n,k] of form f, yet to be filled.
func newPacked(f Form, n, k int, room *Room) packed {
	if f >= FormQ8_0 && !f.integers(k) {
		fail("Pack", "its rows are no whole blocks of "+f.String(), &Tensor{rank: 2, dims: [MaxDims]int{n, k}})
	}
	data := room.take(packedSize(f, n, k))
	switch f {
	case FormF32:
		return &floatPanels{k, sliceOf[float32](data), room}
	case FormF16:
		return &f16Panels{k, sliceOf[uint16](data), room}
	case FormBF16, FormBF16Fast:
		return &bf16Panels{k, sliceOf[uint16](data), f == FormBF16Fast, room}
	case FormInt8:
		return &int8Panels{k, data, room}
	}
	return &blockPanels{k, data, f, room}
}
