package generate

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// FinishReason tells why a text ended.
type FinishReason string

// The reasons; a token that is not the last has none.
const (
	FinishNone   FinishReason = ""
	FinishStop   FinishReason = "stop"   // an end token or a stop string
	FinishLength FinishReason = "length" // MaxTokens, or the context is full
)

// A Token is one step of a generation.
type Token struct {
	ID      int32
	Text    string       // what may be shown now: whole characters, held back where a stop string may begin
	LogProb float64      // of the model's own distribution; with Options.LogProbs or TopLogProbs
	Top     []Likely     // the most likely tokens in this place, with Options.TopLogProbs
	Finish  FinishReason // of the last token
	Stop    string       // the stop string that ended the text

	Guesses int  // how many guesses the pass of the model checked that this token is the first of, see Speculation
	Guessed bool // a guess named this token
	Reused  int  // of an Engine's first token: tokens of the prompt that did not have to be read

	Waited time.Duration // of a Generator's first token: for a place
}

// Likely is a token with its log-probability.
type Likely struct {
	ID      int32
	LogProb float64
}

// Generate yields the tokens that net, a model.Decoder or model.EncoderDecoder,
// writes after prompt (for the latter: as target of the source prompt). Texts
// need a tokenizer, without which tok may be nil. After an error nothing follows.
// With beams the tokens of the best sequence come once it is found.
//
// A prompt that does not fit the model's context is an error. Generate may run in
// any number of goroutines for one model.
func Generate(ctx context.Context, net any, tok *tokenizer.Tokenizer, prompt []int32, o Options) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if o.Beams > 1 {
			beams(ctx, net, tok, prompt, o, yield)
			return
		}
		g, err := start(ctx, net, tok, prompt, o)
		if err != nil {
			yield(Token{}, err)
			return
		}
		logits, err := g.step.prefill(ctx)
		for err == nil {
			var more bool
			if more, err = g.take(logits, yield); err == nil {
				if !more {
					return
				}
				logits, err = g.next(ctx)
			}
		}
		yield(Token{}, err)
	}
}

// generation is the state of one request.
type generation struct {
	o       Options
	step    *stepper // nil in a Batch
	limit   int      // tokens that may be made
	sampler *sampler
	seen    history
	text    textStream // nil without tokenizer
	stop    stopper
	raw     []float32 // the scores as the model gave them

	guess guesser
	fed   []int32 // the last token and the guesses after it, whose scores come next
}

func start(ctx context.Context, net any, tok *tokenizer.Tokenizer, prompt []int32, o Options) (*generation, error) {
	step, err := newStepper(ctx, net, prompt, 1, &o)
	if err != nil {
		return nil, err
	}
	if err := o.Check(step.vocab); err != nil {
		return nil, err
	}
	g := newGeneration(tok, step.prompt, newSampler(step.vocab), step.limit, o)
	g.step = step
	g.guess, err = newGuesser(ctx, step, o.Speculation)
	return g, err
}

func newGeneration(tok *tokenizer.Tokenizer, prompt []int32, s *sampler, limit int, o Options) *generation {
	g := &generation{o: o, limit: limit, sampler: s}
	s.begin(&g.o)
	g.seen = history{append(make([]int32, 0, len(prompt)+min(limit, 1024)), prompt...), len(prompt)}
	g.stop.stops = o.Stop
	if tok != nil {
		text := tok.NewStream(true)
		text.Keep(o.Keep)
		g.text = text
	}
	return g
}

// take chooses tokens from the scores after each token that was fed: the next
// one, and those after it as long as it was guessed. It reports whether the text
// goes on.
func (g *generation) take(logits []float32, yield func(Token, error) bool) (more bool, err error) {
	guesses := g.fed[min(1, len(g.fed)):]
	V := g.step.vocab
	for i := 0; ; i++ {
		t, err := g.choose(logits[i*V : (i+1)*V])
		if err != nil {
			return false, err
		}
		if i == 0 {
			t.Guesses = len(guesses)
		}
		t.Guessed = i < len(guesses) && guesses[i] == t.ID
		g.finish(&t)
		if !yield(t, nil) || t.Finish != FinishNone {
			return false, nil
		}
		if !t.Guessed {
			g.guess.learn(i, len(guesses))
			return true, nil
		}
	}
}

// next feeds the last token and guesses of what follows it, and returns the
// scores after each.
func (g *generation) next(ctx context.Context) ([]float32, error) {
	if len(g.fed) > 1 { // forget wrong guesses
		if err := g.step.pass.Cache.Truncate(0, len(g.seen.ids)-1); err != nil {
			return nil, err
		}
	}
	g.fed = append(g.fed[:0], g.seen.ids[len(g.seen.ids)-1])
	var err error
	if g.fed, err = g.guess.guess(ctx, g.fed, g.seen.ids, g.limit-len(g.seen.made())-1); err != nil {
		return nil, err
	}
	return g.step.feed(ctx, 1, g.fed)
}

// choose takes the next token from the scores of a row.
func (g *generation) choose(logits []float32) (Token, error) {
	var t Token
	var sum float64
	scored := g.o.LogProbs || g.o.TopLogProbs > 0
	if scored {
		sum = logSum(logits)
		t.Top = mostLikely(logits, g.o.TopLogProbs, sum)
		g.raw = append(g.raw[:0], logits...)
	}
	id, err := g.sampler.next(g.seen, logits)
	if err != nil {
		return t, err
	}
	if scored {
		t.LogProb = float64(g.raw[id]) - sum
	}
	t.ID = id
	g.seen.ids = append(g.seen.ids, id)
	return t, nil
}

// finish gives the token just made its text and tells whether it is the last.
func (g *generation) finish(t *Token) {
	switch {
	case slices.Contains(g.o.EOS, t.ID):
		t.Finish = FinishStop
	case len(g.seen.made()) >= g.limit:
		t.Finish = FinishLength
	}
	if g.text == nil {
		return
	}
	if t.Finish != FinishStop {
		t.Text, t.Stop = g.stop.push(g.text.Push(t.ID))
	}
	if t.Stop == "" && t.Finish != FinishNone {
		var rest string
		rest, t.Stop = g.stop.push(g.text.Flush())
		t.Text += rest
	}
	if t.Stop != "" {
		t.Finish = FinishStop
	} else if t.Finish != FinishNone {
		t.Text += g.stop.flush()
	}
}

// mostLikely returns the n most likely tokens, the most likely first.
func mostLikely(logits []float32, n int, sum float64) []Likely {
	if n == 0 {
		return nil
	}
	var out []Likely
	for i, v := range logits {
		p := float64(v) - sum
		if len(out) == n && p <= out[n-1].LogProb {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, p, func(l Likely, p float64) int {
			if l.LogProb == p {
				return -1 // behind equals, which come first by id
			}
			return cmp.Compare(p, l.LogProb)
		})
		if len(out) == n {
			out = out[:n-1]
		}
		out = slices.Insert(out, at, Likely{int32(i), p})
	}
	return out
}
