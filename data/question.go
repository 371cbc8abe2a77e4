package data

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Question is about a text, and is answered by a part of it.
type Question struct {
	ID, Title string
	Context   string
	Text      string // the question
	// Answers are right answers, of which one will do. None: Context does not tell.
	Answers []Answer
}

// An Answer is a part of a text.
type Answer struct {
	Text  string
	Start int // in bytes, in the context
}

// article is one of SQuAD's articles.
type article struct {
	Title      string `json:"title"`
	Paragraphs []struct {
		Context   string `json:"context"`
		Questions []struct {
			ID         string `json:"id"`
			Question   string `json:"question"`
			Impossible bool   `json:"is_impossible"`
			Answers    []struct {
				Text  string `json:"text"`
				Start int    `json:"answer_start"`
			} `json:"answers"`
		} `json:"qas"`
	} `json:"paragraphs"`
}

// SQuAD reads the JSON of SQuAD 1.1 and 2.0, XQuAD and MLQA: questions of articles.
// Answers must stand where the file says, counted in code points; answers of
// questions that are marked as impossible are left out.
func SQuAD() Format[Question] {
	return func(r io.Reader) func() (Question, error) {
		next := elements(r, "data")
		var waiting []Question
		return func() (Question, error) {
			for len(waiting) == 0 {
				raw, at, err := next()
				if err != nil {
					return Question{}, err
				}
				if waiting, err = questions(raw); err != nil {
					return Question{}, at(fmt.Errorf("the article that ends here: %w", err))
				}
			}
			q := waiting[0]
			waiting = waiting[1:]
			return q, nil
		}
	}
}

// questions returns those of an article.
func questions(raw []byte) (all []Question, err error) {
	var a article
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, err
	}
	for _, p := range a.Paragraphs {
		for _, q := range p.Questions {
			out := Question{ID: q.ID, Title: a.Title, Context: p.Context, Text: q.Question}
			for _, x := range q.Answers {
				start, ok := byteOf(p.Context, x.Start)
				if !ok || !strings.HasPrefix(p.Context[start:], x.Text) {
					return nil, fmt.Errorf("question %s: answer %q does not stand at character %d", q.ID, x.Text, x.Start)
				}
				if !q.Impossible {
					out.Answers = append(out.Answers, Answer{x.Text, start})
				}
			}
			all = append(all, out)
		}
	}
	return all, nil
}

// byteOf returns where code point n of text begins.
func byteOf(text string, n int) (at int, ok bool) {
	if n < 0 {
		return 0, false
	}
	for range n {
		_, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 {
			return 0, false
		}
		at += size
	}
	return at, true
}
