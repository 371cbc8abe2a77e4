// Package objective holds what models are trained to do. An objective has two
// halves. The data half turns texts into examples, without a model: see the
// functions that return a data.Stream of Example. The model half, an Objective,
// holds a model against a batch of examples.
package objective

import (
	"fmt"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// An Example is what a model sees and what it should say.
type Example struct {
	// Input is what the model reads, or its encoder.
	Input []int32
	// Target is as long as Input where each place has its own target
	// (tensor.Ignore: none), and of any length where the model writes a text of
	// its own.
	Target []int32
	// Types are the token types of Input; nil: 0.
	Types []int32
	// Documents has the number of each token's document where Input is packed
	// from several that do not see each other; nil: one.
	Documents []int32
	// Visible is how many tokens at the start of Input see each other both ways
	// where the rest is causal, as of a prefix language model.
	Visible int
	// Label is the class of the whole row, where it has one, such as whether a
	// second sentence follows the first.
	Label int32
	// Values are what the whole row should score where that is numbers: of a
	// regression, or 1 for each of several classes that it belongs to.
	Values []float32
	// Others are rows that belong to it, such as the other answers to a question.
	Others []Example
}

// An Objective trains models of type M: that a masked language model is not
// trained on a decoder's objective is seen to by the compiler.
//
// A loss is a sum of terms, each the mean over its targets in the whole batch of
// a step. So that a batch gives the same gradient whole and in parts, Loss
// returns sums, and Count tells what to divide them by.
type Objective[M any] interface {
	// Terms names the terms of the loss, as metrics have them.
	Terms() []string
	// Count returns how many targets each term has in e.
	Count(e Example) []int
	// Loss returns the sum of each term over the targets of batch: scalars.
	Loss(p *nn.Pass, m M, batch []Example) []*tensor.Tensor
}

// Bound is an Objective with its model.
type Bound interface {
	Terms() []string
	Count(e Example) []int
	Loss(p *nn.Pass, batch []Example) []*tensor.Tensor
}

// Bind joins o with model. It fails if model can't do what o trains.
func Bind[M any](o Objective[M], model any) (Bound, error) {
	m, ok := model.(M)
	if !ok {
		return nil, fmt.Errorf("objective: %T: is no %T, which %T trains", model, (*M)(nil), o)
	}
	return bound[M]{o, m}, nil
}

type bound[M any] struct {
	Objective[M]
	model M
}

func (b bound[M]) Loss(p *nn.Pass, batch []Example) []*tensor.Tensor {
	return b.Objective.Loss(p, b.model, batch)
}
