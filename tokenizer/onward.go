package tokenizer

import "slices"

// goingOn is a character that stands for itself alone, so that what follows it is
// encoded as if within a line; the way of Code Llama's own code.
const goingOn = "☺"

// EncodeOn returns the ids of a text that goes on within a line, without the
// tokens of the template: Encode would put a space before it where the vocabulary
// is SentencePiece's.
func (t *Tokenizer) EncodeOn(text string, opts ...Option) []int32 {
	opts = append(slices.Clip(opts), Bare)
	alone := t.Encode(goingOn, opts...)
	if ids := t.Encode(goingOn+text, opts...); len(ids) >= len(alone) && slices.Equal(ids[:len(alone)], alone) {
		return ids[len(alone):]
	}
	return t.Encode(text, opts...)
}
