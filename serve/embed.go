package serve

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve/tei"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A vectorAsk is what any dialect asks of a model that gives vectors of texts.
type vectorAsk struct {
	texts   []string
	rows    [][]int32 // or their tokens, special ones included
	options task.EmbedOptions

	cut  bool // what is too long loses its end; else it is an error
	left bool // or its beginning
}

// vectors returns a vector for each text, and how many tokens they have together.
func (s *Server) vectors(ctx context.Context, m *resident, a vectorAsk) (vectors [][]float32, tokens int, err error) {
	if _, ok := m.Net.(model.Encoder); !ok {
		return nil, 0, &Error{Status: http.StatusBadRequest, Code: "model_cannot_embed", Param: "model", Message: fmt.Sprintf("%s gives no vectors of texts", m.Name)}
	}
	rows := a.rows
	if rows == nil {
		if rows, err = encodeRows(m, a.texts, a.cut, a.left); err != nil {
			return nil, 0, err
		}
	}
	for i, row := range rows {
		if err := checkRow(m, i, row); err != nil {
			return nil, 0, err
		}
		tokens += len(row)
	}
	requestOf(ctx).prompt = tokens
	vectors, err = m.gather.EmbedRows(ctx, rows, a.options)
	return vectors, tokens, err
}

// checkRow refuses tokens that a model does not know, none, and more than it reads.
func checkRow(m *resident, i int, row []int32) error {
	switch vocab := m.Info.Vocab; {
	case len(row) == 0:
		return invalid("input", "number %d is empty", i)
	case len(row) > m.room:
		return &Error{Status: http.StatusBadRequest, Code: "context_length_exceeded", Param: "input",
			Message: fmt.Sprintf("number %d has %d tokens, and %s reads %d", i, len(row), m.Name, m.room)}
	case vocab > 0:
		if err := model.CheckIDs(vocab, row); err != nil {
			return &Error{Status: http.StatusBadRequest, Param: "input", Message: fmt.Sprintf("number %d: %v", i, err), cause: err}
		}
	}
	return nil
}

// encodeRows returns the tokens of each text, cut to what the model reads where that is
// asked for.
func encodeRows(m *resident, texts []string, cut, left bool) ([][]int32, error) {
	if m.Tokenizer == nil {
		return nil, invalid("model", "%s has no tokenizer", m.Name)
	}
	rows := make([][]int32, len(texts))
	for i, text := range texts {
		if rows[i] = m.Tokenizer.Encode(text); !cut || len(rows[i]) <= m.room {
			continue
		}
		windows, err := m.Tokenizer.EncodeWindows([]string{text}, tokenizer.Truncation{Length: m.room, Left: left})
		if err != nil {
			return nil, &Error{Status: http.StatusBadRequest, Param: "input", Message: fmt.Sprintf("number %d cannot be cut: %v", i, err), cause: err}
		}
		rows[i] = windows[0].IDs
	}
	return rows, nil
}

// shorten returns the first n values of a vector, all of them if n is 0 or it has no
// more, at length 1: what models trained for it (arXiv:2205.13147) are asked for.
func shorten(v []float32, n int) []float32 {
	if n > 0 && n < len(v) {
		v = v[:n]
	}
	return task.Normalize(v)
}

// encoderName returns name, or where it is "" that of the model that gives vectors of
// texts: for clients that know of one model only and cannot name it.
func (s *Server) encoderName(name string) string {
	return s.reader(name, func(model.Info) bool { return true })
}

// classifierName is encoderName of a model that classifies texts into as many classes
// at most, or else of any that gives vectors.
func (s *Server) classifierName(name string, classes int) string {
	if found := s.reader(name, func(i model.Info) bool { return tei.Classifies(i) && len(tei.Labels(i.Config)) <= classes }); found != "" {
		return found
	}
	return s.encoderName(name)
}

// reader returns name, or where it is "" that of the default model if it reads texts
// and writes none, and is wanted; or else the first that is so; or "".
func (s *Server) reader(name string, wanted func(model.Info) bool) string {
	if name != "" {
		return name
	}
	first := ""
	for _, l := range s.list() {
		if !slices.Contains(l.Info.Tasks, "embed") || slices.Contains(l.Info.Tasks, "generate") || !wanted(l.Info) {
			continue
		}
		if first == "" || l.Name == s.o.Default {
			first = l.Name
		}
	}
	return first
}

// cutTexts returns the texts of one sequence without what is too long for a model.
func cutTexts(m *resident, texts []string, left bool) ([]string, error) {
	if m.Tokenizer == nil {
		return texts, nil // told by what reads them
	}
	windows, err := m.Tokenizer.EncodeWindows(texts, tokenizer.Truncation{Length: m.room, Left: left})
	if err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Message: "the texts cannot be cut: " + err.Error(), cause: err}
	}
	if len(windows) == 1 {
		return texts, nil
	}
	cut, first := make([]string, len(texts)), windows[0]
	for k, text := range texts {
		begin, end := len(text), 0
		for i, of := range first.Text {
			if int(of) == k {
				begin, end = min(begin, first.Offsets[i].Start), max(end, first.Offsets[i].End)
			}
		}
		if begin < end {
			cut[k] = text[begin:end]
		}
	}
	return cut, nil
}
