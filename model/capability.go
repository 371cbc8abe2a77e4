package model

import (
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// A Decoder predicts each next token from those before it.
type Decoder interface {
	// Logits returns the scores of each next token: [B,T,V], or [B,1,V], those
	// after each row's last token, where p.Last is set.
	Logits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor
	// NewCache returns a cache for that many rows of up to capacity tokens.
	NewCache(rows, capacity int) *nn.Cache
	// Context returns how many positions the model was made for.
	Context() int
	// Vocab returns V, one more than the largest id.
	Vocab() int
}

// An Encoder gives each token a vector that depends on the whole row.
type Encoder interface {
	Hidden(p *nn.Pass, ids *nn.IDs) *tensor.Tensor // [B,T,E], the last hidden states
}

// A MaskedLM predicts the tokens under a mask from those on both sides.
type MaskedLM interface {
	MaskLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor // [B,T,V]
}

// A MaskedAt is a MaskedLM that need not score every place: most of the cost of
// training is in scores of places that nobody asks for.
type MaskedAt interface {
	MaskedLM
	// MaskLogitsAt returns the scores of the token at the places at of ids, counted
	// through all rows: [len(at),V].
	MaskLogitsAt(p *nn.Pass, ids *nn.IDs, at []int) *tensor.Tensor
}

// A PreTrainer is what BERT was pre-trained as: both of its heads in one evaluation.
type PreTrainer interface {
	// BothAt returns the scores of MaskLogitsAt, [len(at),V], and of a row's second
	// part as following its first (column 0) or not: [B,2].
	BothAt(p *nn.Pass, ids *nn.IDs, at []int) (mask, next *tensor.Tensor)
}

// Boundaries are tokens to be predicted from what stands around their spans: for
// each, the places of the tokens before and after its span, counted through all
// rows, and its own place in the span.
type Boundaries struct {
	Left, Right []int
	Place       []int32
}

// A BoundaryLM predicts tokens at their own places, and from the boundaries of spans.
type BoundaryLM interface {
	BoundaryLogits(p *nn.Pass, ids *nn.IDs, at []int, spans Boundaries) (mask, boundary *tensor.Tensor) // [N,V] each
}

// An EncoderDecoder predicts each next token of a target from a source.
type EncoderDecoder interface {
	// Encode reads the source once for any number of calls of Decode.
	Encode(p *nn.Pass, source *nn.IDs) *nn.Memory
	// Decode returns the scores of each next token: [B,T,V], or [B,1,V] where
	// p.Last is set. The rows of ids divide evenly among those of m.
	Decode(p *nn.Pass, m *nn.Memory, ids *nn.IDs) *tensor.Tensor
	// NewCache returns a cache for that many target rows of up to capacity tokens.
	NewCache(rows, capacity int) *nn.Cache
	// Start returns the id that every target begins with.
	Start() int32
	// Vocab returns V, one more than the largest id.
	Vocab() int
}

// A Pooler gives each row one vector.
type Pooler interface {
	// Pools tells whether it can: checkpoints may leave the pooler out.
	Pools() bool
	Pool(p *nn.Pass, ids *nn.IDs) *tensor.Tensor // [B,E]
}

// A Classifier scores the classes that a row may belong to.
type Classifier interface {
	ClassLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor // [B,C]
}

// A TokenClassifier scores the classes that each token may belong to.
type TokenClassifier interface {
	TokenLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor // [B,T,C]
}

// A QuestionAnswerer scores each token as the first and as the last of an answer.
type QuestionAnswerer interface {
	SpanLogits(p *nn.Pass, ids *nn.IDs) (start, end *tensor.Tensor) // [B,T] each
}

// A MultipleChoice model scores rows against each other: each choices rows in
// sequence belong to one question.
type MultipleChoice interface {
	ChoiceLogits(p *nn.Pass, ids *nn.IDs, choices int) *tensor.Tensor // [B/choices,choices]
}

// A NextSentence model scores a row's second sentence as following its first
// (column 0) or as standing elsewhere (column 1).
type NextSentence interface {
	NextSentenceLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor // [B,2]
}

// Inputs are what one evaluation reads; masks, token types and positions are in
// the Pass.
type Inputs struct {
	IDs        *nn.IDs
	DecoderIDs *nn.IDs // the target of an encoder-decoder
	Choices    int     // rows of each question, for MultipleChoice
}

// An Output is a named result of an evaluation.
type Output struct {
	Name  string
	Value *tensor.Tensor
}

// Outputs is what every model has: all results of one evaluation, under the
// names that transformers gives them (logits, last_hidden_state, pooler_output
// and so on). Hidden states of the layers go to p.Observe.
type Outputs interface {
	Outputs(p *nn.Pass, in Inputs) []Output
}
