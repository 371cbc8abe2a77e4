package train

// keeper keeps words as long as their costs are within a limit: of more it drops
// those that occur least. What is left at last does not depend on the order in
// which words come: all that occur more often than the least floor that will do.
type keeper struct {
	words
	limit   int64
	costs   map[int64]int64 // of the words kept, by how often they occur
	total   int64           // of costs
	floor   int64           // words that occur so often, or less, are dropped
	stale   int64           // cost of words that are dropped and still lie in words
	dropped int64           // occurrences
}

// cost is about how much memory training takes for a word of n bytes.
func cost(n int) int64 { return 24*int64(n) + 48 }

// keep keeps one word with all its occurrences.
func (k *keeper) keep(word []byte, n int64) {
	if n <= k.floor {
		k.dropped += n
		return
	}
	if k.costs == nil {
		k.costs = map[int64]int64{}
	}
	k.add(word, n)
	k.costs[n] += cost(len(word))
	k.total += cost(len(word))
	for k.total > k.limit {
		k.floor++
		k.total -= k.costs[k.floor]
		k.stale += k.costs[k.floor]
		delete(k.costs, k.floor)
	}
	if k.stale > k.limit/8 {
		k.compact()
	}
}

// compact takes out the words that are dropped.
func (k *keeper) compact() {
	old := k.words
	k.words = words{text: old.text[:0], ends: old.ends[:0], counts: old.counts[:0]}
	start := 0
	for i, n := range old.counts { // in place: what is written has been read
		end := old.ends[i]
		if n > k.floor {
			k.add(old.text[start:end], n)
		} else {
			k.dropped += n
		}
		start = end
	}
	k.stale = 0
}
