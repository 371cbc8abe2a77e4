package main

// Products of block-quantised weights. A tile is some rows of activations by a panel
// of 16 rows of weights, or by two panels that lie beside each other. The functions
// are
//
//	func ⟨format⟩Tile⟨rows⟩x⟨columns⟩⟨level⟩(c *float32, ldc int, a *activation, lda int, b *byte, blocks, panels, n, ahead int)
//
// ldc and lda are in bytes; blocks is the number of packed blocks of a panel. A tile
// of 16 columns is computed for panels that follow each other, n columns being written
// of each; one of 32 columns is computed once, and n columns of its 32 are written.
// As many bytes as one panel has are fetched into the cache, from ahead bytes past b.
const blocksParameters = "c *float32, ldc int, a *activation, lda int, b *byte, blocks, panels, n, ahead int"

// The layout of a block of activations, which package kernel declares.
const (
	activationScale  = 32
	activationStart  = 36
	activationHalves = 40
	activationTotal  = 48
	activationSize   = 52
)

// A blockFormat is a format of packed blocks, see the layouts in package kernel.
type blockFormat struct {
	name   string // in functions
	format string // the constant
	head   int    // bytes of a packed block of 16 rows before its units
	units  int
	step   int // what AX grows by from unit to unit, to 0
	size   int // bytes of a unit
	values int // of a unit
	bits   int // of a code as it is multiplied
	masks  []uint32
	body   func(t *blocksTile) // emits a unit
	simple *simple             // one of the two
	super  *super

	// Without an instruction for products of bytes: other masks, if they are needed, and
	// how far sums are shifted left.
	shortMasks []uint32
	shift      int
}

// bytes returns the bytes of a packed block of 16 rows.
func (f blockFormat) bytes() int { return f.head + f.units*f.size }

// blockFormats lists the formats that have kernels.
func blockFormats() []blockFormat {
	return []blockFormat{
		simple{offset: 0, halves: 1, words: 8}.format("q8", "FormatQ8_0"),
		simple{offset: 4, halves: 1, words: 4}.format("q4", "FormatQ4_0"),
		simple{offset: -1, halves: 2, words: 4}.format("q41", "FormatQ4_1"),
		simple{offset: 3, halves: 1, words: 4, high: true}.format("q5", "FormatQ5_0"),
		simple{offset: -1, halves: 2, words: 4, high: true}.format("q51", "FormatQ5_1"),
		simple{offset: 0, halves: 1, words: 4, table: true}.format("iq4", "FormatIQ4_NL"),
		super{2}.format("q2k", "FormatQ2_K"),
		super{3}.format("q3k", "FormatQ3_K"),
		super{4}.format("q4k", "FormatQ4_K"),
		super{5}.format("q5k", "FormatQ5_K"),
		super{6}.format("q6k", "FormatQ6_K"),
	}
}

// simple describes a format of blocks of 32 values, as simpleBlocks does in package
// kernel. The codes' offset is 128 >> offset, or 0 for an offset below 0.
type simple struct {
	offset, halves, words int
	high                  bool
	table                 bool // codes of 4 bits stand for those of a table
}

func (s simple) format(name, constant string) blockFormat {
	size, bits := 32*s.halves+64*s.words, s.words
	if s.high {
		size, bits = size+64, 5
	}
	if s.table {
		bits = 8
	}
	return blockFormat{name: name, format: constant, units: 1, size: size, bits: bits, values: 32, masks: []uint32{0x0f0f0f0f, 0x10101010}, body: s.body, simple: &s}
}

// body emits the block at the tile's pointers.
func (s simple) body(t *blocksTile) {
	t.start(activationStart, s.offset)
	codes := 32 * s.halves
	for c := range s.words {
		if s.words == 8 {
			t.load(codes + 64*c)
			t.dots(4 * c)
			continue
		}
		if c == 0 && s.high {
			t.hold(1, codes+64*s.words)
		}
		t.hold(0, codes+64*c)
		for high := range 2 {
			t.nibbles(codes+64*c, high == 1)
			if s.high {
				t.fifth(codes+64*s.words, c+4*high)
			}
			if s.table {
				t.lookUp()
			}
			t.dots(4 * (c + 4*high))
		}
	}
	t.scales(0)
	t.add(activationScale)
	if s.halves == 2 {
		t.scales(32)
		t.addLowest(activationTotal)
	}
}
