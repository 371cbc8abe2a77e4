package tensor

import "sync/atomic"

// A share is the units of a product's columns that one thread begins with, and that
// nobody has taken yet: from the low half of the word up to the high one. The thread
// takes them from the front, so that it reads one long run of a matrix, and fetches
// ahead what it will use itself; a thread that has none left takes from the end of
// another's.
type share struct {
	left atomic.Uint64
	_    [56]byte // threads write to cache lines of their own
}

func (s *share) set(first, last int) { s.left.Store(uint64(last)<<32 | uint64(first)) }

// most is how much to take of what is left: towards the end less and less, so that
// all threads end at the same time.
func most(left, width int) int { return max(1, min(width, left/2)) }

// take takes the next units, at most width; none are left where first is not below
// last.
func (s *share) take(width int) (first, last int) {
	for {
		word := s.left.Load()
		first, end := int(uint32(word)), int(word>>32)
		if first >= end {
			return 0, 0
		}
		last := first + most(end-first, width)
		if s.left.CompareAndSwap(word, uint64(end)<<32|uint64(last)) {
			return first, last
		}
	}
}

// steal takes the last units, at most width.
func (s *share) steal(width int) (first, last int) {
	for {
		word := s.left.Load()
		start, end := int(uint32(word)), int(word>>32)
		if start >= end {
			return 0, 0
		}
		first := end - most(end-start, width)
		if s.left.CompareAndSwap(word, uint64(first)<<32|uint64(start)) {
			return first, end
		}
	}
}

// deal gives each of n threads its share of the units.
func (p *product) deal(n int) {
	if cap(p.shares) < n {
		p.shares = make([]share, n)
	}
	p.shares = p.shares[:n]
	for i := range p.shares {
		p.shares[i].set(i*p.units/n, (i+1)*p.units/n)
	}
}

// runShare computes share i, and then what is left of the others.
func (p *product) runShare(i int) {
	own := &p.shares[i]
	for first, last := own.take(p.width); first < last; first, last = own.take(p.width) {
		p.columns(first, last, 0, p.m)
	}
	for j := range p.shares {
		other := &p.shares[(i+j)%len(p.shares)]
		for first, last := other.steal(p.width); first < last; first, last = other.steal(p.width) {
			p.columns(first, last, 0, p.m)
		}
	}
}
