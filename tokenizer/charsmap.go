package tokenizer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// charsmap is SentencePiece's precompiled table of replacements: a double-array
// trie (Darts) over what is replaced, and the replacements, each ended by a zero.
type charsmap struct {
	units []uint32
	texts []byte
	first [256]bool // bytes that some replaced string begins with
	stays [256]bool // ASCII characters that stay as they are if another stands behind them
}

// newCharsmap reads the table. No table is an empty one, and a nil result.
func newCharsmap(blob []byte) (*charsmap, error) {
	if len(blob) == 0 {
		return nil, nil
	}
	if len(blob) < 4 {
		return nil, errors.New("precompiled_charsmap: too short")
	}
	size := binary.LittleEndian.Uint32(blob)
	if uint64(size) > uint64(len(blob)-4) || size%4 != 0 || size == 0 {
		return nil, fmt.Errorf("precompiled_charsmap: trie of %d bytes in a table of %d", size, len(blob))
	}
	c := &charsmap{units: make([]uint32, size/4), texts: blob[4+size:]}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(blob[4+4*i:])
	}
	for b := range 256 {
		_, ok := c.child(base(c.units[0]), byte(b))
		c.first[b] = ok && b != 0
	}
	for b := range 128 {
		_, n := c.lookup([]byte{byte(b)}, true)
		c.stays[b] = n == 0 && b != '\r'
		for next := range 128 {
			if _, n := c.lookup([]byte{byte(b), byte(next)}, false); n > 1 {
				c.stays[b] = false
			}
		}
	}
	return c, nil
}

// base is where the children of a unit lie.
func base(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// child returns the unit reached from at by b.
func (c *charsmap) child(at uint32, b byte) (uint32, bool) {
	at ^= uint32(b)
	return at, uint64(at) < uint64(len(c.units)) && c.units[at]&(1<<31|0xFF) == uint32(b)
}

// lookup returns the replacement of a string b begins with, and that string's
// length, 0 if there is none: of the longest such string, or with shortest of
// the shortest.
func (c *charsmap) lookup(b []byte, shortest bool) (to []byte, n int) {
	if len(b) == 0 || !c.first[b[0]] {
		return nil, 0
	}
	at := base(c.units[0])
	for i, key := range b {
		unit, ok := c.child(at, key)
		if !ok || key == 0 {
			break
		}
		at = unit ^ base(c.units[unit])
		if c.units[unit]>>8&1 == 1 && uint64(at) < uint64(len(c.units)) {
			to, n = c.text(c.units[at]&(1<<31-1)), i+1
			if shortest {
				break
			}
		}
	}
	return to, n
}

// same returns the end of the characters from i on that stay as they are, as far as
// it is seen quickly.
func (c *charsmap) same(b []byte, i int) int {
	end := i
	for end < len(b) && c.stays[b[end]] {
		end++
	}
	if end > i && end < len(b) && b[end] >= utf8.RuneSelf {
		end-- // may be one with what stands behind it
	}
	return end
}

// text returns the replacement that begins at offset.
func (c *charsmap) text(offset uint32) []byte {
	if uint64(offset) >= uint64(len(c.texts)) {
		return nil
	}
	t := c.texts[offset:]
	if end := bytes.IndexByte(t, 0); end >= 0 {
		t = t[:end]
	}
	return t
}

// precompiled is how Hugging Face's tokenizers use the table. A cluster of
// characters shorter than six bytes that begins with something in the table is
// replaced as a whole; others are looked up character by character.
type precompiled struct{ table *charsmap }

func (p precompiled) normalize(dst, src *text) bool {
	changed := false
	var made []change
	for i := 0; i < len(src.b); {
		if !dst.track {
			if end := p.table.same(src.b, i); end > i {
				dst.b = append(dst.b, src.b[i:end]...)
				i = end
				continue
			}
		}
		n := cluster(src.b[i:])
		if n < 6 {
			if to, hit := p.table.lookup(src.b[i:i+n], true); hit > 0 {
				made = dst.substitute(made, src.b[i:i+n], to)
				changed = true
				i += n
				continue
			}
		}
		for end := i + n; i < end; {
			m := runeLen(src.b[i:])
			if to, hit := p.table.lookup(src.b[i:i+m], true); hit > 0 {
				made = dst.substitute(made, src.b[i:i+m], to)
				changed = true
			} else if dst.track {
				made = dst.substitute(made, src.b[i:i+m], src.b[i:i+m])
			} else {
				dst.b = append(dst.b, src.b[i:i+m]...)
			}
			i += m
		}
	}
	if changed && dst.track {
		dst.transform(src, made)
	}
	return changed
}

// substitute appends to, which stands in from's place. When origins are tracked
// it notes the changes down instead, as the reference does: what is taken away is
// taken from behind the character before, and where there is none it is forgotten,
// so that all that follows stands for a place too far to the left.
func (t *text) substitute(made []change, from, to []byte) []change {
	if !t.track {
		t.b = append(t.b, to...)
		return made
	}
	old, first := int32(utf8.RuneCount(from)), len(made)
	for len(to) > 0 {
		r, n := utf8.DecodeRune(to)
		if r == utf8.RuneError && n == 1 {
			r = unicode.MaxRune + 1 + rune(to[0])
		}
		made = append(made, change{r: r})
		to = to[n:]
	}
	more := int32(len(made)-first) - old
	for i := len(made) - 1; more > 0; i, more = i-1, more-1 {
		made[i].more = 1
	}
	if more < 0 && len(made) > 0 {
		made[len(made)-1].more += more
	}
	return made
}
