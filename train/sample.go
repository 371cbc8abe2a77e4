package train

import (
	"context"
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/train/report"
)

// write has the model go on from the recipe's prompts, or fill the masks in them. A
// decoder without a prompt begins a text. They are lines of samples.jsonl.
func (r *run) write() error {
	if r.tuning != nil || r.Sample.Tokens == 0 {
		return nil
	}
	prompts := r.Sample.Prompts
	_, decoder := r.view.(model.Decoder)
	if len(prompts) == 0 && decoder {
		prompts = []string{""}
	}
	for _, prompt := range prompts {
		text, err := r.continued(prompt)
		if err != nil {
			return fmt.Errorf("train: sample: %q: %w", prompt, err)
		}
		if err := r.samples.write(report.Sample{Step: r.Step, Prompt: prompt, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) continued(prompt string) (string, error) {
	if m, ok := r.view.(model.MaskedLM); ok {
		return r.filled(m, prompt), nil
	}
	ids := r.tok.Encode(prompt)
	if id, ok := r.tok.EOS(); ok && len(ids) == 0 {
		ids = []int32{id} // between documents
	}
	if len(ids) == 0 {
		return "", nil
	}
	o := generate.Options{MaxTokens: r.Sample.Tokens, Temperature: 0.8, TopP: 0.95, Seed: heldSeed}
	if id, ok := r.tok.EOS(); ok {
		o.EOS = []int32{id}
	}
	if m, ok := r.view.(interface{ Context() int }); ok && m.Context() > 0 {
		ids = ids[max(0, len(ids)-m.Context()/2):]
		o.MaxTokens = min(o.MaxTokens, m.Context()-len(ids))
	}
	var b strings.Builder
	for token, err := range generate.Generate(context.Background(), r.view, r.tok, ids, o) {
		if err != nil {
			return "", err
		}
		b.WriteString(token.Text)
	}
	return b.String(), nil
}

// filled puts the most likely token in the place of each mask of text.
func (r *run) filled(m model.MaskedLM, text string) string {
	ids := r.tok.Encode(text)
	ids = ids[:min(len(ids), r.Batch.Length)]
	mask, ok := r.tok.MASK()
	if !ok || len(ids) == 0 {
		return ""
	}
	scores := m.MaskLogits(&nn.Pass{}, &nn.IDs{Data: ids, B: 1, T: len(ids)})
	vocab := scores.Dim(-1)
	for i, id := range ids {
		if id == mask {
			ids[i] = highest(scores.Data()[i*vocab:][:min(vocab, r.tok.VocabSize())])
		}
	}
	return r.tok.Decode(ids, true)
}

func highest(scores []float32) int32 {
	best := 0
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	return int32(best)
}
