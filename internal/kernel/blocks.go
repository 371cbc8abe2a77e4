package kernel

// BlockColumns is the number of rows of a weight that a panel of packed blocks
// holds: the columns of a product by its transpose.
//
// A panel holds, block by block along k, the blocks of its rows side by side, so
// that the lanes of a vector run over rows: first the scales (and minima, and what
// else a block has once), 16 of each, then vectors of 64 bytes, each with 4 codes of
// every row, row by row. See [PackBlocks].
const BlockColumns = 16

// A packing is the packed form of a block format. Its methods choose by name, as the
// operands of a function variable escape.
type packing struct {
	bytes  int  // of the packed blocks of 16 rows
	group  int  // values that share a scale: 32 or 16
	lowest bool // groups have a minimum, which is added to each value

	simple *simpleBlocks // one of the two
	super  *superBlocks
}

// pack packs the blocks of 16 rows, which lie stride bytes apart in src; columns is
// the number of rows there are.
func (p *packing) pack(dst, src []byte, stride, columns int) {
	if p.super != nil {
		p.super.pack(dst, src, stride, columns)
		return
	}
	p.simple.pack(dst, src, stride, columns)
}

// unpack restores the block of one row.
func (p *packing) unpack(dst, src []byte, column int) {
	if p.super != nil {
		p.super.unpack(dst, src, column)
		return
	}
	p.simple.unpack(dst, src, column)
}

// decode reads the block of one row as arithmetic sees it.
func (p *packing) decode(c *codes, src []byte, column int) {
	if p.super != nil {
		p.super.decode(c, src, column)
		return
	}
	p.simple.decode(c, src, column)
}

// codes are a block: value i is codes[i] times the scale of its group, and plus the
// group's minimum, if the format has minima.
type codes struct {
	codes  [256]int8
	scales [16]float32
	lowest [16]float32
}

// packings holds the formats that have a packed form.
var packings = [numFormats]*packing{
	FormatQ8_0:   simpleBlocks{offset: 128, halves: 1, words: 8}.packing(),
	FormatQ4_0:   simpleBlocks{offset: 8, halves: 1, words: 4}.packing(),
	FormatQ4_1:   simpleBlocks{offset: 0, halves: 2, words: 4}.packing(),
	FormatQ5_0:   simpleBlocks{offset: 16, halves: 1, words: 4, high: true}.packing(),
	FormatQ5_1:   simpleBlocks{offset: 0, halves: 2, words: 4, high: true}.packing(),
	FormatIQ4_NL: simpleBlocks{halves: 1, words: 4, table: true}.packing(),
	FormatQ2_K:   superBlocks{FormatQ2_K}.packing(),
	FormatQ3_K:   superBlocks{FormatQ3_K}.packing(),
	FormatQ4_K:   superBlocks{FormatQ4_K}.packing(),
	FormatQ5_K:   superBlocks{FormatQ5_K}.packing(),
	FormatQ6_K:   superBlocks{FormatQ6_K}.packing(),
}

// CanPackBlocks reports whether rows of k values of format f have a packed form: f is
// one of those that [GemmBlocks] knows, and k a whole number of blocks.
func CanPackBlocks(f Format, k int) bool {
	return f < numFormats && packings[f] != nil && k >= 0 && k%formats[f].values == 0
}

// BlocksStride returns the bytes of a panel of 16 rows of k values.
func BlocksStride(f Format, k int) int {
	mustPack("BlocksStride", f, k)
	return k / formats[f].values * packings[f].bytes
}

func mustPack(name string, f Format, k int) {
	if !CanPackBlocks(f, k) {
		panic("kernel: " + name + ": no packed form of such rows of " + f.String())
	}
}

// PackBlocks packs src, n rows of k values in blocks of format f as GGUF has them,
// into ceil(n/16) panels of [BlocksStride] bytes. The rows that the last panel lacks
// have the scale 0. Disjoint panels may be packed at the same time.
func PackBlocks(f Format, dst, src []byte, n, k int) {
	mustPack("PackBlocks", f, k)
	values, size := f.Block()
	blocks, stride := k/values, BlocksStride(f, k)
	if n < 0 || len(src) != n*blocks*size || len(dst) < (n+BlockColumns-1)/BlockColumns*stride {
		panic("kernel: PackBlocks: slices that do not fit")
	}
	for i := 0; i < n; i += BlockColumns {
		panel, rows := dst[i/BlockColumns*stride:], src[i*blocks*size:]
		packings[f].packRows(f, panel[:stride], rows, blocks, min(BlockColumns, n-i))
	}
}

// packPiece is how many blocks of 16 rows one call into assembly packs at most.
const packPiece = 512

// packRows packs the rows of a panel, of which there are columns.
func (p *packing) packRows(f Format, dst, src []byte, blocks, columns int) {
	_, size := f.Block()
	j, stride := 0, blocks*size
	for ; columns == BlockColumns && j < blocks; j += packPiece {
		if !packPanel(f, &dst[j*p.bytes], &src[j*size], stride, min(packPiece, blocks-j)) {
			break
		}
	}
	for ; j < blocks; j++ {
		p.pack(dst[j*p.bytes:(j+1)*p.bytes], src[j*size:], stride, columns)
	}
}

// UnpackBlocksRow sets dst to row of the matrix that [PackBlocks] packed, of k
// columns: the numbers that [Dequantize] gives, bit for bit.
func UnpackBlocksRow(f Format, dst []float32, packed []byte, row, k int) {
	mustPack("UnpackBlocksRow", f, k)
	stride := BlocksStride(f, k)
	if row < 0 || len(dst) != k || len(packed) < (row/BlockColumns+1)*stride {
		panic("kernel: UnpackBlocksRow: slices that do not fit")
	}
	p := packings[f]
	values, size := f.Block()
	panel := packed[row/BlockColumns*stride:]
	var raw [maxBlockBytes]byte
	for j := range k / values {
		p.unpack(raw[:size], panel[j*p.bytes:(j+1)*p.bytes], row%BlockColumns)
		Dequantize(f, dst[j*values:(j+1)*values], raw[:size])
	}
}

// maxBlockBytes is the size of the largest block that has a packed form.
const maxBlockBytes = 256

// GemmBlocks sets c, m rows of n columns ldc apart, to A·Wᵀ: A is m rows of a, from
// row on, and W is [n,k], in panels that [PackBlocks] packed.
//
// An element starts as 0 and takes the groups of k that share a scale of W one after
// the other. For each, with the exact sum s of the products of the codes, the scale x
// of A and w of W, it becomes fma(s, x·w, element), the product x·w being rounded to
// float32. If W has minima, it then becomes fma(l, y, element), where l is the
// minimum and y is the sum of A's codes times x, rounded; or their opposites, in Q2_K. So it does not depend on m,
// n and the place of its row. Nothing past column n is written. GemmBlocks runs on
// one thread: callers split rows or panels.
func GemmBlocks(f Format, c []float32, ldc int, a *Activations, row, m int, b []byte, n, k int) {
	mustPack("GemmBlocks", f, k)
	if m < 0 || n < 0 || row < 0 || row+m > a.m || k != a.k || ldc < n && m > 1 {
		panic("kernel: GemmBlocks: sizes that do not fit")
	}
	if m == 0 || n == 0 {
		return
	}
	if len(c) < (m-1)*ldc+n || len(b) < (n+BlockColumns-1)/BlockColumns*BlocksStride(f, k) {
		panic("kernel: GemmBlocks: slice too short")
	}
	gemmBlocks(f, c, ldc, a, row, m, b, n, k)
}
