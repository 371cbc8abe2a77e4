package kernel

// MaxInt8 is the greatest k of [GemmInt8]: a sum of so many products fits an int32.
const MaxInt8 = 1 << 16

// int8Header is the number of bytes before the codes of a panel.
const int8Header = 8 * Panel

// Int8Stride returns the bytes of a panel, 32 rows of k values, as [PackInt8] packs
// it: the scales, float32; the sums of the codes, int32; and the codes, 4 of each row
// side by side, [ceil(k/4)][32][4].
func Int8Stride(k int) int { return int8Header + (k+3)/4*4*Panel }

// PackInt8 quantises w, [N,K] in rows ld apart, to 8 bits, with one scale for each
// row, and packs it into ceil(n/32) panels, [Int8Stride] apart in dst. Disjoint panels
// may be packed at the same time.
//
// The scale of a row is its largest magnitude divided by 127, and a code is the
// integer nearest to its value times the reciprocal of the scale, halfway to even. A
// row whose magnitudes are all below 2⁻¹⁰⁰ becomes 0; of one that holds an infinity
// or NaN the scale is NaN and the codes are 0.
func PackInt8(dst []byte, w []float32, n, k, ld int) {
	stride := Int8Stride(k)
	checkInt8("PackInt8", k)
	checkPack("PackInt8", len(dst), len(w), (n+Panel-1)/Panel*stride, n, k, ld)
	for p := 0; p < n; p += Panel {
		packInt8Panel(dst[p/Panel*stride:(p/Panel+1)*stride], w[p*ld:], min(Panel, n-p), k, ld)
	}
}

func checkInt8(name string, k int) {
	if k < 0 || k > MaxInt8 {
		panic("kernel: " + name + ": k out of range")
	}
}

// UnpackInt8Row sets dst to row of the matrix that [PackInt8] packed, of k columns:
// its codes times its scale.
func UnpackInt8Row(dst []float32, packed []byte, row, k int) {
	checkInt8("UnpackInt8Row", k)
	stride := Int8Stride(k)
	if row < 0 || len(dst) < k || len(packed) < (row/Panel+1)*stride {
		panic("kernel: UnpackInt8Row: slices that do not fit")
	}
	panel := packed[row/Panel*stride:]
	scale := int8Scale(panel, row%Panel)
	codes := panel[min(int8Header+row%Panel*4, len(panel)):]
	for i := range dst[:k] {
		dst[i] = float32(int8(codes[i/4*4*Panel+i%4])) * scale
	}
}

// Int8Rows are the rows of the left side of a product by weights of 8 bits, quantised
// to unsigned 8 bits with a scale and a zero point for each row, see
// [Int8Rows.Quantize]. The zero value holds no rows.
type Int8Rows struct {
	m, k, stride int
	split        bool   // every 4 codes are 16 bits wide each, in the order 0, 2, 1, 3
	codes        []byte // [m][stride]
	rows         []int8Row
}

// An int8Row is what the codes of a row mean: a value is (code + shift) times scale.
// Assembly knows this layout.
type int8Row struct {
	scale float32
	shift int32 // from 0 down to -255: the code of 0, negated
}

// Resize makes room for m rows of k values. What a held before is lost. Nothing is
// allocated if a ever was as large.
func (a *Int8Rows) Resize(m, k int) {
	checkInt8("Int8Rows.Resize", k)
	if m < 0 {
		panic("kernel: Int8Rows.Resize: negative size")
	}
	a.m, a.k, a.stride, a.split = m, k, (k+63)/64*64, splitsInt8()
	if a.split {
		a.stride *= 2
	}
	if a.stride%1024 == 0 { // else rows would compete for a few places of the cache
		a.stride += 64
	}
	if m <= cap(a.rows) && m*a.stride <= cap(a.codes) {
		a.rows, a.codes = a.rows[:m], a.codes[:m*a.stride]
		return
	}
	a.rows, a.codes = make([]int8Row, m), make([]byte, m*a.stride)
}

// Size returns the number of rows, and the values of each.
func (a *Int8Rows) Size() (m, k int) { return a.m, a.k }

// Quantize sets rows lo to hi, without hi, to those of x, which begin ldx apart, the
// first at x[0] being row 0. Disjoint rows may be set at the same time.
//
// A row's range reaches from its least value to its greatest and includes 0. The scale
// is the range's length divided by 255; the code of 0 is the integer nearest to minus
// the least value times the reciprocal of the scale; a code is that plus the integer
// nearest to its value times that reciprocal, at least 0 and at most 255. Halfway is
// rounded to even. A row whose range is shorter than 2⁻¹⁰⁰ becomes 0; of one whose
// range is not finite, or that holds a NaN, the scale is NaN and the codes are 0.
func (a *Int8Rows) Quantize(x []float32, ldx, lo, hi int) {
	if lo < 0 || hi < lo || hi > a.m || ldx < a.k && hi > 1 {
		panic("kernel: Int8Rows.Quantize: sizes that do not fit")
	}
	if hi > lo && len(x) < (hi-1)*ldx+a.k {
		panic("kernel: Int8Rows.Quantize: slice too short")
	}
	for i := lo; i < hi; i++ {
		codes, row := a.codes[i*a.stride:(i+1)*a.stride], x[i*ldx:i*ldx+a.k]
		meaning, inverse := int8Meaning(row)
		a.rows[i] = meaning
		if a.split {
			roundSplit(codes, row, inverse, -meaning.shift)
		} else {
			roundBytes(codes[:a.k], row, inverse, -meaning.shift)
		}
	}
}

// GemmInt8 sets c, m rows of n columns ldc apart, to A·Wᵀ, plus bias in each row where
// it is not nil: A is m rows of a, from row on, and W is [n,k], in panels that
// [PackInt8] packed.
//
// An element is fma(s, x·w, bias), where s is the exact sum of the products of the
// codes, less their zero points, rounded to float32; x and w are the scales, their
// product rounded to float32; and bias is 0 where there is none. Nothing past column n
// is written. GemmInt8 runs on one thread: callers split rows or panels.
func GemmInt8(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {
	if m < 0 || n < 0 || row < 0 || row+m > a.m || k != a.k || ldc < n && m > 1 {
		panic("kernel: GemmInt8: sizes that do not fit")
	}
	if m == 0 || n == 0 {
		return
	}
	if len(c) < (m-1)*ldc+n || len(b) < (n+Panel-1)/Panel*Int8Stride(k) || bias != nil && len(bias) < n {
		panic("kernel: GemmInt8: slice too short")
	}
	gemmInt8(c, ldc, a, row, m, b, n, k, bias)
}
