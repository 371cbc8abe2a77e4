package kernel

// Activations are the rows of the left side of a product by block-quantised weights:
// float32 quantised to 8 bits in blocks of 32, see [Activations.Quantize]. The zero
// value holds no rows.
type Activations struct {
	m, k   int
	blocks []activation // [m][k/32]
}

// An activation is a block of 32 values. Assembly knows this layout.
type activation struct {
	codes  [32]int8
	scale  float32  // of the codes
	start  int32    // -128 times the sum of the codes
	halves [2]int32 // -128 times the sums of the first and the last 16 codes
	total  float32  // scale times the sum of the codes
}

// Resize makes room for m rows of k values, k being a multiple of 32. What a held
// before is lost. Nothing is allocated if a ever was as large.
func (a *Activations) Resize(m, k int) {
	if m < 0 || k < 0 || k%32 != 0 {
		panic("kernel: Activations.Resize: not whole blocks of 32")
	}
	a.m, a.k = m, k
	if n := m * (k / 32); n <= cap(a.blocks) {
		a.blocks = a.blocks[:n]
	} else {
		a.blocks = make([]activation, n)
	}
}

// Rows returns the number of rows, and the values of each.
func (a *Activations) Rows() (m, k int) { return a.m, a.k }

func (a *Activations) row(i int) []activation {
	n := a.k / 32
	return a.blocks[i*n : (i+1)*n]
}

// Quantize sets rows lo to hi, without hi, to those of x, which begin ldx apart, the
// first at x[0] being row 0. Disjoint rows may be set at the same time.
//
// The scale of a block is its largest magnitude divided by 127, and a code is the
// integer nearest to its value times the reciprocal of the scale, halfway to even. A
// block whose magnitudes are all below 2⁻¹⁰⁰ becomes 0; in one that holds an infinity
// or NaN the scale is NaN and the codes are 0.
func (a *Activations) Quantize(x []float32, ldx, lo, hi int) {
	if lo < 0 || hi < lo || hi > a.m || ldx < a.k && hi > 1 {
		panic("kernel: Activations.Quantize: sizes that do not fit")
	}
	if hi > lo && len(x) < (hi-1)*ldx+a.k {
		panic("kernel: Activations.Quantize: slice too short")
	}
	for i := lo; i < hi; i++ {
		quantizeRow(a.row(i), x[i*ldx:i*ldx+a.k])
	}
}
