// Package generate turns a model's scores into tokens and text: sampling, beam
// search, stop strings, and the likelihood of given texts.
//
// The definitions and the order of what changes the scores are those of
// transformers' generation. What comes out for a model, a prompt and options
// (the seed among them) is always the same.
package generate

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// DefaultMaxTokens is how many tokens are made where Options do not say.
const DefaultMaxTokens = 1024

// Stopping is when beam search ends, transformers' early_stopping.
type Stopping string

// The three ways of early_stopping.
const (
	StopHeuristic Stopping = ""      // false: when no open beam is likely to beat the finished ones
	StopFull      Stopping = "true"  // as soon as there are as many finished as beams
	StopNever     Stopping = "never" // when no open beam can beat the finished ones
)

// A Processor changes the scores of the next token, or bans tokens by -Inf, as a
// grammar does. It sees the tokens made so far, without the prompt.
type Processor interface {
	Process(made []int32, logits []float32)
}

// Options say how to choose tokens. The zero Options choose the most likely one
// each time, up to DefaultMaxTokens.
type Options struct {
	MaxTokens int     // most tokens to make; 0: DefaultMaxTokens, or what the context leaves
	MinTokens int     // no end before that many
	EOS       []int32 // tokens that end the text
	Stop      []string
	Specials  bool    // special tokens are part of the text too, but for those that end it; not with beams
	Keep      []int32 // special tokens that are part of the text, as others are not

	Temperature float64 // 0: always the most likely
	TopK        int     // keep the k most likely; 0: all
	TopP        float64 // keep the most likely that reach this mass; 0 or 1: all
	MinP        float64 // keep those of this part of the most likely one's probability
	Typical     float64 // locally typical sampling's mass (arXiv:2202.00666); 0 or 1: all
	Epsilon     float64 // drop those less probable (arXiv:2210.15191); 0: none
	Eta         float64 // the same, by entropy; 0: none
	Seed        uint64

	RepetitionPenalty float64           // scores of tokens seen, prompt included, over or times this (arXiv:1909.05858); 0 or 1: none
	PresencePenalty   float64           // taken from the score of each token made before
	FrequencyPenalty  float64           // the same for each time it was made
	NoRepeatNGram     int               // no n-gram of that length twice, prompt included; 0: any
	Bias              map[int32]float32 // added to scores
	Processors        []Processor       // run after all penalties and before temperature

	Beams         int // beams of beam search; 0 or 1: none
	LengthPenalty float64
	EarlyStopping Stopping

	CacheForm   tensor.DType // what the cache keeps keys and values as: F32, F16, BF16 or Q8_0
	Speculation Speculation  // has several tokens made in one pass of the model

	LogProbs    bool // fill Token.LogProb
	TopLogProbs int  // fill Token.Top with that many
}

// FromConfig returns the options that a checkpoint's generation_config.json asks for.
func FromConfig(g model.GenerationConfig) Options {
	o := Options{
		EOS: g.EOS, MaxTokens: g.MaxNewTokens, RepetitionPenalty: g.RepetitionPenalty,
		NoRepeatNGram: g.NoRepeatNGram, LengthPenalty: g.LengthPenalty, Beams: g.NumBeams,
	}
	if g.DoSample {
		o.Temperature, o.TopK, o.TopP, o.MinP, o.Typical = g.Temperature, g.TopK, g.TopP, g.MinP, g.TypicalP
	}
	return o
}

// Check refuses options that make no sense, with an error that names one.
func (o *Options) Check(vocab int) error {
	for _, c := range []struct {
		name      string
		value     float64
		low, high float64
	}{
		{"max_tokens", float64(o.MaxTokens), 0, 1 << 30},
		{"min_tokens", float64(o.MinTokens), 0, 1 << 30},
		{"temperature", o.Temperature, 0, 1e6},
		{"top_k", float64(o.TopK), 0, math.MaxInt32},
		{"top_p", o.TopP, 0, 1},
		{"min_p", o.MinP, 0, 1},
		{"typical_p", o.Typical, 0, 1},
		{"epsilon", o.Epsilon, 0, 1},
		{"eta", o.Eta, 0, 1},
		{"repetition_penalty", o.RepetitionPenalty, 0, 1e6},
		{"presence_penalty", o.PresencePenalty, -1e6, 1e6},
		{"frequency_penalty", o.FrequencyPenalty, -1e6, 1e6},
		{"no_repeat_ngram_size", float64(o.NoRepeatNGram), 0, 1 << 20},
		{"beams", float64(o.Beams), 0, 1024},
		{"length_penalty", o.LengthPenalty, -1e3, 1e3},
		{"top_logprobs", float64(o.TopLogProbs), 0, 1024},
	} {
		if !(c.value >= c.low && c.value <= c.high) {
			return fmt.Errorf("generate: %s: %v is not from %v to %v", c.name, c.value, c.low, c.high)
		}
	}
	for id := range o.Bias {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("generate: bias: token %d is not from 0 to %d", id, vocab-1)
		}
	}
	for i, s := range o.Stop {
		if s == "" || !utf8.ValidString(s) {
			return fmt.Errorf("generate: stop: string %d is empty or not UTF-8", i)
		}
	}
	if err := o.Speculation.check(o.Beams); err != nil {
		return err
	}
	return o.checkBeams()
}

func (o *Options) checkBeams() error {
	if o.Beams <= 1 {
		return nil
	}
	switch {
	case o.Temperature > 0:
		return fmt.Errorf("generate: beams: beam search does not sample: want temperature 0, got %v", o.Temperature)
	case len(o.Stop) > 0:
		return fmt.Errorf("generate: beams: beam search ends at tokens, not at stop strings")
	case o.EarlyStopping != StopHeuristic && o.EarlyStopping != StopFull && o.EarlyStopping != StopNever:
		return fmt.Errorf("generate: early_stopping: %q is not true or never", o.EarlyStopping)
	}
	return nil
}
