package grammar

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Matcher holds one text to a grammar: as a processor of package generate it bans
// the tokens that cannot follow, and the end where the text is not whole. One goroutine
// at a time may use it. It follows texts that are taken back, as guesses are.
type Matcher struct {
	m     *machine
	made  []int32
	at    []*config // after each token of made, from none on
	ended bool      // the last token ends the text
	err   error
}

// banned is the scores of tokens of which none fits.
var banned = [64]float32(slices.Repeat([]float32{float32(math.Inf(-1))}, 64))

var (
	errStuck = errors.New("grammar: no token of the vocabulary goes on with the text")
	minusInf = float32(math.Inf(-1))
)

// Process sets the scores of all tokens that cannot follow made to -Inf. Where no token
// fits, only the end is allowed, and Err tells why.
func (x *Matcher) Process(made []int32, logits []float32) {
	x.m.mu.Lock()
	x.follow(made)
	var mask []uint64
	c := x.at[len(x.at)-1]
	if !x.ended && x.err == nil {
		if len(made) == 0 {
			mask = x.m.beginning(c)
		} else {
			mask = x.m.mask(c)
		}
		x.err = x.m.s.err
	}
	x.m.mu.Unlock()
	x.apply(mask, c.whole || x.ended, logits)
}

// Err returns why the text could not be brought to an end that fits: a token that does
// not fit was made, no token fits, or the grammar has too many ways to read the text.
func (x *Matcher) Err() error { return x.err }

// Whole reports whether the text that Process saw last is whole.
func (x *Matcher) Whole() bool { return len(x.at) > 0 && x.at[len(x.at)-1].whole }

// follow takes the tokens of made that are new.
func (x *Matcher) follow(made []int32) {
	if len(x.at) == 0 {
		x.at = append(x.at, x.m.s.start())
	}
	same := 0
	for same < min(len(made), len(x.made)) && made[same] == x.made[same] {
		same++
	}
	if same < len(x.made) {
		x.made, x.at, x.err, x.ended = x.made[:same], x.at[:same+1], nil, false
	}
	for _, id := range made[same:] {
		x.take(id)
	}
}

func (x *Matcher) take(id int32) {
	c := x.at[len(x.at)-1]
	t := x.m.v.trie
	if len(x.made) == 0 && x.m.v.first != nil {
		t = x.m.v.first
	}
	switch {
	case slices.Contains(x.m.v.eos, id):
		x.ended = true
	case uint(id) < uint(len(t.text)) && t.text[id] != nil:
		c = x.m.advance(c, t.text[id])
		if c == x.m.s.dead && t.numbered[id] != nil {
			c = x.m.advance(x.at[len(x.at)-1], t.numbered[id])
		}
	default:
		c = x.m.s.dead
	}
	if c == x.m.s.dead && x.err == nil {
		x.err = fmt.Errorf("grammar: token %d (number %d of the text) does not fit", id, len(x.made))
	}
	x.made, x.at = append(x.made, id), append(x.at, c)
}

// advance returns the config after text.
func (m *machine) advance(c *config, text []byte) *config {
	for _, b := range text {
		if c = m.s.step(c, m.s.a.class[b]); c == m.s.dead {
			break
		}
	}
	return c
}

// apply bans what the mask leaves out, and the ends unless the text is whole.
func (x *Matcher) apply(mask []uint64, whole bool, logits []float32) {
	eos := x.m.v.eos
	kept := make([]float32, len(eos))
	for i, id := range eos {
		if kept[i] = minusInf; int(id) < len(logits) {
			kept[i] = logits[id]
		}
	}
	fits := -1 // the first token that does
	for w := 0; w < len(logits); w += 64 {
		var bits uint64
		if w>>6 < len(mask) {
			bits = mask[w>>6]
		}
		part := logits[w:min(w+64, len(logits))]
		if bits == 0 {
			copy(part, banned[:])
		} else if bits != ^uint64(0) {
			for i := range part {
				if bits>>i&1 == 0 {
					part[i] = minusInf
				} else if fits < 0 {
					fits = w + i
				}
			}
		} else if fits < 0 {
			fits = w
		}
	}
	if fits < 0 && !whole {
		if x.err == nil {
			x.err = errStuck
		}
		whole = true
	}
	if whole {
		for i, id := range eos {
			if int(id) < len(logits) {
				logits[id] = kept[i]
			}
		}
	}
	x.choosable(mask, fits, whole, logits)
}

// choosable sees to it that a token is left to be chosen where what is allowed had been
// banned before, such as the end by a least number of tokens.
func (x *Matcher) choosable(mask []uint64, fits int, whole bool, logits []float32) {
	if slices.ContainsFunc(logits, func(l float32) bool { return l > minusInf }) {
		return
	}
	if fits >= 0 {
		for i := range logits {
			if i>>6 < len(mask) && mask[i>>6]>>(i&63)&1 != 0 {
				logits[i] = 0
			}
		}
		return
	}
	if whole {
		for _, id := range x.m.v.eos {
			if int(id) < len(logits) {
				logits[id] = 0
			}
		}
	}
}
