package generate

import (
	"cmp"
	"context"
	"iter"
	"slices"

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
		for n := 1; err == nil; n++ {
			var t Token
			if t, err = g.choose(logits); err != nil {
				break
			}
			g.finish(&t, n)
			if !yield(t, nil) || t.Finish != FinishNone {
				return
			}
			g.last[0] = t.ID
			logits, err = g.step.feed(ctx, 1, g.last[:])
		}
		yield(Token{}, err)
	}
}

// generation is the state of one request.
type generation struct {
	o       Options
	step    *stepper
	sampler *sampler
	seen    history
	text    textStream // nil without tokenizer
	stop    stopper
	last    [1]int32
	raw     []float32 // the scores as the model gave them
}

func start(ctx context.Context, net any, tok *tokenizer.Tokenizer, prompt []int32, o Options) (*generation, error) {
	step, err := newStepper(ctx, net, prompt, 1, o.MaxTokens)
	if err != nil {
		return nil, err
	}
	if err := o.Check(step.vocab); err != nil {
		return nil, err
	}
	g := &generation{o: o, step: step}
	g.sampler = newSampler(&g.o, step.vocab)
	g.seen = history{append(make([]int32, 0, len(step.prompt)+step.limit), step.prompt...), len(step.prompt)}
	g.stop.stops = o.Stop
	if tok != nil {
		g.text = tok.NewStream(true)
	}
	return g, nil
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

// finish gives the nth token its text and tells whether it is the last.
func (g *generation) finish(t *Token, n int) {
	switch {
	case slices.Contains(g.o.EOS, t.ID):
		t.Finish = FinishStop
	case n >= g.step.limit:
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
