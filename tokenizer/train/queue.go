package train

// item is a pair in the queue, with the count that it had when it was put there.
type item struct {
	count uint64
	pair  uint64
	place int32 // later ones have larger numbers
}

// before reports whether x is merged before y: larger counts first, then smaller
// tokens.
func (x item) before(y item) bool {
	if x.count != y.count {
		return x.count > y.count
	}
	if x.pair != y.pair {
		return x.pair < y.pair
	}
	return x.place < y.place
}

// queue is a heap of four children a node, the next item first.
type queue []item

// down moves item i to where it belongs below.
func (q queue) down(i int) {
	x := q[i]
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		best := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].before(q[best]) {
				best = c
			}
		}
		if !q[best].before(x) {
			break
		}
		q[i] = q[best]
		i = best
	}
	q[i] = x
}

func (q *queue) push(x item) {
	h := append(*q, x)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !x.before(h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = x
	*q = h
}

// pop drops the first item.
func (q *queue) pop() {
	last := len(*q) - 1
	(*q)[0] = (*q)[last]
	*q = (*q)[:last]
	if last > 0 {
		q.down(0)
	}
}
