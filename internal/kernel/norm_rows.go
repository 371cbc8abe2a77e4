package kernel

// A Norm is a norm of many rows, of which each is short, in one call. Its results, to
// the bit, are those of [LayerNorm], [AddLayerNorm], [RMSNorm] and [AddRMSNorm].
type Norm struct {
	RMS  bool      // by the root mean square: no mean, and no B
	W, B []float32 // neither nil, but B of RMS; as long as a row
	Eps  float32
}

// Rows sets the rows of dst, which stand close, to the norms of those of x or, where y
// is not nil, of x + y, which it leaves in sum. sum may be dst, x or y.
func (f *Norm) Rows(dst, sum, x, y []float32) {
	n := len(f.W)
	if n == 0 || len(x) != len(dst) || len(dst)%n != 0 || !f.RMS && len(f.B) != n || y != nil && (len(y) != len(x) || len(sum) != len(x)) {
		panic("kernel: Norm.Rows: sizes that do not fit")
	}
	number, more, b := 0, x, f.W
	if f.RMS {
		number = 2
	} else {
		b = f.B
	}
	if y != nil {
		number, more = number+1, y
	} else {
		sum = x
	}
	each := max(1, piece/2/n) * n
	for i := 0; i < len(dst); i += each {
		end := min(i+each, len(dst))
		if n > piece || !normTile(number, &dst[i], &sum[i], &x[i], &more[i], &f.W[0], &b[0], n, (end-i)/n, f.Eps) {
			f.rows(dst[i:end], sum[i:end], x[i:end], more[i:end], y != nil)
		}
	}
}

// rows is Rows by functions of slices.
func (f *Norm) rows(dst, sum, x, y []float32, add bool) {
	n := len(f.W)
	for i := 0; i < len(dst); i += n {
		to, row := dst[i:i+n], x[i:i+n]
		switch {
		case f.RMS && add:
			AddRMSNorm(to, sum[i:i+n], row, y[i:i+n], f.W, f.Eps)
		case f.RMS:
			RMSNorm(to, row, f.W, f.Eps)
		case add:
			AddLayerNorm(to, sum[i:i+n], row, y[i:i+n], f.W, f.B, f.Eps)
		default:
			LayerNorm(to, row, f.W, f.B, f.Eps)
		}
	}
}
