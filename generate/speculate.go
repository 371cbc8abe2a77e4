package generate

import (
	"context"
	"fmt"

	"github.com/nlp-zoo/zoo/model"
)

// Speculation has the next tokens guessed in some cheap way, and the guesses
// checked in one pass of the model, which reads its weights once for all of them
// (arXiv:2211.17192). A guess stands if it is the token that is chosen in its
// place by the scores there and the same draw of the seed, so what is generated is
// what is generated without speculation, token for token. The zero Speculation
// guesses nothing.
type Speculation struct {
	// Draft guesses the tokens that it finds likeliest itself: a smaller model
	// with the vocabulary of the model.
	Draft model.Decoder
	// Lookup guesses what followed the last place where the latest tokens stood
	// before, up to this many of them and two at least: prompt lookup, good where
	// the text repeats its prompt. With both, Draft guesses where this finds nothing.
	Lookup int
	// Tokens is how many guesses a pass checks at most; 0 stands for DefaultGuesses.
	// Fewer are made while guesses turn out wrong.
	Tokens int
}

// DefaultGuesses is how many guesses a pass checks where a Speculation does not say.
const DefaultGuesses = 8

// sameVocab is by how much the vocabularies of a model and its draft may differ:
// those of one family are padded to different sizes.
const sameVocab = 128

func (s *Speculation) check(beams int) error {
	for _, c := range []struct {
		name  string
		value int
		low   int
	}{{"lookup", s.Lookup, 2}, {"tokens", s.Tokens, 1}} {
		if c.value != 0 && c.value < c.low || c.value > 1024 {
			return fmt.Errorf("generate: speculation: %s: %d is not 0 and not from %d to 1024", c.name, c.value, c.low)
		}
	}
	if beams > 1 && (s.Draft != nil || s.Lookup > 0) {
		return fmt.Errorf("generate: speculation: beam search has no single text to guess at")
	}
	return nil
}

// guesser makes the guesses of one generation.
type guesser struct {
	draft *draft
	ngram int
	text  []int32 // what lookup searches: the source, the prompt, and what was made
	extra int     // length of the source
	most  int     // guesses of a pass at most
	width int     // guesses of the next pass
}

func newGuesser(ctx context.Context, step *stepper, s Speculation) (guesser, error) {
	g := guesser{ngram: s.Lookup, most: s.Tokens}
	if g.most == 0 {
		g.most = DefaultGuesses
	}
	g.width = g.most
	if s.Lookup > 0 {
		g.extra = len(step.source)
		g.text = append(make([]int32, 0, g.extra+len(step.prompt)+step.limit), step.source...)
	}
	if s.Draft == nil {
		return g, nil
	}
	var err error
	g.draft, err = newDraft(ctx, s.Draft, step)
	return g, err
}

// guess appends to dst guesses of what follows ids, most at most.
func (g *guesser) guess(ctx context.Context, dst, ids []int32, most int) ([]int32, error) {
	n := min(g.width, most)
	if n <= 0 {
		return dst, nil
	}
	before := len(dst)
	if g.ngram > 0 {
		g.text = append(g.text, ids[len(g.text)-g.extra:]...)
		dst = append(dst, follow(g.text, g.ngram, n)...)
	}
	if g.draft == nil || len(dst) > before {
		return dst, nil
	}
	return g.draft.guess(ctx, dst, ids, n)
}

// learn takes in that the first right of so many guesses were right.
func (g *guesser) learn(right, guesses int) {
	switch {
	case guesses == 0:
	case right == guesses:
		g.width = min(2*g.width, g.most)
	default:
		g.width = right + 1
	}
}

// follow returns up to n tokens that follow the last place in text where its
// latest tokens stood before: as many of these as possible, from two to ngram.
func follow(text []int32, ngram, n int) []int32 {
	best, at := 1, 0
	for end := len(text) - 1; end >= 2 && best < ngram; end-- {
		same := 0
		for same < min(ngram, end) && text[end-1-same] == text[len(text)-1-same] {
			same++
		}
		if same > best {
			best, at = same, end
		}
	}
	if best < 2 {
		return nil
	}
	return text[at:min(at+n, len(text))]
}

// draft guesses by a smaller model.
type draft struct {
	step  *stepper
	vocab int     // of the model
	room  int     // tokens that its cache holds
	fed   []int32 // tokens in its cache
	last  [1]int32
}

func newDraft(ctx context.Context, net model.Decoder, of *stepper) (*draft, error) {
	if d := net.Vocab() - of.vocab; d < -sameVocab || d > sameVocab {
		return nil, fmt.Errorf("generate: speculation: the draft has %d tokens, the model %d: they are not of one vocabulary", net.Vocab(), of.vocab)
	}
	room := len(of.prompt) + of.limit
	if c := net.Context(); c > 0 {
		room = min(room, c)
	}
	s := &stepper{vocab: net.Vocab(), run: net.Logits}
	s.pass.Cache = net.NewCache(1, room)
	if err := s.pass.Cache.SetForm(of.pass.Cache.Form()); err != nil {
		return nil, fmt.Errorf("generate: speculation: %w", err)
	}
	s.pass.Last = true
	s.prepare()
	return &draft{step: s, vocab: of.vocab, room: room, fed: make([]int32, 0, room)}, nil
}

// guess appends n guesses of what follows ids to dst: fewer where the draft's
// context ends or it guesses what the model does not know.
func (d *draft) guess(ctx context.Context, dst, ids []int32, n int) ([]int32, error) {
	n = min(n, d.room-len(ids)+1)
	if n <= 0 {
		return dst, nil
	}
	logits, err := d.read(ctx, ids)
	for i := 0; err == nil && logits != nil; i++ {
		id, none := argmax(logits)
		if none != nil || int(id) >= d.vocab {
			break
		}
		if dst = append(dst, id); i == n-1 {
			break
		}
		d.last[0], d.fed = id, append(d.fed, id)
		logits, err = d.step.feed(ctx, 1, d.last[:])
	}
	return dst, err
}

// read brings the cache to hold ids, and returns the scores after the last: none
// if the draft does not know an id.
func (d *draft) read(ctx context.Context, ids []int32) (logits []float32, err error) {
	same := 0
	for same < min(len(d.fed), len(ids)-1) && d.fed[same] == ids[same] {
		same++
	}
	if err := d.step.pass.Cache.Truncate(0, same); err != nil {
		return nil, err
	}
	for at := same; at < len(ids); at += chunk {
		part := ids[at:min(at+chunk, len(ids))]
		if inVocab(part, d.step.vocab) != nil {
			d.fed = append(d.fed[:0], ids[:at]...)
			return nil, nil
		}
		if logits, err = d.step.feed(ctx, 1, part); err != nil {
			return nil, err
		}
	}
	d.fed = append(d.fed[:0], ids...)
	return logits, nil
}
