package tune

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/nn"
)

// Files are the records of a task, as a recipe names them: files, or patterns of
// files as shells have them.
type Files struct {
	Train []string `yaml:"train"`
	Eval  []string `yaml:"eval,omitempty"`
	// HeldOut is the share of the records that is held out where there is no Eval.
	HeldOut float64 `yaml:"held_out"`
	Limit   int     `yaml:"limit"` // most records to train on; 0: all
}

// Check refuses what names no file.
func (f *Files) Check() error {
	switch {
	case len(f.Train) == 0:
		return errors.New("train: must name a file")
	case !(f.HeldOut >= 0 && f.HeldOut < 1):
		return fmt.Errorf("held_out: must be within 0 and 1, not %v", f.HeldOut)
	case f.Limit < 0:
		return fmt.Errorf("limit: must not be negative, but is %d", f.Limit)
	}
	return nil
}

// maxFile bounds a file of records: they are held in memory.
const maxFile = 1 << 30

// gather reads the records to train on and those to be held against.
func gather[R any](f *Files, read func(path string, text []byte) ([]R, error)) (train, eval []R, err error) {
	if train, err = readAll(f.Train, read); err != nil {
		return nil, nil, err
	}
	if len(f.Eval) > 0 {
		if eval, err = readAll(f.Eval, read); err != nil {
			return nil, nil, err
		}
	} else if n := int(float64(len(train)) * f.HeldOut); n > 0 {
		var rest []R
		for i, at := range nn.Rand(0).Perm(len(train)) {
			if i < n {
				eval = append(eval, train[at])
			} else {
				rest = append(rest, train[at])
			}
		}
		train = rest
	}
	if f.Limit > 0 && f.Limit < len(train) {
		var some []R
		for _, at := range nn.Rand(1).Perm(len(train))[:f.Limit] {
			some = append(some, train[at])
		}
		train = some
	}
	return train, eval, nil
}

func readAll[R any](patterns []string, read func(path string, text []byte) ([]R, error)) (all []R, err error) {
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			return nil, errors.Join(fmt.Errorf("%s: there is no such file", pattern), err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				return nil, err
			}
			if info.Size() > maxFile {
				return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFile)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			records, err := read(path, text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			all = append(all, records...)
		}
	}
	return all, nil
}

// A record is a row of a table: columns by name.
type record map[string]any

// text returns a column as text.
func (r record) text(column string) (string, error) {
	switch v := r[column].(type) {
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	case nil:
		return "", fmt.Errorf("a record has no %s", column)
	}
	return "", fmt.Errorf("%s: neither text nor a number", column)
}

// texts returns a column as a list of texts; separated ones where it is one text.
func (r record) texts(column, separator string) ([]string, error) {
	if list, ok := r[column].([]any); ok {
		var all []string
		for _, v := range list {
			text, err := record{column: v}.text(column)
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		}
		return all, nil
	}
	text, err := r.text(column)
	if err != nil || text == "" {
		return nil, err
	}
	if separator == "" {
		return []string{text}, nil
	}
	return strings.Split(text, separator), nil
}

// number returns a column as a number.
func (r record) number(column string) (float64, error) {
	text, err := r.text(column)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("%s: %.40q is no number", column, text)
	}
	return v, nil
}

// readTable reads a table: CSV or TSV with a line of names, JSON lines, or a JSON
// array. A JSON object of lists is that of sonos' benchmark of intents: the name of
// each list is the label of the texts in it.
func readTable(path string, text []byte) ([]record, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return readCSV(text, ',')
	case ".tsv":
		return readCSV(text, '\t')
	case ".jsonl":
		return readLines(text)
	case ".json":
		if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
			return readIntents(text)
		}
		var all []record
		return all, json.Unmarshal(text, &all)
	}
	return nil, errors.New("not one of .csv, .tsv, .jsonl, .json")
}

func readCSV(text []byte, comma rune) ([]record, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.LazyQuotes = comma, comma == '\t'
	lines, err := r.ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	var all []record
	for _, line := range lines[1:] {
		rec := record{}
		for i, name := range lines[0] {
			rec[name] = line[i]
		}
		all = append(all, rec)
	}
	return all, nil
}

func readLines(text []byte) (all []record, err error) {
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, maxFile)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		rec := record{}
		if err := json.Unmarshal(s.Bytes(), &rec); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, rec)
	}
	return all, s.Err()
}

func readIntents(text []byte) (all []record, err error) {
	var lists map[string][]struct {
		Data []struct{ Text string }
	}
	if err := json.Unmarshal(text, &lists); err != nil {
		return nil, err
	}
	for label, list := range lists {
		for _, r := range list {
			var b strings.Builder
			for _, part := range r.Data {
				b.WriteString(part.Text)
			}
			all = append(all, record{"text": b.String(), "label": label})
		}
	}
	slices.SortStableFunc(all, func(a, b record) int { return strings.Compare(a["label"].(string), b["label"].(string)) })
	return all, nil
}

// A sentence is words with their tags.
type sentence struct{ words, tags []string }

// readTagged reads files of a word a line, its columns between tabs or spaces, empty
// lines between sentences, and comments after #. Of a file whose first columns count
// the words (CoNLL-U and its like) the next two are word and tag, else the first and
// the last.
func readTagged(_ string, text []byte) (all []sentence, err error) {
	var s sentence
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimRight(line, "\r")
		if strings.TrimSpace(line) == "" {
			if len(s.words) > 0 {
				all, s = append(all, s), sentence{}
			}
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) == 1 {
			columns = strings.Fields(line)
		}
		if strings.HasPrefix(line, "# ") && len(columns) != 2 {
			continue
		}
		word, tag := columns[0], columns[len(columns)-1]
		if _, err := strconv.Atoi(word); err == nil && len(columns) > 3 {
			word, tag = columns[1], columns[2]
		}
		if len(columns) < 2 || word == "" {
			return nil, fmt.Errorf("line %d: there is no word with a tag", n+1)
		}
		tag, _, _ = strings.Cut(tag, ",") // of several the first
		s.words, s.tags = append(s.words, word), append(s.tags, tag)
	}
	if len(s.words) > 0 {
		all = append(all, s)
	}
	return all, nil
}

// A question is asked of a context, of which the answers are parts.
type question struct {
	id, text, context string
	answers           []answer
}

type answer struct {
	Text  string
	Start int `json:"answer_start"` // in code points
}

// readSQuAD reads the JSON of SQuAD 1.1 and 2.0.
func readSQuAD(_ string, text []byte) (all []question, err error) {
	var file struct {
		Data []struct {
			Paragraphs []struct {
				Context string
				QAs     []struct {
					ID, Question string
					Answers      []answer
					Impossible   bool `json:"is_impossible"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	for _, d := range file.Data {
		for _, p := range d.Paragraphs {
			for _, q := range p.QAs {
				x := question{q.ID, q.Question, p.Context, q.Answers}
				if q.Impossible {
					x.answers = nil
				}
				all = append(all, x)
			}
		}
	}
	return all, nil
}
