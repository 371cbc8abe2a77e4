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
	"github.com/nlp-zoo/zoo/tokenizer"
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
		docs, err := s.Documents()
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
	coder := data.Coder{
		Append: func(dst []int32, text string) []int32 {
			return r.tok.AppendEncode(dst, text, tokenizer.Bare, tokenizer.Literal)
		},
		Vocab: r.tok.VocabSize(), Digest: digestOf(r.beside), Threads: parallel.Threads(),
	}
	dir := r.Data.Cache
	if dir == "" {
		dir = filepath.Join(r.dir, tokensName)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("train: data: %w", err)
	}
	for _, s := range sources {
		c, _, err := s.Cached(dir, coder)
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

// divided returns the corpora to learn from, and all that is held out as one; nil
// if nothing is.
func (r *run) divided() (learn []data.Corpus, held data.Corpus, err error) {
	if learn, err = r.corpora(r.Data.Sources); err != nil {
		return nil, nil, err
	}
	var out []data.Corpus
	if len(r.Data.Eval) > 0 {
		if out, err = r.corpora(r.Data.Eval); err != nil {
			return nil, nil, err
		}
	} else if r.Data.HeldOut > 0 {
		for i, s := range r.Data.Sources {
			var part data.Corpus
			if s.long() { // and few
				learn[i], part = data.HoldOutEnd(learn[i], r.Data.HeldOut)
			} else {
				learn[i], part = data.HoldOut(learn[i], r.Data.HeldOut, heldSeed)
			}
			out = append(out, part)
		}
	}
	if len(out) == 0 {
		return learn, nil, nil
	}
	if held = data.Join(out...); held.Before(held.Len()) == 0 {
		held = nil
	}
	return learn, held, nil
}

// openExamples makes the stream of examples to learn from, and those that are held
// out.
func (r *run) openExamples() error {
	learn, out, err := r.divided()
	if err != nil {
		return err
	}
	if r.task.Sampler != nil {
		r.in, err = r.task.Sampler.Samples(data.Join(learn...), r.Batch.Length, r.Seed)
	} else {
		r.in, err = r.mixture(learn)
	}
	if err != nil || out == nil || r.Eval.Every == 0 {
		return err
	}
	var held data.Stream[objective.Example]
	if r.task.Sampler != nil {
		held, err = r.task.Sampler.Samples(out, r.Batch.Length, heldSeed)
	} else {
		var rows data.List[data.Row]
		if rows, err = r.rows(out, true); err == nil {
			held = data.Take(objective.Examples(data.Shuffled(rows, heldSeed), r.task.Maker, heldSeed), rows.Len())
		}
	}
	if err == nil {
		r.held, err = take(held, r.Eval.Batches*r.Batch.Examples)
	}
	return err
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

// rates returns how often each source is read; nil: as often as it is large.
func (r *run) rates(learn []data.Corpus) ([]float64, error) {
	if e := r.Data.Exponent; e != nil {
		sizes := make([]float64, len(learn))
		for i, c := range learn {
			sizes[i] = float64(c.Before(c.Len()))
		}
		rates, err := data.Rates(sizes, *e, r.Data.Limit)
		if err != nil {
			err = r.located(&keyError{key: "data.exponent", why: err.Error()})
		}
		return rates, err
	}
	if r.Data.Sources[0].Weight == 0 {
		return nil, nil
	}
	var weights []float64
	for _, s := range r.Data.Sources {
		weights = append(weights, s.Weight)
	}
	return weights, nil
}

// close gives the files back that the run reads.
func (r *run) close() error {
	var errs []error
	for _, c := range r.open {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, r.metrics.close(), r.samples.close())...)
}
