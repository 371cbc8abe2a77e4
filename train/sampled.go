package train

import (
	"fmt"
	"os"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// openExamples makes the stream of examples to learn from, and those that are held
// against.
func (r *run) openExamples() error {
	in, held, err := r.examples()
	if err != nil {
		return err
	}
	r.in = in
	if held != nil && r.Eval.Every > 0 {
		if r.held, err = take(held, r.Eval.Batches*r.Batch.Examples); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) examples() (in, held data.Stream[objective.Example], err error) {
	if r.task.Sampler != nil {
		return r.sampled()
	}
	texts, out, err := r.openData(r.task.Maker.Tokens(r.Batch.Length))
	if err != nil {
		return nil, nil, err
	}
	if out != nil {
		held = objective.Examples(out, r.task.Maker, r.Seed+1)
	}
	return objective.Examples(texts, r.task.Maker, r.Seed), held, nil
}

// sampled is for objectives that choose their texts themselves, from documents.
func (r *run) sampled() (in, held data.Stream[objective.Example], err error) {
	docs, err := documentsOf(r.tok, r.Data.Sources)
	if err != nil {
		return nil, nil, err
	}
	var learnt, out data.Corpus = data.NewMemory(docs...), nil
	if len(r.Data.Eval) > 0 {
		if docs, err = documentsOf(r.tok, r.Data.Eval); err != nil {
			return nil, nil, err
		}
		out = data.NewMemory(docs...)
	} else if r.Data.HeldOut > 0 {
		learnt, out = data.HoldOutEnd(learnt, r.Data.HeldOut)
	}
	if in, err = r.task.Sampler.Samples(learnt, r.Batch.Length, r.Seed); err != nil {
		return nil, nil, err
	}
	if out != nil && out.Before(out.Len()) > 0 {
		held, err = r.task.Sampler.Samples(out, r.Batch.Length, r.Seed+1)
	}
	return in, held, err
}

// documentsOf returns the tokens of all sources, a document a file.
func documentsOf(tok *tokenizer.Tokenizer, sources []Source) (docs [][]int32, err error) {
	for _, s := range sources {
		files, err := filesOf(s.Path)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, fmt.Errorf("train: data: %w", err)
			}
			docs = append(docs, tok.Encode(string(text), tokenizer.Bare, tokenizer.Literal))
		}
	}
	return docs, nil
}
