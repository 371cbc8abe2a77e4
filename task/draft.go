package task

import (
	"fmt"

	"github.com/nlp-zoo/zoo/model"
)

// Draft returns the decoder of draft, to guess what m writes (see
// generate.Speculation). It fails if draft is no decoder, or if the two do not
// write the same tokens: then guesses would be lost, and time with them.
func Draft(m, draft *model.Model) (model.Decoder, error) {
	d, ok := draft.Net.(model.Decoder)
	if !ok {
		return nil, unable(draft, "guess what another model writes: it is no decoder")
	}
	if m.Tokenizer == nil || draft.Tokenizer == nil {
		return d, nil
	}
	for id := range int32(min(m.Tokenizer.VocabSize(), draft.Tokenizer.VocabSize())) {
		a, _ := m.Tokenizer.Token(id)
		if b, _ := draft.Tokenizer.Token(id); a != b {
			return nil, fmt.Errorf("task: %s: token %d is %q, but %q in %s: a draft needs the same vocabulary", draft.Path, id, b, a, m.Path)
		}
	}
	return d, nil
}
