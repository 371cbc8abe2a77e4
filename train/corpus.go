package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// filesOf returns the text files at path: itself, or those of a folder, sorted.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("train: data: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(p) == ".txt" {
			files = append(files, p)
		}
		return err
	})
	slices.Sort(files)
	if err == nil && len(files) == 0 {
		err = errors.New("there is no .txt file")
	}
	if err != nil {
		return nil, fmt.Errorf("train: data: %s: %w", path, err)
	}
	return files, nil
}

// windows is a stream of texts of the same length, in another order each epoch.
type windows struct {
	ids    []int32
	length int
	seed   uint64
	once   bool

	epoch, index int
	order        []int
}

// tokensOf returns the tokens of all sources, each file closed by an end.
func tokensOf(tok *tokenizer.Tokenizer, sources []Source) ([]int32, error) {
	docs, err := documentsOf(tok, sources)
	if err != nil {
		return nil, err
	}
	var ids []int32
	for _, d := range docs {
		ids = append(ids, d...)
		if eos, ok := tok.EOS(); ok {
			ids = append(ids, eos)
		}
	}
	return ids, nil
}

func (w *windows) count() int { return len(w.ids) / w.length }

func (w *windows) shuffle() {
	w.order = nn.Rand(w.seed + uint64(w.epoch)*0x9E3779B97F4A7C15).Perm(w.count())
}

// Next returns the next text.
func (w *windows) Next() (objective.Text, error) {
	if w.order == nil {
		w.shuffle()
	}
	if w.index == len(w.order) {
		w.epoch, w.index = w.epoch+1, 0
		w.shuffle()
	}
	i := w.order[w.index] * w.length
	w.index++
	return objective.Text{IDs: w.ids[i : i+w.length]}, nil
}

// State returns where the stream stands.
func (w *windows) State() ([]byte, error) { return json.Marshal([2]int{w.epoch, w.index}) }

// Restore goes back to a state.
func (w *windows) Restore(state []byte) error {
	var at [2]int
	if err := json.Unmarshal(state, &at); err != nil {
		return fmt.Errorf("train: data: state: %w", err)
	}
	if at[0] < 0 || at[1] < 0 || at[1] > w.count() {
		return errors.New("train: data: state: it is not of this data")
	}
	w.epoch, w.index = at[0], at[1]
	w.shuffle()
	return nil
}

var _ data.Stream[objective.Text] = (*windows)(nil)

// openData returns the texts to learn from and those to be held against.
func (r *run) openData(tokens int) (in, held data.Stream[objective.Text], err error) {
	ids, err := tokensOf(r.tok, r.Data.Sources)
	if err != nil {
		return nil, nil, err
	}
	var out []int32
	if len(r.Data.Eval) > 0 {
		if out, err = tokensOf(r.tok, r.Data.Eval); err != nil {
			return nil, nil, err
		}
	} else if r.Data.HeldOut > 0 {
		cut := len(ids) - int(float64(len(ids))*r.Data.HeldOut)
		ids, out = ids[:cut], ids[cut:]
	}
	if len(ids) < tokens {
		return nil, nil, r.located(&keyError{key: "data.sources", why: fmt.Sprintf("must have %d tokens at least, not %d", tokens, len(ids))})
	}
	in = &windows{ids: ids, length: tokens, seed: r.Seed}
	if len(out) >= tokens {
		held = &windows{ids: out, length: tokens, seed: r.Seed}
	}
	return in, held, nil
}
