package generate

import (
	"context"
	"fmt"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// chunk is how many tokens of a prompt go through the model at once.
const chunk = 512

// stepper feeds tokens to a model and keeps its cache. After the first tokens it
// allocates nothing but what the model does.
type stepper struct {
	run    func(p *nn.Pass, ids *nn.IDs) *tensor.Tensor
	pass   nn.Pass
	arena  tensor.Arena
	ids    nn.IDs
	vocab  int
	prompt []int32 // the decoder's, which begins every sequence
	source []int32 // an encoder-decoder's
	limit  int     // tokens that may be made

	out  *tensor.Tensor
	step func() // one call of run
}

// newStepper prepares net, a model.Decoder or model.EncoderDecoder, for rows
// sequences after prompt, which is the source of an encoder-decoder.
func newStepper(ctx context.Context, net any, prompt []int32, rows int, o *Options) (*stepper, error) {
	s := &stepper{limit: o.MaxTokens}
	if s.limit == 0 {
		s.limit = DefaultMaxTokens
	}
	if len(prompt) == 0 {
		return nil, fmt.Errorf("generate: prompt: empty: give at least the token that begins a text")
	}
	switch m := net.(type) {
	case model.Decoder:
		s.vocab, s.prompt, s.run = m.Vocab(), prompt, m.Logits
		if c := m.Context(); c > 0 {
			if len(prompt) >= c {
				return nil, fmt.Errorf("generate: prompt: %d tokens leave no room in a context of %d", len(prompt), c)
			}
			s.limit = min(s.limit, c-len(prompt))
		}
		s.pass.Cache = m.NewCache(rows, len(prompt)+s.limit)
	case model.EncoderDecoder:
		s.vocab, s.prompt, s.source = m.Vocab(), []int32{m.Start()}, prompt
		if err := inVocab(prompt, s.vocab); err != nil {
			return nil, err
		}
		var memory *nn.Memory // on the heap: it outlives the arena's resets
		err := tensor.Try(func() {
			memory = m.Encode(&nn.Pass{}, &nn.IDs{Data: prompt, B: 1, T: len(prompt)})
		})
		if err != nil {
			return nil, fmt.Errorf("generate: encode: %w", err)
		}
		s.run = func(p *nn.Pass, ids *nn.IDs) *tensor.Tensor { return m.Decode(p, memory, ids) }
		s.pass.Cache = m.NewCache(rows, 1+s.limit)
	default:
		return nil, fmt.Errorf("generate: model: %T does not generate: it is no decoder or encoder-decoder", net)
	}
	if err := inVocab(s.prompt, s.vocab); err != nil {
		return nil, err
	}
	if err := s.pass.Cache.SetForm(o.CacheForm); err != nil {
		return nil, fmt.Errorf("generate: cache: %w", err)
	}
	s.prepare()
	return s, ctx.Err()
}

// prepare makes s, whose run and cache are set, ready to be fed.
func (s *stepper) prepare() {
	s.pass.Arena = &s.arena
	s.step = func() { s.out = s.run(&s.pass, &s.ids) }
}

func inVocab(ids []int32, vocab int) error {
	for i, id := range ids {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("generate: prompt: token %d is %d, not from 0 to %d", i, id, vocab-1)
		}
	}
	return nil
}

// prefill feeds the prompt to row 0 and returns the scores after it.
func (s *stepper) prefill(ctx context.Context) ([]float32, error) {
	s.pass.Slots, s.pass.Last = []int{0}, true
	var out []float32
	for at := 0; at < len(s.prompt); at += chunk {
		part := s.prompt[at:min(at+chunk, len(s.prompt))]
		var err error
		if out, err = s.feed(ctx, 1, part); err != nil {
			return nil, err
		}
	}
	s.pass.Slots, s.pass.Last = nil, false
	return out, nil
}

// feed gives rows rows of equally many tokens and returns the scores after each
// token [rows,T,V], which hold until the next call and may be written to.
func (s *stepper) feed(ctx context.Context, rows int, tokens []int32) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	s.arena.Reset()
	s.ids = nn.IDs{Data: tokens, B: rows, T: len(tokens) / rows}
	if err := tensor.Try(s.step); err != nil {
		return nil, fmt.Errorf("generate: forward: %w", err)
	}
	return s.out.Data(), nil
}
