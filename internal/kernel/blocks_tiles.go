//go:build (amd64 || arm64) && !purego

package kernel

const (
	// blocksPiece is how many bytes of weights one call into assembly reads at most,
	// unless a single panel has more.
	blocksPiece = 512 << 10
	// blocksCache is how many bytes of activations stay in the cache while all
	// panels pass.
	blocksCache = 512 << 10
	// blocksAhead is how many bytes ahead of their use weights are fetched that are
	// used once.
	blocksAhead = 4096
	// fewBlockRows is the number of rows up to which weights are read in order.
	fewBlockRows = 8
)

func gemmBlocks(f Format, c []float32, ldc int, a *Activations, row, m int, b []byte, n, k int) {
	narrow, wide := blocksTiles(f)
	if narrow == 0 || k == 0 {
		gemmBlocksGeneric(f, c, ldc, a, row, m, b, n, k)
		return
	}
	g := blocksProduct{f: f, ldc: ldc, lda: k / 32, blocks: k / formats[f].values, stride: BlocksStride(f, k)}
	x := a.blocks[row*g.lda:]
	if m <= min(narrow, fewBlockRows) {
		g.stream(c, x, m, b, n)
		return
	}
	rows := max(blocksCache/(g.lda*activationBytes), 4*narrow)
	parts := (m + rows - 1) / rows
	for t := range parts {
		i, end := t*m/parts, (t+1)*m/parts
		g.tiles(narrow, wide, c[i*ldc:], x[i*g.lda:], end-i, b, n)
	}
}

// activationBytes is the size of an activation.
const activationBytes = 52

// A blocksProduct is what the tiles of a product have in common.
type blocksProduct struct {
	f        Format
	ldc, lda int // floats and blocks of activations
	blocks   int // packed blocks of a panel
	stride   int
}

func (g *blocksProduct) tile(rows, columns int, c []float32, x []activation, b []byte, panels, n, ahead int) {
	blocksTile(g.f, rows, columns, &c[0], 4*g.ldc, &x[0], activationBytes*g.lda, &b[0], g.blocks, panels, n, ahead)
}

// stream computes a few rows, for which the speed of memory counts: weights are read
// in order, and once.
func (g *blocksProduct) stream(c []float32, x []activation, m int, b []byte, n int) {
	ahead := blocksAhead
	if m > 3 { // fewer instructions in flight reach less far
		ahead *= 4
	}
	whole, some := n/BlockColumns, max(blocksPiece/g.stride, 1)
	for p := 0; p < whole; p += some {
		g.tile(m, BlockColumns, c[p*BlockColumns:], x, b[p*g.stride:], min(some, whole-p), BlockColumns, ahead)
	}
	if rest := n % BlockColumns; rest > 0 {
		g.tile(m, BlockColumns, c[whole*BlockColumns:], x, b[whole*g.stride:], 1, rest, ahead)
	}
}

// tiles computes many rows: each panel, or pair of panels, meets all of them while it
// is in the cache, and the first tiles fetch the next. Rows are dealt out evenly, as a
// low tile leaves the multipliers idle.
func (g *blocksProduct) tiles(narrow, wide int, c []float32, x []activation, m int, b []byte, n int) {
	for p := 0; p < n; {
		rows, columns := wide, 2*BlockColumns
		if wide == 0 || n-p <= BlockColumns {
			rows, columns = narrow, BlockColumns
		}
		panel, parts, pair := b[p/BlockColumns*g.stride:], (m+rows-1)/rows, columns/BlockColumns
		for t := range parts {
			ahead := 1024
			if t < pair {
				ahead = (pair + t) * g.stride
			}
			i, end := t*m/parts, (t+1)*m/parts
			g.tile(end-i, columns, c[i*g.ldc+p:], x[i*g.lda:], panel, 1, min(columns, n-p), ahead)
		}
		p += columns
	}
}
