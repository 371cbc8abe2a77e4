package train

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer/train"
)

// heldSeed chooses what is held out, and the masks of it: the same for every seed of
// a run, so that runs can be compared.
const heldSeed = 1

// long tells whether the documents of a source are whole files of text.
func (s Source) long() bool {
	_, format, err := s.Files()
	return err == nil && format == "text" && cmp.Or(s.Unit, "files") == "files"
}

// text returns the documents of a source as one text, a line or more each.
func (s Source) text() train.Source {
	return train.Source{Name: s.Path, Open: func() (io.ReadCloser, error) {
		docs, err := s.documents("\n")
		if err != nil {
			return nil, err
		}
		r, w := io.Pipe()
		go func() { w.CloseWithError(pour(w, docs)) }()
		return r, nil
	}}
}

// pour writes documents to w.
func pour(w io.Writer, docs data.Stream[data.Document]) error {
	for {
		d, err := docs.Next()
		if err == nil {
			_, err = io.WriteString(w, d.Text+"\n")
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// corpora returns the tokens of each source, which are read once and then lie in a
// cache.
func (r *run) corpora(sources []Source) (all []data.Corpus, err error) {
	dir := r.Data.Cache
	if dir == "" {
		dir = filepath.Join(r.dir, tokensName)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("train: data: %w", err)
	}
	coder := data.Coder{Vocab: r.tok.VocabSize(), Digest: digestOf(r.beside), Threads: parallel.Threads()}
	for _, s := range sources {
		c, err := s.tokens(dir, coder, r.tok)
		if err != nil {
			return nil, fmt.Errorf("train: data: %s: %w", s.Path, err)
		}
		r.open = append(r.open, c)
		all = append(all, c)
	}
	return all, nil
}

// digestOf returns the digest of files by name.
func digestOf(files map[string][]byte) data.Digest {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%q %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return data.Digest(h.Sum(nil))
}

// divided returns the corpora to learn from, and those that are held out.
func (r *run) divided() (learn, held []data.Corpus, err error) {
	if learn, err = r.corpora(r.Data.Sources); err != nil {
		return nil, nil, err
	}
	if len(r.Data.Eval) > 0 {
		held, err = r.corpora(r.Data.Eval)
		return learn, held, err
	}
	if r.Data.HeldOut == 0 {
		return learn, nil, nil
	}
	for i, s := range r.Data.Sources {
		var part data.Corpus
		if s.long() { // and few
			learn[i], part = data.HoldOutEnd(learn[i], r.Data.HeldOut)
		} else {
			learn[i], part = data.HoldOut(learn[i], r.Data.HeldOut, heldSeed)
		}
		held = append(held, part)
	}
	return learn, held, nil
}

// openExamples makes the stream of examples to learn from, and those that are held
// out.
func (r *run) openExamples() error {
	learn, held, err := r.divided()
	if err != nil {
		return err
	}
	switch {
	case r.task.Sampler != nil:
		r.in, err = r.task.Sampler.Samples(data.Join(learn...), r.Batch.Length, r.Seed)
	case r.answered():
		r.in, err = r.tasks(learn)
	default:
		r.in, err = r.mixture(learn)
	}
	if err != nil || len(held) == 0 || r.Eval.Every == 0 {
		return err
	}
	r.held, err = r.heldOut(held)
	return err
}

// heldOut returns the examples to evaluate on.
func (r *run) heldOut(held []data.Corpus) ([]objective.Example, error) {
	n := r.Eval.Batches * r.Batch.Examples
	if r.answered() {
		return r.heldTasks(held, n)
	}
	all := data.Join(held...)
	if all.Before(all.Len()) == 0 {
		return nil, nil
	}
	if r.task.Sampler != nil {
		s, err := r.task.Sampler.Samples(all, r.Batch.Length, heldSeed)
		if err != nil {
			return nil, err
		}
		return take(s, n)
	}
	rows, err := r.rows(all, true)
	if err != nil {
		return nil, err
	}
	return take(data.Take(objective.Examples(data.Shuffled(rows, heldSeed), r.task.Maker, heldSeed), rows.Len()), n)
}

// mixture returns examples of all corpora: of one after another, shuffled, or at the
// rates that the recipe says.
func (r *run) mixture(learn []data.Corpus) (data.Stream[objective.Example], error) {
	rates, err := r.rates(learn)
	if err != nil {
		return nil, err
	}
	if rates == nil {
		learn = []data.Corpus{data.Join(learn...)}
	}
	streams := make([]data.Stream[data.Row], len(learn))
	for i, c := range learn {
		rows, err := r.rows(c, false)
		if err != nil {
			return nil, r.located(&keyError{key: under("data.sources", fmt.Sprint(i)), why: err.Error()})
		}
		streams[i] = data.Shuffled(rows, mix(r.Seed, uint64(i)))
	}
	in := streams[0]
	if rates != nil {
		if in, err = data.Mix(streams, rates, r.Seed); err != nil {
			return nil, err
		}
	}
	return objective.Examples(in, r.task.Maker, r.Seed), nil
}

// rates returns how often each source is read; nil: as often as it is large. Sizes are
// in tokens.
func (r *run) rates(learn []data.Corpus) ([]float64, error) {
	if r.Data.Exponent != nil {
		sizes := make([]float64, len(learn))
		for i, c := range learn {
			sizes[i] = float64(c.Before(c.Len()))
		}
		return r.ratesOf(sizes)
	}
	if r.Data.Sources[0].Weight == 0 {
		return nil, nil
	}
	return r.sourceWeights(), nil
}

// ratesOf returns how often sources of those sizes are read by data.exponent.
func (r *run) ratesOf(sizes []float64) ([]float64, error) {
	rates, err := data.Rates(sizes, *r.Data.Exponent, r.Data.Limit)
	if err != nil {
		err = r.located(&keyError{key: "data.exponent", why: err.Error()})
	}
	return rates, err
}

// sourceWeights returns the weights of the sources.
func (r *run) sourceWeights() (weights []float64) {
	for _, s := range r.Data.Sources {
		weights = append(weights, s.Weight)
	}
	return weights
}

// close gives the files back that the run reads.
func (r *run) close() error {
	var errs []error
	for _, c := range r.open {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, r.metrics.close(), r.samples.close())...)
}
