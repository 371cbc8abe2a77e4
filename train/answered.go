package train

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// between stands between an input and its answer until they are tokens.
const between = "\x00"

// answered tells whether a source has texts with their answers.
func (s Source) answered() bool { return s.Input != "" }

// A pattern is text with fields of a record: parts 0, 2, 4 … are text, the others
// names of fields.
type pattern []string

// patternOf reads "text {field} text".
func patternOf(text string) (pattern, error) {
	var p pattern
	for {
		before, rest, open := strings.Cut(text, "{")
		if strings.Contains(before, "}") {
			return nil, errors.New("a brace that was not opened")
		}
		p = append(p, before)
		if !open {
			return p, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, errors.New("a brace that is not closed around the name of a field")
		}
		p, text = append(p, name), after
	}
}

// fields returns the names of the fields.
func (p pattern) fields() (names []string) {
	for i := 1; i < len(p); i += 2 {
		names = append(names, p[i])
	}
	return names
}

// fill puts the values of a record in their places, or the words for them.
func (p pattern) fill(r data.Record, words map[string]any) (string, error) {
	var b strings.Builder
	for i, part := range p {
		if i%2 == 1 {
			value, err := r.Text(part)
			if err != nil {
				return "", err
			}
			if part = value; len(words) > 0 {
				word, ok := words[value]
				if !ok {
					return "", fmt.Errorf("data: %s: %s: %.40q is not one of answers", r.File, p[i], value)
				}
				part = fmt.Sprint(word)
			}
		}
		b.WriteString(strings.ReplaceAll(part, between, "\uFFFD"))
	}
	return b.String(), nil
}

// checkAnswers refuses an input without an answer, and patterns that are none.
func (s Source) checkAnswers(at string) error {
	if (s.Input == "") != (s.Answer == "") || s.Answer == "" && len(s.Answers) > 0 {
		return &keyError{key: at + ".input", why: "must be there with answer, and both with answers"}
	}
	for key, text := range map[string]string{"input": s.Input, "answer": s.Answer} {
		if _, err := patternOf(text); err != nil {
			return &keyError{key: under(at, key), why: err.Error()}
		}
	}
	for value, word := range s.Answers {
		switch word.(type) {
		case map[string]any, []any, nil:
			return &keyError{key: under(at, "answers"), why: fmt.Sprintf("the word for %.40q must be text", value)}
		}
	}
	return nil
}

// checkSources refuses answers that the objective has no use for, and texts without
// them that it has none for.
func (r *run) checkSources(key string, sources []Source) error {
	for i, s := range sources {
		at := under(under(key, fmt.Sprint(i)), "input")
		switch {
		case s.answered() && r.task.Answered == nil:
			return r.located(&keyError{key: at, why: "must not be there for " + r.Objective.Name + ", which has no use for answers"})
		case !s.answered() && r.task.Maker == nil && r.task.Sampler == nil:
			return r.located(&keyError{key: at, why: "must be there for " + r.Objective.Name + ": texts need answers"})
		}
	}
	return nil
}

// answered tells whether a source of the run has answers.
func (r *run) answered() bool {
	return slices.ContainsFunc(slices.Concat(r.Data.Sources, r.Data.Eval), Source.answered)
}

// documents returns the texts of a source; inputs and answers with between between
// them.
func (s Source) documents(between string) (data.Stream[data.Document], error) {
	if !s.answered() {
		return s.Documents()
	}
	input, err := patternOf(s.Input)
	if err != nil {
		return nil, err
	}
	answer, err := patternOf(s.Answer)
	if err != nil {
		return nil, err
	}
	fields := slices.Compact(slices.Sorted(slices.Values(append(input.fields(), answer.fields()...))))
	records, err := s.Records(fields...)
	if err != nil {
		return nil, err
	}
	return data.Map(records, func(rec data.Record) (data.Document, error) {
		in, err := input.fill(rec, nil)
		if err != nil {
			return data.Document{}, err
		}
		out, err := answer.fill(rec, s.Answers)
		return data.Document{Text: in + between + out, Line: rec.Line}, err
	}), nil
}

// tokens opens the tokens of a source in dir, which coder describes, or makes them.
func (s Source) tokens(dir string, coder data.Coder, tok *tokenizer.Tokenizer) (*data.Cache, error) {
	coder.Append = func(dst []int32, text string) []int32 {
		return tok.AppendEncode(dst, text, tokenizer.Bare, tokenizer.Literal)
	}
	if !s.answered() {
		c, _, err := s.Cached(dir, coder)
		return c, err
	}
	end := objective.VocabOf(tok).End
	plain := coder.Append
	coder.Append = func(dst []int32, text string) []int32 {
		input, answer, _ := strings.Cut(text, between)
		return plain(append(plain(dst, input), end), answer)
	}
	digest, err := s.Digest()
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%x %q %q", digest, s.Input, s.Answer)
	for _, value := range slices.Sorted(maps.Keys(s.Answers)) {
		fmt.Fprintf(h, " %q %q", value, fmt.Sprint(s.Answers[value]))
	}
	digest = data.Digest(h.Sum(nil))
	path := filepath.Join(dir, fmt.Sprintf("%x-%x.tokens", coder.Digest[:6], digest[:6]))
	c, _, err := data.Cached(path, digest, func() (data.Stream[data.Document], error) { return s.documents(between) }, coder)
	return c, err
}

// each is a corpus whose documents are rows.
type each struct{ data.Corpus }

// At is part of data.List.
func (e each) At(i int) data.Row { return data.Row{IDs: e.Document(i)} }

// examples returns the rows of a source, and what makes examples of them.
func (r *run) examples(s Source, c data.Corpus, rest bool) (data.List[data.Row], objective.Maker, error) {
	if s.answered() {
		return each{c}, r.task.Answered(r.Batch.Length), nil
	}
	rows, err := r.rows(c, rest)
	return rows, r.task.Maker, err
}

// tasks returns examples of sources of which some have answers, at the rates that the
// recipe says. The size of a source is its number of examples, as in T5.
func (r *run) tasks(learn []data.Corpus) (data.Stream[objective.Example], error) {
	streams, sizes := make([]data.Stream[objective.Example], len(learn)), make([]float64, len(learn))
	for i, c := range learn {
		rows, maker, err := r.examples(r.Data.Sources[i], c, false)
		if err != nil {
			return nil, r.located(&keyError{key: under("data.sources", fmt.Sprint(i)), why: err.Error()})
		}
		sizes[i] = float64(rows.Len())
		streams[i] = objective.Examples(data.Shuffled(rows, mix(r.Seed, uint64(i))), maker, mix(r.Seed, uint64(i), 1))
	}
	rates := sizes
	if r.Data.Exponent != nil {
		var err error
		if rates, err = r.ratesOf(sizes); err != nil {
			return nil, err
		}
	} else if r.Data.Sources[0].Weight > 0 {
		rates = r.sourceWeights()
	}
	return data.Mix(streams, rates, r.Seed)
}

// heldTasks returns up to n examples, as many of each corpus.
func (r *run) heldTasks(held []data.Corpus, n int) (all []objective.Example, err error) {
	sources := r.Data.Eval
	if len(sources) == 0 {
		sources = r.Data.Sources
	}
	for i, c := range held {
		if c.Before(c.Len()) == 0 {
			continue
		}
		rows, maker, err := r.examples(sources[i], c, true)
		if err != nil {
			return nil, err
		}
		some, err := take(data.Take(objective.Examples(data.Shuffled(rows, heldSeed), maker, heldSeed), rows.Len()), max(n/len(held), 1))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
