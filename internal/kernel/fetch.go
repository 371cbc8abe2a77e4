//go:build (amd64 || arm64) && !purego

package kernel

// ahead is how many bytes before their use B's are prefetched: at the speed of memory
// it takes that long.
const ahead = 8 << 10

// A fetch says what the tiles that use one block of B prefetch. It holds addresses as
// numbers, as they may lie outside of B.
//
// One tile prefetches what it will use itself. Of several, which use the block one
// after the other, only the first meets memory that is not in the cache; it would wait
// while the others leave the memory idle. So they prefetch the next block, each its
// share. The first tile of the first block has none before it that could.
type fetch struct {
	block, next uintptr // next is 0 if there is none
	bytes       int     // of the next block
	tiles, pass int     // calls for the block: tiles, by parts of a panel
	slots       int     // prefetches of each tile
	pace        int     // bytes between those of a tile that prefetches for itself
	first       bool
}

// newFetch returns the fetch of the block that begins at bytes from b, the next one
// beginning at next, or being none for 0. A block has bytes in steps of so many, of
// which a tile reads the given columns.
func newFetch(b uintptr, at, next, bytes, step, columns, tiles int) fetch {
	each := max(1, step*columns/Panel/64) // prefetches of a step
	f := fetch{block: b + uintptr(at), bytes: bytes, tiles: tiles, pass: Panel / columns, slots: bytes / step * each, pace: step / each, first: at == 0}
	if next > 0 && tiles > 1 {
		f.next = b + uintptr(next)
	}
	return f
}

// tile returns where tile t begins to prefetch, and how many bytes it moves on each
// time. It reads the columns that lie the given number of bytes from the first.
func (f *fetch) tile(t, columns int) (from uintptr, pace int) {
	if f.next == 0 || f.first && t == 0 {
		return f.block + uintptr(ahead+columns), f.pace
	}
	shares := f.tiles * f.pass
	share := t * f.pass
	if columns > 0 {
		share++
	}
	if f.first {
		shares -= f.pass
		share -= f.pass
	}
	return f.next + uintptr(f.bytes*share/shares), (f.bytes/shares + f.slots - 1) / max(f.slots, 1)
}
