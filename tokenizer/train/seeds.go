package train

import (
	"cmp"
	"math"
	"slices"
)

// maxSeeds is the number of pieces that fitting starts from, beside characters.
const maxSeeds = 1_000_000

// pieces are strings of characters with their log-probabilities, by their
// characters.
type pieces struct {
	text   []int32 // of all, one after the other
	ends   []int
	scores []float64
}

func (p *pieces) len() int { return len(p.scores) }

func (p *pieces) at(i int) []int32 {
	start := 0
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.text[start:p.ends[i]]
}

func (p *pieces) add(piece []int32, score float64) {
	p.text = append(p.text, piece...)
	p.ends = append(p.ends, len(p.text))
	p.scores = append(p.scores, score)
}

// seed is a substring of the corpus.
type seed struct {
	at     int32 // its first occurrence in the text
	length int32
	score  float64 // occurrences times length
}

// seeds returns the characters, and the substrings of words that occur at least
// twice and of which no longer one occurs as often: those of longest characters at
// most, the ones that cover most of the corpus if there are many.
func (s *spelling) seeds(w *spelled, longest int, each eachFunc) *pieces {
	list := substrings(w, longest, each)
	list = slices.DeleteFunc(list, func(x seed) bool { return !s.valid(w.text[x.at : x.at+x.length]) })
	text := func(x seed) []int32 { return w.text[x.at : x.at+x.length] }
	if len(list) > maxSeeds {
		slices.SortFunc(list, func(a, b seed) int {
			return cmp.Or(cmp.Compare(b.score, a.score), slices.Compare(text(a), text(b)))
		})
		list = list[:maxSeeds]
	}
	slices.SortFunc(list, func(a, b seed) int { return slices.Compare(text(a), text(b)) })
	p := &pieces{}
	total := 0.0
	next := int32(letters)
	chars := func(to int32) {
		for ; next < to; next++ {
			p.add([]int32{next}, float64(s.counts[next]))
			total += float64(s.counts[next])
		}
	}
	for _, x := range list {
		chars(text(x)[0] + 1)
		p.add(text(x), x.score)
		total += x.score
	}
	chars(int32(len(s.chars)))
	for i := range p.scores {
		p.scores[i] = math.Log(max(p.scores[i], 0.5) / total)
	}
	return p
}

// eachFunc calls f with 0 to n-1, in no order, maybe on several threads.
type eachFunc func(n int, f func(int))

// suffixes is the beginnings of suffixes of words, sorted by what follows.
type suffixes struct {
	text  []int32
	limit int // characters that are compared
}

func (s *suffixes) compare(a, b int32) int {
	for k := range int32(s.limit) {
		x, y := s.text[a+k], s.text[b+k]
		if x != y {
			return cmp.Compare(x, y)
		}
		if x == wordEnd {
			break
		}
	}
	return cmp.Compare(a, b)
}

// common returns how many characters two suffixes have in common.
func (s *suffixes) common(a, b int32) (n int32) {
	for n < int32(s.limit) && s.text[a+n] == s.text[b+n] && s.text[a+n] != wordEnd {
		n++
	}
	return n
}

// sorted returns the suffixes, sorted bucket by bucket of their first characters.
func (s *suffixes) sorted(each eachFunc) (all []int32, bounds []int) {
	size := slices.Max(s.text) + 2
	bounds = make([]int, size)
	for _, c := range s.text {
		bounds[c+1]++
	}
	for c := 1; c < len(bounds); c++ {
		bounds[c] += bounds[c-1]
	}
	all = make([]int32, len(s.text))
	fill := slices.Clone(bounds)
	for i, c := range s.text {
		all[fill[c]] = int32(i)
		fill[c]++
	}
	each(len(bounds)-1, func(c int) {
		if c >= letters {
			slices.SortFunc(all[bounds[c]:bounds[c+1]], s.compare)
		}
	})
	return all, bounds
}

// substrings returns the substrings for seeds.
func substrings(w *spelled, longest int, each eachFunc) []seed {
	weights := make([]int32, len(w.text)) // number of the word, by place
	for i := range w.counts {
		for j := w.begin[i]; j < w.begin[i+1]; j++ {
			weights[j] = int32(i)
		}
	}
	s := &suffixes{w.text, longest + 1}
	all, bounds := s.sorted(each)
	found := make([][]seed, len(bounds)-1)
	each(len(found), func(c int) {
		if c >= letters {
			found[c] = s.repeats(all[bounds[c]:bounds[c+1]], int32(longest), func(at int32) int64 { return w.counts[weights[at]] })
		}
	})
	return slices.Concat(found...)
}

// open is a substring that suffixes up to now have begun with.
type open struct {
	length int32
	first  int32
	count  int64
}

// repeats returns the repeated substrings at the beginnings of sorted suffixes:
// the inner nodes of their suffix tree (Abouelhoda et al. 2004), in which each
// occurrence of a word has an end of its own.
func (s *suffixes) repeats(sorted []int32, longest int32, count func(at int32) int64) (list []seed) {
	emit := func(o open) {
		if o.length >= 2 && o.length <= longest && o.count >= 2 {
			list = append(list, seed{o.first, o.length, float64(o.count) * float64(o.length)})
		}
	}
	var stack []open
	for i, at := range sorted {
		before, behind := int32(0), int32(0)
		if i > 0 {
			before = s.common(sorted[i-1], at)
		}
		if i+1 < len(sorted) {
			behind = s.common(at, sorted[i+1])
		}
		n := count(at)
		if length := s.length(at); length > max(before, behind) {
			emit(open{length, at, n})
		}
		if behind > 0 && (len(stack) == 0 || stack[len(stack)-1].length < behind) {
			stack = append(stack, open{length: behind, first: at})
		}
		if len(stack) > 0 {
			stack[len(stack)-1].count += n
		}
		for len(stack) > 0 && stack[len(stack)-1].length > behind {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			emit(top)
			if behind > 0 && (len(stack) == 0 || stack[len(stack)-1].length < behind) {
				stack = append(stack, open{behind, top.first, 0})
			}
			if len(stack) > 0 {
				stack[len(stack)-1].count += top.count
			}
		}
	}
	return list
}

// length returns the number of characters of a suffix, as far as is compared.
func (s *suffixes) length(at int32) (n int32) {
	for n < int32(s.limit) && s.text[at+n] != wordEnd {
		n++
	}
	return n
}
