package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/grammar"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// An ask is what any dialect asks a model to write: after a conversation, or after a
// text, or after ids.
type ask struct {
	messages []chat.Message // a conversation; nil: prompt, or ids
	prompt   string         // a text to be continued, read as the tokenizer reads texts
	ids      []int32        // or the prompt's tokens
	gap      *task.Gap      // or what stands around a text that is missing

	tools    []json.RawMessage // {"type":"function","function":{…}} each
	choice   toolChoice
	extra    map[string]any // further variables of the template, such as enable_thinking
	prefill  bool           // the last message is the beginning of the answer
	format   format
	param    string                  // the field that asks for the format; "": response_format
	thoughts bool                    // thoughts are part of the content, not apart from it
	text     string                  // the prompt of a conversation, once it is rendered
	held     func() *grammar.Matcher // what holds one text to format and choice; nil: nothing does

	options generate.Options // from resident.options, changed by what the client asks for
	n       int              // texts; 0: one
	best    int              // the n best of that many, which come when all are written; 0: n
}

// toolChoice says whether tools are called.
type toolChoice struct {
	mode string // auto (the zero value too), none, required
	name string // the only tool to be called; the mode is required then
	one  bool   // not more than one call
}

// A format is what a text is held to.
type format struct {
	kind   string // "" (any text), json (an object), schema, gbnf, regex
	source string // the schema, grammar or expression
}

// read returns the prompt's tokens, and refuses what cannot be answered.
func (a *ask) read(ctx context.Context, m *resident) ([]int32, error) {
	if m.engine == nil {
		return nil, &Error{Status: http.StatusBadRequest, Code: "model_cannot_write", Param: "model", Message: fmt.Sprintf("%s writes no text; it can: %s", m.Name, strings.Join(m.Info.Tasks, ", "))}
	}
	ids, err := a.encode(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := a.hold(m); err != nil {
		return nil, err
	}
	if len(ids) >= m.room {
		return nil, promptError(len(ids), m.room)
	}
	vocab := vocabOf(m.Net)
	if err := model.CheckIDs(vocab, ids); err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Message: "the prompt: " + err.Error(), cause: err}
	}
	if err := a.options.Check(vocab); err != nil {
		param, why, _ := strings.Cut(strings.TrimPrefix(err.Error(), "generate: "), ": ")
		return nil, &Error{Status: http.StatusBadRequest, Param: param, Message: why, cause: err}
	}
	return ids, nil
}

func vocabOf(net any) int {
	if v, ok := net.(interface{ Vocab() int }); ok {
		return v.Vocab()
	}
	return 0
}

// encode returns the prompt's tokens.
func (a *ask) encode(ctx context.Context, m *resident) ([]int32, error) {
	switch {
	case a.messages != nil:
		text, err := a.render(ctx, m)
		if err != nil {
			return nil, err
		}
		if a.format.kind != "" && a.choice.mode != "required" && m.form.Opens(text) {
			text += "\n" + m.form.ThoughtEnd() + "\n\n" // what is held to a form is the answer, without a thought
		}
		if a.text = text; m.plain {
			return task.Prompt(m.Model, text)
		}
		return m.Tokenizer.Encode(text, tokenizer.Bare), nil
	case a.ids != nil:
		return a.ids, nil
	case a.gap != nil:
		ids, ends, err := task.Infill(m.Model, *a.gap)
		if err != nil {
			return nil, &Error{Status: http.StatusBadRequest, Param: "suffix", Message: m.Name + " knows no way to fill a gap in a text", cause: err}
		}
		a.options.EOS = append(slices.Clip(a.options.EOS), ends...)
		return ids, nil
	case m.Tokenizer == nil:
		return nil, invalid("prompt", "%s has no tokenizer: give the prompt as ids", m.Name)
	}
	ids, err := task.Prompt(m.Model, a.prompt)
	if err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Param: "prompt", Message: "it is empty, and the model has no token that begins a text", cause: err}
	}
	return ids, nil
}

// render returns the conversation as the model reads it.
func (a *ask) render(ctx context.Context, m *resident) (string, error) {
	if m.Tokenizer == nil {
		return "", invalid("model", "%s has no tokenizer", m.Name)
	}
	if len(a.messages) == 0 {
		return "", invalid("messages", "there are none")
	}
	o := chat.Options{AddGenerationPrompt: !a.prefill, Extra: a.extra, BOS: special(m.Tokenizer, m.Tokenizer.BOS), EOS: special(m.Tokenizer, m.Tokenizer.EOS)}
	if a.choice.mode != "none" {
		o.Tools = a.tools
	}
	messages, last := a.messages, ""
	if a.prefill {
		last, messages = messages[len(messages)-1].Content, messages[:len(messages)-1]
		o.AddGenerationPrompt = true
	}
	text, err := m.template.Render(ctx, messages, o)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", &Error{Status: http.StatusBadRequest, Param: "messages", Message: "the model's template refuses them: " + err.Error(), cause: err}
	}
	return text + last, nil
}

// special returns the text of a special token, or "".
func special(t *tokenizer.Tokenizer, which func() (int32, bool)) string {
	id, ok := which()
	if !ok {
		return ""
	}
	token, _ := t.Token(id)
	return token
}
