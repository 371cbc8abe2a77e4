package main

import "math"

// maxOrder is the longest n-gram that a key has room for.
const maxOrder = 6

// A gram is an n-gram: its tokens, the last one last, and nothing after them.
type gram [maxOrder]int32

// begin stands before the first token of a document. It is no token's id.
const begin = -1

func gramOf(ids []int32) gram {
	var g gram
	for i := range g {
		g[i] = math.MinInt32
	}
	copy(g[:], ids)
	return g
}

// A level holds the n-grams of one length.
type level struct {
	counts    map[gram]int32 // how often, or after how many other tokens below the longest
	contexts  map[gram]rest
	discounts [4]float64 // by count: 0, 1, 2, 3 and more
}

// rest tells what follows a context.
type rest struct {
	total int32    // the sum of the counts
	kinds [4]int32 // how many n-grams have the count 1, 2, 3 and more
}

// A kneserNey is an interpolated n-gram model with the modified discounts of Kneser and
// Ney (Chen and Goodman 1999, section 3).
type kneserNey struct {
	levels []level // of 1-grams, 2-grams and so on
	vocab  int     // the mass that is left is shared evenly
}

// learn counts the n-grams of up to order tokens.
func learn(documents [][]int32, order, vocab int) *kneserNey {
	m := &kneserNey{levels: make([]level, order), vocab: vocab}
	for i := range m.levels {
		m.levels[i] = level{counts: map[gram]int32{}, contexts: map[gram]rest{}}
	}
	for _, d := range documents {
		ids := padded(d, order)
		for end := order; end <= len(ids); end++ {
			m.count(ids[end-order : end])
		}
	}
	for i := range m.levels {
		m.levels[i].sum(i)
	}
	return m
}

// padded puts the marks of a beginning before a document.
func padded(d []int32, order int) []int32 {
	ids := make([]int32, order-1, order-1+len(d))
	for i := range ids {
		ids[i] = begin
	}
	return append(ids, d...)
}

// count enters one n-gram: below the longest, an n-gram counts once for each token
// that stands before it.
func (m *kneserNey) count(ids []int32) {
	for n := len(ids); n > 0; n-- {
		counts, g := m.levels[n-1].counts, gramOf(ids[len(ids)-n:])
		if counts[g]++; counts[g] > 1 {
			return // known, and so what is below has been counted for it
		}
	}
}

// sum fills what is asked for of the contexts, and the discounts.
func (l *level) sum(n int) {
	var of [5]float64
	for g, c := range l.counts {
		context := g
		context[n] = math.MinInt32
		r := l.contexts[context]
		r.total += c
		r.kinds[min(c, 3)]++
		l.contexts[context] = r
		if c <= 4 {
			of[c]++
		}
	}
	y := of[1] / (of[1] + 2*of[2])
	for c := 1; c <= 3; c++ {
		d := float64(c) - float64(c+1)*y*of[c+1]/of[c]
		if !(d > 0 && d < float64(c)) { // too few n-grams to tell
			d = 0.5
		}
		l.discounts[c] = d
	}
}

// probability returns that of the last of ids after the others.
func (m *kneserNey) probability(ids []int32) float64 {
	p := 1 / float64(m.vocab)
	for n := 1; n <= len(ids); n++ {
		l, g := &m.levels[n-1], gramOf(ids[len(ids)-n:])
		context := g
		context[n-1] = math.MinInt32
		r, ok := l.contexts[context]
		if !ok {
			return p
		}
		left := 0.0
		for c := 1; c <= 3; c++ {
			left += l.discounts[c] * float64(r.kinds[c])
		}
		c := l.counts[g]
		p = (float64(c) - l.discounts[min(c, 3)] + left*p) / float64(r.total)
	}
	return p
}
