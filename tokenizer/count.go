package tokenizer

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"unicode"
)

// Count is how many tokens some text takes.
type Count struct {
	Script     string // as Unicode names it; "" where there is no letter
	Bytes      int64
	Characters int64
	Tokens     []int64 // of each tokenizer
}

// Add adds the numbers of other to c.
func (c *Count) Add(other Count) {
	c.Bytes, c.Characters = c.Bytes+other.Bytes, c.Characters+other.Characters
	if c.Tokens == nil {
		c.Tokens = make([]int64, len(other.Tokens))
	}
	for i, n := range other.Tokens {
		c.Tokens[i] += n
	}
}

const (
	countLines = 512     // lines that are encoded at a time
	countLine  = 1 << 20 // bytes of a line that is taken as one
)

// CountTokens counts the tokens that each tokenizer makes of what r holds, line by
// line and without special tokens, on as many threads as are given. The ends of
// lines do not count. Lines are counted by the script that most of their letters are of; Hiragana and Katakana
// count as Han. The counts are ordered by size, the largest first.
func CountTokens(ctx context.Context, r io.Reader, threads int, tokenizers ...*Tokenizer) ([]Count, error) {
	lines := bufio.NewReaderSize(r, countLine)
	all := map[string]*Count{}
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var batch []string
		for len(batch) < countLines && !done {
			line, err := lines.ReadSlice('\n')
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
				return nil, err
			}
			if done = errors.Is(err, io.EOF); len(line) > 0 {
				batch = append(batch, string(bytes.TrimSuffix(line, []byte("\n"))))
			}
		}
		counts := make([]Count, len(batch))
		parallel(len(batch), threads, func(i int) { counts[i] = countLineOf(batch[i], tokenizers) })
		for _, c := range counts {
			if all[c.Script] == nil {
				all[c.Script] = &Count{Script: c.Script}
			}
			all[c.Script].Add(c)
		}
	}
	out := make([]Count, 0, len(all))
	for _, c := range all {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Script, b.Script))
	})
	return out, nil
}

func countLineOf(line string, tokenizers []*Tokenizer) Count {
	c := Count{Bytes: int64(len(line)), Tokens: make([]int64, len(tokenizers))}
	table := scriptTables()
	var letters [256]int
	most := uint8(0)
	for _, r := range line {
		c.Characters++
		if n := table.of(r); n != 0 && unicode.IsLetter(r) {
			if letters[n]++; letters[n] > letters[most] {
				most = n
			}
		}
	}
	c.Script = table.names[most]
	for i, t := range tokenizers {
		s := t.scratches.take(t.traced)
		t.run(s, line, true)
		c.Tokens[i] = int64(len(s.ids))
		t.scratches.give(s)
	}
	return c
}
