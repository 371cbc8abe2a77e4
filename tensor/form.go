package tensor

import (
	"strings"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A Form is what a weight is packed as: the precision of its values, and the
// arithmetic of products with it.
type Form uint8

// The forms of packed weights. Exact and Own keep the values that a weight has.
const (
	// Exact has float32 arithmetic: plain numbers lie in panels, blocks stay as the
	// checkpoint has them, and are made float32 when they are used.
	Exact Form = iota
	// Own is Exact for plain numbers. Blocks are multiplied by as integers, the other
	// side of the product being rounded to 8 bits in blocks of 32 values.
	Own

	FormF32
	FormF16
	FormBF16
	numForms
)

// forms holds each form's name, and the form of its values.
var forms = [numForms]struct {
	name  string
	dtype DType
}{
	Exact: {"exact", F32}, Own: {"own", F32}, FormF32: {"f32", F32}, FormF16: {"f16", F16}, FormBF16: {"bf16", BF16},
}

// String returns the form's name, as ParseForm takes it.
func (f Form) String() string {
	if f >= numForms {
		return "unknown"
	}
	return forms[f].name
}

// ParseForm returns the form of that name, in any case.
func ParseForm(name string) (Form, bool) {
	for f := range numForms {
		if strings.EqualFold(forms[f].name, name) {
			return f, true
		}
	}
	return 0, false
}

// FormNames returns the names of all forms that give a weight another precision.
func FormNames() []string {
	var names []string
	for f := FormF32; f < numForms; f++ {
		names = append(names, forms[f].name)
	}
	return names
}

// resolve returns the form that w will have: of Exact and Own, the one that its
// values have already.
func (f Form) resolve(w *Tensor) Form {
	if f != Exact && f != Own {
		return f
	}
	switch w.DType() {
	case F16:
		return FormF16
	case BF16:
		return FormBF16
	}
	if values, _ := w.DType().Block(); values > 1 {
		return Exact
	}
	return FormF32
}

// newPacked returns a matrix [n,k] of form f, yet to be filled.
func newPacked(f Form, n, k int, room *Room) packed {
	switch f {
	case FormF16, FormBF16:
		return &halfPanels{k, sliceOf[uint16](room.take(2 * kernel.PackedLen(n, k))), f, room}
	}
	return &floatPanels{k, sliceOf[float32](room.take(4 * kernel.PackedLen(n, k))), room}
}
