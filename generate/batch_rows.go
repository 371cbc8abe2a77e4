package generate

import (
	"context"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// free returns the free row that begins most like prompt, of equal ones that which
// was filled the longest ago; -1 if none is free.
func (b *Batch) free(prompt []int32) int {
	best, same := -1, 0
	for i, r := range b.rows {
		if r != nil {
			continue
		}
		n := common(b.kept[i], prompt)
		if best < 0 || n > same || n == same && b.used[i] < b.used[best] {
			best, same = i, n
		}
	}
	return best
}

// common returns how many tokens a and b begin with in common.
func common(a, b []int32) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// begin leaves in the row of a text as much of its prompt as is kept anywhere.
func (b *Batch) begin(r *Row) error {
	n := min(common(b.kept[r.at], r.prompt), len(r.prompt)-1)
	if err := b.step.pass.Cache.Truncate(r.at, n); err != nil {
		return err
	}
	b.kept[r.at] = append(b.kept[r.at][:0], r.prompt[:n]...)
	b.step.pass.Cache.Reserve(r.at, len(r.prompt)+min(r.g.limit, prefixBlock))
	r.reused = n
	return b.extend(r)
}

// extend copies to the row of a text what is kept elsewhere of its prompt, beyond
// what the row has. The last token is always read again: for its scores.
func (b *Batch) extend(r *Row) error {
	cache, has, most := b.step.pass.Cache, len(b.kept[r.at]), len(r.prompt)-1
	from, n := -1, has
	for i, kept := range b.kept {
		if c := min(common(kept, r.prompt), most); c > n && i != r.at {
			from, n = i, c
		}
	}
	if b.tree != nil {
		if c := min(b.tree.has(r.prompt), most); c > n {
			if _, err := b.tree.load(cache, r.at, has, r.prompt); err != nil {
				return err
			}
			from, n = -1, c
		}
	}
	if n == has {
		return nil
	}
	if from >= 0 {
		whole := has / prefixBlock * prefixBlock
		if err := cache.CopyFrom(r.at, whole, cache, from, whole, n-whole); err != nil {
			return err
		}
	}
	b.kept[r.at] = append(b.kept[r.at], r.prompt[has:n]...)
	r.reused += n - has
	return cache.Truncate(r.at, n)
}

// Remove ends a text before its time. It may be one that has ended.
func (b *Batch) Remove(r *Row) {
	if b.rows[r.at] != r {
		return
	}
	b.rows[r.at] = nil
	if b.tree == nil {
		return
	}
	b.keep(r.at)
	if len(b.kept[r.at]) > idleRoom {
		b.drop(r.at)
	}
}

// idleRoom is how many tokens a row that is not in use may hold memory for, beside
// what the tree keeps of it.
const idleRoom = 1024

// keepPrefixes has what was read and written outlive its row, up to so many bytes.
func (b *Batch) keepPrefixes(net model.Decoder, bytes int64) {
	form := b.step.pass.Cache.Form()
	b.tree = newPrefixTree(bytes, func() *nn.Cache {
		c := net.NewCache(1, prefixBlock)
		if err := c.SetForm(form); err != nil { // the batch has a cache of that form
			panic(err)
		}
		return c
	})
}

// keep has the tree hold what a row has.
func (b *Batch) keep(at int) {
	if b.tree == nil {
		return
	}
	if b.tree.save(b.step.pass.Cache, at, b.kept[at]) != nil {
		b.drop(at) // never: kept tells what the cache holds
	}
}

// forget has no text begin where one before it did, and ends those that are there.
func (b *Batch) forget() {
	for i := range b.rows {
		b.rows[i] = nil
		b.drop(i)
	}
}

// drop empties a row, and gives its memory back.
func (b *Batch) drop(at int) {
	b.step.pass.Cache.Release(at)
	b.kept[at] = b.kept[at][:0]
}

// reader returns the text whose prompt is to be read on, nil if all have been read:
// the one of which the least is left, and every third time the oldest, so that no
// short prompt waits for long ones and no long one for ever.
func (b *Batch) reader() *Row {
	var best *Row
	b.turn++
	for _, r := range b.rows {
		if r == nil || len(b.kept[r.at]) >= len(r.prompt) {
			continue
		}
		before := best == nil || len(r.prompt)-len(b.kept[r.at]) < len(best.prompt)-len(b.kept[best.at])
		if b.turn%3 == 0 && best != nil {
			before = b.used[r.at] < b.used[best.at]
		}
		if before {
			best = r
		}
	}
	return best
}

// readOn feeds parts of prompts that are not in the cache as a whole, some b.chunk
// tokens of all together. It makes no small parts, which take longer a token: what is
// a little more ends a prompt, and what is left after others begins none.
func (b *Batch) readOn(ctx context.Context) error {
	for b.read < b.chunk {
		r := b.reader()
		if r == nil {
			return nil
		}
		if err := b.extend(r); err != nil {
			return err
		}
		left, room := len(r.prompt)-len(b.kept[r.at]), b.chunk-b.read
		switch {
		case left <= room+room/2:
			room = left
		case b.read > 0 && room < b.chunk/2:
			return nil
		}
		if err := b.readPart(ctx, r, room); err != nil {
			return err
		}
	}
	return nil
}

// readPart feeds the next n tokens of a prompt.
func (b *Batch) readPart(ctx context.Context, r *Row, n int) error {
	done := len(b.kept[r.at])
	part := r.prompt[done : done+n]
	b.tokens, b.slots = append(b.tokens[:0], part...), append(b.slots[:0], r.at)
	b.writing = b.writing[:0]
	if done+len(part) == len(r.prompt) {
		b.writing = append(b.writing, r)
	}
	b.read += len(part)
	return b.feed(ctx, 1)
}
