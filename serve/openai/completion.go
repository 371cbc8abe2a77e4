package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/serve/field"
)

// A CompletionRequest is the body of POST /v1/completions.
type CompletionRequest struct {
	Model         string         `json:"model"`
	Prompt        Inputs         `json:"prompt"`
	Suffix        string         `json:"suffix"`
	MaxTokens     *int           `json:"max_tokens"`
	N             *int           `json:"n"`
	BestOf        *int           `json:"best_of"`
	Echo          bool           `json:"echo"`
	LogProbs      *int           `json:"logprobs"`
	Stream        bool           `json:"stream"`
	StreamOptions *StreamOptions `json:"stream_options"`
	Format        *Format        `json:"response_format"` // as vLLM has it

	Sampling
	Constrained
}

// maxPrompts is how many prompts a request may have.
const maxPrompts = 256

// Check refuses what does not go together, and what is not served.
func (q *CompletionRequest) Check() error {
	if err := field.Check(q); err != nil {
		return err
	}
	for _, err := range []error{
		field.Within("logprobs", q.LogProbs, 0, maxTopLogProbs), field.Within("n", q.N, 1, 1<<20), field.Within("best_of", q.BestOf, 0, 1<<20),
	} {
		if err != nil {
			return err
		}
	}
	_, none, err := q.Tokens()
	if err != nil {
		return err
	}
	best, n := 0, 1
	if q.BestOf != nil {
		best = *q.BestOf
	}
	if q.N != nil {
		n = *q.N
	}
	switch {
	case len(q.Prompt) > maxPrompts:
		return field.Errorf("prompt", "%d prompts, over %d", len(q.Prompt), maxPrompts)
	case best > n && q.Stream:
		return field.Errorf("best_of", "the best of several cannot be streamed")
	case best > 0 && best < n:
		return field.Errorf("best_of", "%d is less than n, %d", best, n)
	case none && max(best, n) > 1:
		return field.Errorf("n", "with max_tokens 0 there is nothing to choose from")
	case q.Suffix != "" && q.Echo:
		return field.Errorf("echo", "it does not go with suffix")
	}
	for _, p := range q.Prompt {
		if q.Suffix != "" && p.IDs != nil {
			return field.Errorf("prompt", "with suffix it must be text")
		}
	}
	return nil
}

// defaultTokens is what the API makes of a prompt where it does not say.
const defaultTokens = 16

// Tokens returns how many tokens may be made, 0 for as many as there is room for, and
// whether none are to be made at all: the prompt is scored.
func (q *CompletionRequest) Tokens() (n int, none bool, err error) {
	if q.MaxTokens == nil {
		return defaultTokens, false, nil
	}
	if *q.MaxTokens == 0 {
		if !q.Echo {
			return 0, false, field.Errorf("max_tokens", "0 needs echo")
		}
		return 0, true, nil
	}
	n, err = atMost("max_tokens", q.MaxTokens)
	return n, false, err
}

// An Input is a text, or the tokens of one.
type Input struct {
	Text string
	IDs  []int32 // nil: Text
}

// Inputs are one input or several: a text, an array of texts, an array of ids, or an
// array of such arrays.
type Inputs []Input

// UnmarshalJSON reads any of the forms, or null, which is none.
func (in *Inputs) UnmarshalJSON(v []byte) error {
	*in = nil
	switch field.Kind(v) {
	case "null":
		return nil
	case "string":
		*in = make(Inputs, 1)
		return json.Unmarshal(v, &(*in)[0].Text)
	case "array":
	default:
		return field.Mistyped[string](v)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(v, &all); err != nil {
		return err
	}
	if len(all) > 0 && field.Kind(all[0]) == "number" {
		*in = make(Inputs, 1)
		return json.Unmarshal(v, &(*in)[0].IDs)
	}
	*in = make(Inputs, len(all))
	for i, one := range all {
		var err error
		if field.Kind(one) == "array" {
			(*in)[i].IDs = []int32{}
			err = json.Unmarshal(one, &(*in)[i].IDs)
		} else {
			err = json.Unmarshal(one, &(*in)[i].Text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A Completion answers a CompletionRequest, or is a part of the answer.
type Completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []CompletionChoice `json:"choices"`
	Usage   *Usage             `json:"usage,omitempty"`
}

// A CompletionChoice is one of the texts, or a part of it.
type CompletionChoice struct {
	Text         string          `json:"text"`
	Index        int             `json:"index"`
	LogProbs     *LegacyLogProbs `json:"logprobs"`
	FinishReason *string         `json:"finish_reason"` // null before the end
}

// Text returns an answer of texts.
func (h Head) Text(u *Usage, choices ...CompletionChoice) *Completion {
	if choices == nil {
		choices = []CompletionChoice{}
	}
	return &Completion{h.ID, "text_completion", h.Created, h.Model, choices, u}
}

// LegacyLogProbs are the tokens of a text with their log-probabilities, as /v1/completions
// tells of them: lists of the same length.
type LegacyLogProbs struct {
	Tokens     []string         `json:"tokens"`
	LogProbs   []*Log           `json:"token_logprobs"` // null for the first of all, which nothing predicts
	Top        []map[string]Log `json:"top_logprobs"`
	TextOffset []int            `json:"text_offset"` // of each token, in characters of prompt and text

	offset int
}

// NewLegacyLogProbs returns no tokens yet; the first stands offset characters behind the
// begin of the prompt.
func NewLegacyLogProbs(offset int) *LegacyLogProbs {
	return &LegacyLogProbs{Tokens: []string{}, LogProbs: []*Log{}, Top: []map[string]Log{}, TextOffset: []int{}, offset: offset}
}

// Add adds a token of those bytes. first is the first token of a prompt; width is how many
// characters of the text the token is.
func (l *LegacyLogProbs) Add(spelling []byte, logProb float64, top []Likely, first bool, width int) {
	l.Tokens = append(l.Tokens, legacyToken(spelling))
	l.TextOffset = append(l.TextOffset, l.offset)
	l.offset += width
	if first {
		l.LogProbs, l.Top = append(l.LogProbs, nil), append(l.Top, nil)
		return
	}
	p := Log(logProb)
	l.LogProbs = append(l.LogProbs, &p)
	likely := make(map[string]Log, len(top))
	for _, t := range top {
		b := make([]byte, len(t.Bytes))
		for i, c := range t.Bytes {
			b[i] = byte(c)
		}
		if name := legacyToken(b); likely[name] == 0 || likely[name] < t.LogProb {
			likely[name] = t.LogProb
		}
	}
	l.Top = append(l.Top, likely)
}

// Clone returns a list that l is not part of.
func (l *LegacyLogProbs) Clone() *LegacyLogProbs {
	return &LegacyLogProbs{slices.Clone(l.Tokens), slices.Clone(l.LogProbs), slices.Clone(l.Top), slices.Clone(l.TextOffset), l.offset}
}

// Next returns a list that goes on where l ends, for the next part of a stream.
func (l *LegacyLogProbs) Next() *LegacyLogProbs { return NewLegacyLogProbs(l.offset) }

// legacyToken writes a token that is not whole characters as the API does.
func legacyToken(spelling []byte) string {
	if utf8.Valid(spelling) {
		return string(spelling)
	}
	var b strings.Builder
	b.WriteString("bytes:")
	for _, c := range spelling {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
