package tokenizer

import "unicode/utf8"

// unigram is the unigram language model (Kudo 2018): of all ways to write a word
// in pieces it takes the most likely.
type unigram struct {
	pieces *trie
	scores []float64
	unk    int32
	penal  float64 // score of a character without a piece
	single bool    // sums are rounded to float32, as SentencePiece's are

	fallback *[256]int32 // bytes for unknown characters; nil: one unknown token for each run
}

// arrival is the best way to reach a position of the word.
type arrival struct {
	score float64
	start int32 // of the last piece; -1: not reached
	id    int32
}

func (m *unigram) encode(s *scratch, word []byte) {
	if len(word) == 0 {
		return
	}
	if cap(s.best) <= len(word) {
		s.best = make([]arrival, len(word)+1)
	}
	best := s.best[:len(word)+1]
	for i := range best {
		best[i] = arrival{start: -1}
	}
	for i := 0; i < len(word); {
		n := runeLen(word[i:])
		m.arrive(best, word, i, n)
		i += n
	}
	m.back(s, best, word)
}

// arrive tries all pieces that begin at i, where a character of n bytes stands.
func (m *unigram) arrive(best []arrival, word []byte, i, n int) {
	single := false
	here := best[i].score
	for at, j := int32(0), i; j < len(word); {
		if at = m.pieces.step(at, word[j]); at == 0 {
			break
		}
		j++
		id := m.pieces.nodes[at].value
		if id < 0 {
			continue
		}
		if score := m.round(m.scores[id] + here); best[j].start < 0 || score > best[j].score {
			best[j] = arrival{score, int32(i), id}
		}
		single = single || j-i == n
	}
	if !single {
		if score := m.round(m.penal + here); best[i+n].start < 0 || score > best[i+n].score {
			best[i+n] = arrival{score, int32(i), m.unk}
		}
	}
}

func (m *unigram) round(x float64) float64 {
	if m.single {
		return float64(float32(x))
	}
	return x
}

// back follows the best way from the end and emits it in order.
func (m *unigram) back(s *scratch, best []arrival, word []byte) {
	// The way is turned round in place: each position learns where the next piece ends.
	end := int32(-1)
	for i := int32(len(word)); i >= 0; {
		start := best[i].start
		best[i].start, end = end, i
		if i == 0 {
			break
		}
		i = start
	}
	for i := int32(0); i < int32(len(word)); {
		end := best[i].start
		id := best[end].id
		if id != m.unk {
			s.emit(id, int(i), int(end))
			i = end
			continue
		}
		if m.emitBytes(s, word, int(i), int(end)) {
			i = end
			continue
		}
		for end < int32(len(word)) && best[best[end].start].id == m.unk {
			end = best[end].start
		}
		s.emit(m.unk, int(i), int(end))
		i = end
	}
}

// emitBytes emits an unknown character byte by byte, if the vocabulary has bytes.
func (m *unigram) emitBytes(s *scratch, word []byte, start, end int) bool {
	if m.fallback == nil {
		return false
	}
	for _, b := range word[start:end] {
		if m.fallback[b] < 0 {
			return false
		}
	}
	for i, b := range word[start:end] {
		s.emit(m.fallback[b], start+i, start+i+1)
	}
	return true
}

// newUnigram makes a model of pieces and their log-probabilities. skip tells
// which pieces no text may become.
func newUnigram(pieces []string, scores []float64, unk int32, skip func(id int) bool) *unigram {
	keys, ids := make([]string, 0, len(pieces)), make([]int32, 0, len(pieces))
	for i, p := range pieces {
		if p != "" && utf8.ValidString(p) && (skip == nil || !skip(i)) {
			keys, ids = append(keys, p), append(ids, int32(i))
		}
	}
	return &unigram{pieces: newTrie(keys, ids), scores: scores, unk: unk}
}

// unknownPenalty is how far below the least likely piece an unknown character
// is, in log-probability.
const unknownPenalty = 10
