package generate

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Sequence is one result of beam search.
type Sequence struct {
	IDs   []int32 // the tokens made, with the end token if there is one
	Score float64 // sum of log-probabilities over length to the power of the length penalty
}

// A beam is a sequence that is open or finished.
type beam struct {
	ids    []int32
	score  float32
	parent int
	done   bool
	hit    bool // an end token, or as long as may be
}

// low stands for minus infinity in scores, as in transformers.
const low = float32(-1e9)

// BeamSearch returns the o.Beams best sequences after prompt, the best first, as
// transformers' beam search without sampling finds them. Sequences that never
// finished have scores around -1e9.
func BeamSearch(ctx context.Context, net any, prompt []int32, o Options) ([]Sequence, error) {
	o.Beams = max(o.Beams, 1)
	step, err := newStepper(ctx, net, prompt, o.Beams, &o)
	if err != nil {
		return nil, err
	}
	if err := o.Check(step.vocab); err != nil {
		return nil, err
	}
	b := &search{o: &o, step: step, open: true, marks: make([]int32, step.vocab)}
	for i := range o.Beams {
		b.running = append(b.running, beam{score: low})
		b.finished = append(b.finished, beam{score: low})
		b.parents = append(b.parents, i)
	}
	b.running[0].score = 0
	if err := b.run(ctx); err != nil {
		return nil, err
	}
	out := make([]Sequence, o.Beams)
	for i, f := range b.finished {
		out[i] = Sequence{f.ids, float64(f.score)}
	}
	return out, nil
}

// search is the state of one beam search.
type search struct {
	o                 *Options
	step              *stepper
	running, finished []beam
	parents           []int
	scores            []float32 // [beams,V]
	marks             []int32
	made              int  // tokens of each running beam
	open              bool // an open beam may yet beat a finished one
}

func (b *search) run(ctx context.Context) error {
	first, err := b.step.prefill(ctx)
	if err != nil {
		return err
	}
	for i := 1; i < len(b.running); i++ {
		b.step.pass.Cache.CopyRow(i, 0)
	}
	logits := slices.Repeat(first, len(b.running))
	tokens := make([]int32, len(b.running))
	for {
		more, err := b.advance(logits)
		if err != nil || !more {
			return err
		}
		b.step.pass.Cache.Reorder(b.parents)
		for i, r := range b.running {
			tokens[i] = r.ids[len(r.ids)-1]
		}
		if logits, err = b.step.feed(ctx, len(tokens), tokens); err != nil {
			return err
		}
	}
}

// advance adds a token to every beam; it reports whether to go on.
func (b *search) advance(logits []float32) (bool, error) {
	n, V := len(b.running), b.step.vocab
	b.scores = b.scores[:0]
	for i, r := range b.running {
		row := logits[i*V : (i+1)*V]
		sum := float32(logSum(row))
		for j := range row {
			row[j] -= sum
		}
		b.o.process(history{slices.Concat(b.step.prompt, r.ids), len(b.step.prompt)}, row, b.marks)
		for _, v := range row {
			if v != v {
				return false, errNothing
			}
			b.scores = append(b.scores, v+r.score)
		}
	}
	next := b.continuations(max(2, 1+len(b.o.EOS)) * n)
	b.finish(next)
	allHit := true
	for i := range next {
		if next[i].hit {
			next[i].score += low
		} else {
			allHit = false
		}
	}
	sortBeams(next)
	for i, c := range next[:n] {
		b.running[i], b.parents[i] = c, c.parent
	}
	b.made++
	b.look()
	return b.open && !(b.full() && b.o.EarlyStopping == StopFull) && !allHit, nil
}

// sortBeams puts the best first and keeps the order of equals.
func sortBeams(s []beam) {
	slices.SortStableFunc(s, func(a, b beam) int { return cmp.Compare(b.score, a.score) })
}

// continuations returns the k best ways to add a token to a beam.
func (b *search) continuations(k int) []beam {
	V := b.step.vocab
	k = min(k, len(b.scores))
	best := make([]int, 0, k+1)
	for i, v := range b.scores {
		if len(best) == k && v <= b.scores[best[k-1]] {
			continue
		}
		at := len(best)
		for at > 0 && b.scores[best[at-1]] < v {
			at--
		}
		best = slices.Insert(best, at, i)
		best = best[:min(len(best), k)]
	}
	next := make([]beam, len(best))
	for i, at := range best {
		parent, id := at/V, int32(at%V)
		ids := append(slices.Clone(b.running[parent].ids), id)
		next[i] = beam{
			ids: ids, score: b.scores[at], parent: parent,
			hit: slices.Contains(b.o.EOS, id) || len(ids) >= b.step.limit,
		}
	}
	return next
}

// finish moves into the finished what ended among the best of next.
func (b *search) finish(next []beam) {
	n := len(b.finished)
	length := float32(math.Pow(float64(b.made+1), b.o.LengthPenalty))
	closed := b.full() && b.o.EarlyStopping == StopFull
	merged := slices.Clone(b.finished)
	for i, c := range next {
		c.score /= length
		if closed {
			c.score += low
		}
		if !b.open {
			c.score += low
		}
		c.done = c.hit && i < n
		if !c.done {
			c.score += low
		}
		merged = append(merged, c)
	}
	sortBeams(merged)
	copy(b.finished, merged)
}

func (b *search) full() bool {
	return !slices.ContainsFunc(b.finished, func(f beam) bool { return !f.done })
}

// look asks whether the best open beam may still beat the worst finished one.
func (b *search) look() {
	length := b.made
	if b.o.EarlyStopping == StopNever && b.o.LengthPenalty > 0 {
		length = b.step.limit
	}
	best := b.running[0].score / float32(math.Pow(float64(length), b.o.LengthPenalty))
	worst := b.finished[len(b.finished)-1].score
	may := false
	for _, f := range b.finished {
		bar := low
		if f.done {
			bar = worst
		}
		may = may || best > bar
	}
	b.open = b.open && may
}

// beams yields the best sequence of a beam search.
func beams(ctx context.Context, net any, tok *tokenizer.Tokenizer, prompt []int32, o Options, yield func(Token, error) bool) {
	found, err := BeamSearch(ctx, net, prompt, o)
	if err != nil {
		yield(Token{}, err)
		return
	}
	for t := range spoken(tok, found[0].IDs, o.EOS) {
		if !yield(t, nil) {
			return
		}
	}
}

// spoken gives ids that are known their texts.
func spoken(tok *tokenizer.Tokenizer, ids, eos []int32) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		g := &generation{o: Options{EOS: eos}, limit: len(ids)}
		if tok != nil {
			g.text = tok.NewStream(true)
		}
		for _, id := range ids {
			t := Token{ID: id}
			g.seen.ids = append(g.seen.ids, id)
			g.finish(&t)
			if !yield(t) {
				return
			}
		}
	}
}
