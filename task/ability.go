package task

import (
	"encoding/json"
	"slices"

	"github.com/nlp-zoo/zoo/model"
)

// attentionSize is how many parameters a model has at most whose attention is looked at.
const attentionSize = 200e6

// Abilities returns the tasks that a network does, by the names that the command and the
// server have for them: generate, chat, next, text-to-text, translate, summarize, fill,
// embed, compare, classify, zero-shot, rerank, tag, answer, tokenize, attention. The
// network may be without weights yet.
func Abilities(net any, info model.Info) []string {
	var all []string
	add := func(ok bool, tasks ...string) {
		if ok {
			all = append(all, tasks...)
		}
	}
	_, decoder := net.(model.Decoder)
	add(decoder, "chat", "generate", "next", "zero-shot")
	_, both := net.(model.EncoderDecoder)
	add(both, "text-to-text", "translate", "summarize", "next")
	_, masked := net.(model.MaskedLM)
	add(masked, "fill")
	_, tags := net.(model.TokenClassifier)
	add(tags, "tag")
	_, answers := net.(model.QuestionAnswerer)
	add(answers, "answer")
	_, encoder := net.(model.Encoder)
	_, classifier := net.(model.Classifier)
	if classifier {
		all = append(all, "classify")
		var s settings
		if json.Unmarshal(info.Config, &s) == nil {
			_, _, infers := s.entailment()
			add(infers && !decoder, "zero-shot")
			add(len(s.Labels) == 1 || len(s.Labels) == 2 || len(s.Labels) == 0, "rerank")
		}
	}
	add(encoder, "embed", "compare")
	add(encoder && !classifier, "rerank")
	add(info.Tokenizer != "", "tokenize")
	add((encoder || both) && info.Parameters <= attentionSize, "attention")
	slices.Sort(all)
	return slices.Compact(all)
}
