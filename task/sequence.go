package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// A head is a part of a network that describes or scores what the network has read.
type head uint8

const (
	hiddenHead head = iota // model.Encoder
	poolHead               // model.Pooler
	classHead              // model.Classifier
	tagHead                // model.TokenClassifier
	spanHead               // model.QuestionAnswerer
	maskHead               // model.MaskedLM
	nextHead               // model.Decoder, or model.EncoderDecoder: the token that comes next
)

// A sequence is one row of tokens for a head.
type sequence struct {
	head  head
	ids   []int32
	types []int32 // token types; nil: 0
	at    []int   // places in ids that maskHead is asked about

	// take is given the row's own part of what the head made: [len(ids),width]; [width]
	// of poolHead, classHead and nextHead; [len(at),width] of maskHead. Spans have a second one.
	// It must not keep them.
	take func(y, second []float32, width int)
}

// A run evaluates sequences, in any order and company, and returns when all have taken
// what is theirs, or an error. It keeps nothing of them unless ctx ended.
type run func(ctx context.Context, all []*sequence) error

// passTokens is how many tokens, padding included, one pass takes at most by default.
const passTokens = 4096

// slack is how many tokens of padding cost less than another pass.
const slack = 24

// alone returns a run in the goroutine that calls.
func alone(m *model.Model) run {
	return func(ctx context.Context, all []*sequence) error {
		arena := &tensor.Arena{}
		for _, group := range groups(slices.Clone(all), passTokens) {
			if err := errors.Join(ctx.Err(), pass(m, arena, group)); err != nil {
				return err
			}
		}
		return nil
	}
}

// groups sorts sequences by head and length and cuts them into passes of that many
// tokens, and of little padding, at most. One that is longer is a pass.
func groups(all []*sequence, budget int) [][]*sequence {
	slices.SortStableFunc(all, func(a, b *sequence) int {
		return cmp.Or(cmp.Compare(a.head, b.head), -cmp.Compare(len(a.ids), len(b.ids)))
	})
	var cut [][]*sequence
	for len(all) > 0 {
		n, padding, width := 1, 0, len(all[0].ids)
		for n < len(all) && all[n].head == all[0].head && (n+1)*width <= budget {
			if padding += width - len(all[n].ids); padding > slack {
				break
			}
			n++
		}
		cut = append(cut, all[:n:n])
		all = all[n:]
	}
	return cut
}

// pass evaluates sequences of one head together.
func pass(m *model.Model, arena *tensor.Arena, all []*sequence) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("task: %s: panic: %v", m.Path, r)
		}
	}()
	pad := int32(0) // any id will do: padding is masked
	if m.Tokenizer != nil {
		if id, ok := m.Tokenizer.PAD(); ok {
			pad = id
		}
	}
	rows := make([][]int32, len(all))
	for i, s := range all {
		rows[i] = s.ids
	}
	ids, lens := nn.Rows(pad, rows...)
	arena.Reset()
	p := &nn.Pass{Arena: arena, Lens: lens, Types: types(all, ids.T)}
	return tensor.Try(func() { heads[all[0].head](m, p, ids, all) })
}

// types returns the token types of a pass, or nil if all are 0.
func types(all []*sequence, width int) []int32 {
	if !slices.ContainsFunc(all, func(s *sequence) bool { return s.types != nil }) {
		return nil
	}
	t := make([]int32, len(all)*width)
	for i, s := range all {
		copy(t[i*width:], s.types)
	}
	return t
}

// heads evaluate, and hand out what they made.
var heads = [...]func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence){
	hiddenHead: func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
		deal(m.Net.(model.Encoder).Hidden(p, ids), nil, all)
	},
	poolHead: func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
		deal(m.Net.(model.Pooler).Pool(p, ids), nil, all)
	},
	classHead: func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
		deal(m.Net.(model.Classifier).ClassLogits(p, ids), nil, all)
	},
	tagHead: func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
		deal(m.Net.(model.TokenClassifier).TokenLogits(p, ids), nil, all)
	},
	spanHead: func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
		start, end := m.Net.(model.QuestionAnswerer).SpanLogits(p, ids)
		deal(start, end, all)
	},
	maskHead: masks,
	nextHead: func(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
		if net, ok := m.Net.(model.EncoderDecoder); ok {
			memory := net.Encode(p, ids)
			start := slices.Repeat([]int32{net.Start()}, len(all))
			deal(net.Decode(&nn.Pass{Arena: p.Arena}, memory, &nn.IDs{Data: start, B: len(all), T: 1}), nil, all)
			return
		}
		p.Last = true
		deal(m.Net.(model.Decoder).Logits(p, ids), nil, all)
	},
}

// deal gives each row of y, and of second if there is one, to its sequence.
func deal(y, second *tensor.Tensor, all []*sequence) {
	row := len(y.Data()) / len(all)
	for i, s := range all {
		width, n := y.Dim(-1), row
		if second != nil { // [B,T] each
			width = 1
		}
		if s.head != poolHead && s.head != classHead && s.head != nextHead {
			n = len(s.ids) * width
		}
		var z []float32
		if second != nil {
			z = second.Data()[i*row : i*row+n]
		}
		s.take(y.Data()[i*row:i*row+n], z, width)
	}
}

// masks scores the places that are asked about.
func masks(m *model.Model, p *nn.Pass, ids *nn.IDs, all []*sequence) {
	var at []int
	for i, s := range all {
		for _, t := range s.at {
			at = append(at, i*ids.T+t)
		}
	}
	var y []float32
	var v int
	if net, ok := m.Net.(model.MaskedAt); ok {
		scores := net.MaskLogitsAt(p, ids, at)
		y, v = scores.Data(), scores.Dim(-1)
	} else {
		scores := m.Net.(model.MaskedLM).MaskLogits(p, ids)
		v = scores.Dim(-1)
		for _, place := range at {
			y = append(y, scores.Data()[place*v:(place+1)*v]...)
		}
	}
	for _, s := range all {
		s.take(y[:len(s.at)*v], nil, v)
		y = y[len(s.at)*v:]
	}
}
