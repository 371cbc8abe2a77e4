package generate

import (
	"math"
	"slices"
)

var negInf = float32(math.Inf(-1))

// history is what processors ask of a sequence: the prompt with what was made.
type history struct {
	ids    []int32 // prompt and made
	prompt int     // length of the prompt
}

func (h history) made() []int32 { return h.ids[h.prompt:] }

// process applies all that comes before temperature, in transformers' order. The
// marks are a scratch of the size of the vocabulary, all zero between calls.
func (o *Options) process(h history, logits []float32, marks []int32) {
	for id, b := range o.Bias {
		logits[id] += b
	}
	if o.RepetitionPenalty != 0 && o.RepetitionPenalty != 1 {
		repetition(h.ids, logits, float32(o.RepetitionPenalty), marks)
	}
	if o.PresencePenalty != 0 || o.FrequencyPenalty != 0 {
		frequency(h.made(), logits, o.PresencePenalty, o.FrequencyPenalty, marks)
	}
	if o.NoRepeatNGram > 0 {
		noRepeat(h.ids, logits, o.NoRepeatNGram)
	}
	if len(h.made()) < o.MinTokens {
		for _, id := range o.EOS {
			if int(id) < len(logits) {
				logits[id] = negInf
			}
		}
	}
	for _, p := range o.Processors {
		p.Process(h.made(), logits)
	}
}

// repetition divides the score of each token of ids by penalty, or multiplies it
// where it is negative.
func repetition(ids []int32, logits []float32, penalty float32, marks []int32) {
	for _, id := range ids {
		if int(id) >= len(logits) || marks[id] != 0 {
			continue
		}
		marks[id] = 1
		if logits[id] < 0 {
			logits[id] *= penalty
		} else {
			logits[id] /= penalty
		}
	}
	unmark(ids, marks)
}

// frequency takes presence and count·frequency from the score of each token made.
func frequency(ids []int32, logits []float32, presence, frequency float64, marks []int32) {
	for _, id := range ids {
		if int(id) < len(logits) {
			marks[id]++
		}
	}
	for _, id := range ids {
		if int(id) < len(logits) && marks[id] > 0 {
			logits[id] -= float32(presence + frequency*float64(marks[id]))
			marks[id] = 0
		}
	}
}

func unmark(ids, marks []int32) {
	for _, id := range ids {
		if int(id) < len(marks) {
			marks[id] = 0
		}
	}
}

// noRepeat bans each token that would make an n-gram of ids a second time.
func noRepeat(ids []int32, logits []float32, n int) {
	if len(ids) < n {
		return
	}
	prefix := ids[len(ids)+1-n:]
	for i := range len(ids) - n + 1 {
		if last := ids[i+n-1]; int(last) < len(logits) && slices.Equal(ids[i:i+n-1], prefix) {
			logits[last] = negInf
		}
	}
}
