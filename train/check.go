package train

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer/train"
)

// Largest values that a recipe may state: room for any run there has been.
const (
	maxSteps    = 1 << 40
	maxExamples = 1 << 24
	maxLength   = 1 << 24
)

// wrong returns the error of a key that is not what it must be.
func wrong(ok bool, key, must string, got any) error {
	if ok {
		return nil
	}
	return &keyError{key: key, why: fmt.Sprintf("must be %s, not %v", must, got)}
}

func within(key string, v, lo, hi int) error {
	return wrong(v >= lo && v <= hi, key, fmt.Sprintf("within %d to %d", lo, hi), v)
}

func share(key string, v, lo, hi float64) error {
	return wrong(v >= lo && v <= hi && !math.IsNaN(v), key, fmt.Sprintf("within %g to %g", lo, hi), v)
}

func oneOf(key, v string, known ...string) error {
	return wrong(slices.Contains(known, v), key, "one of "+strings.Join(known, ", "), fmt.Sprintf("%.40q", v))
}

// first returns the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// check refuses what no run can have, before anything is read or allocated.
func (r *Recipe) check() error {
	if r.Batch.Micro == 0 {
		r.Batch.Micro = r.Batch.Examples
	}
	return first(
		wrong(validName(r.Name), "name", "a name of letters, digits, - _ and .", fmt.Sprintf("%.40q", r.Name)),
		within("steps", r.Steps, 1, maxSteps),
		within("batch.examples", r.Batch.Examples, 1, maxExamples),
		within("batch.micro", r.Batch.Micro, 1, r.Batch.Examples),
		within("batch.length", r.Batch.Length, 2, maxLength),
		within("eval.every", r.Eval.Every, 0, maxSteps),
		within("eval.batches", r.Eval.Batches, 1, maxSteps),
		within("save.every", r.Save.Every, 0, maxSteps),
		within("save.keep", r.Save.Keep, 0, 1<<16),
		within("log.every", r.Log.Every, 1, maxSteps),
		within("sample.tokens", r.Sample.Tokens, 0, maxLength),
		within("threads", r.Threads, 0, 1<<12),
		oneOf("precision", r.Precision, "f32", halfPrecision),
		wrong(r.Precision == "f32" || r.Adapter.IsZero(), "precision", "f32 for the small matrices of an adapter", r.Precision),
		r.checkModel(),
		r.checkRates(),
		r.checkTask(),
	)
}

// validName tells whether a folder may have that name anywhere.
func validName(name string) bool {
	if name == "" || len(name) > 200 || name[0] == '.' {
		return false
	}
	return strings.IndexFunc(name, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.", c))
	}) < 0
}

func (r *Recipe) checkModel() error {
	if r.Model.From == "" {
		if len(r.Model.Config) == 0 {
			return &keyError{key: "model", why: "must have config, the keys of a config.json, or from, a checkpoint"}
		}
		if kind, ok := r.Model.Config["model_type"].(string); !ok || kind == "" {
			return &keyError{key: "model.config.model_type", why: "must name the kind of model: llama, gpt2, bert, t5 …"}
		}
	}
	t := r.Tokenizer
	if t.Path != "" && t.Train != nil {
		return &keyError{key: "tokenizer", why: "must have path or train, not both"}
	}
	if t.Train != nil {
		if _, err := train.Preset(t.Train.Preset); err != nil {
			return &keyError{key: "tokenizer.train.preset", why: "must be one of " + strings.Join(train.Presets(), ", ")}
		}
		return first(
			within("tokenizer.train.size", t.Train.Size, 1, 1<<24),
			within("tokenizer.train.sentinels", t.Train.Sentinels, 0, 1<<16),
		)
	}
	if t.Path == "" && r.Model.From == "" {
		return &keyError{key: "tokenizer", why: "must have path, a tokenizer, or train, to learn one"}
	}
	return nil
}

func (r *Recipe) checkData() error {
	if len(r.Data.Sources) == 0 {
		return &keyError{key: "data.sources", why: "must have at least one"}
	}
	check := func(key string, all []Source) error {
		for i, s := range all {
			at := fmt.Sprintf("%s.%d", key, i)
			err := first(
				wrong(s.Path != "", at+".path", "a file or folder", `""`),
				share(at+".weight", s.Weight, 0, 1e9),
				wrong((s.Weight == 0) == (all[0].Weight == 0), at+".weight", "given for all sources or for none", s.Weight),
				oneOf(at+".unit", cmp.Or(s.Unit, "files"), "files", "paragraphs", "lines"),
				s.checkAnswers(at),
			)
			if err != nil {
				return err
			}
		}
		return nil
	}
	if e := r.Data.Exponent; e != nil {
		if err := share("data.exponent", *e, 0, 10); err != nil {
			return err
		}
	}
	return first(
		share("data.limit", r.Data.Limit, 0, 1e18),
		oneOf("data.packing", cmp.Or(r.Data.Packing, packCut), packCut, packBestFit, packFullSentences, packDocSentences),
		check("data.sources", r.Data.Sources),
		check("data.eval", r.Data.Eval),
		share("data.held_out", r.Data.HeldOut, 0, 0.9),
	)
}

func (r *Recipe) checkRates() (err error) {
	if r.Optimizer.Config, err = r.Optimizer.Check(); err != nil {
		return keyed("optimizer", "optim: ", err)
	}
	return first(
		share("optimizer.lr", r.Optimizer.LR, 0, 1e3),
		share("optimizer.clip", r.Optimizer.Clip, 0, 1e9),
		keyed("schedule", "optim: schedule: ", r.Schedule.Check()),
	)
}

// keyed makes the error of a key of an error of the form "prefix: key: why", where
// the key is one below section.
func keyed(section, prefix string, err error) error {
	if err == nil {
		return nil
	}
	key, why, ok := strings.Cut(strings.TrimPrefix(err.Error(), prefix), ": ")
	if !ok {
		return &keyError{key: section, why: err.Error()}
	}
	return &keyError{key: under(section, key), why: why}
}

var errNoEval = errors.New("there is nothing held out to evaluate on")
