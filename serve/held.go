package serve

import (
	"net/http"
	"strings"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/grammar"
)

// hold makes of an ask's format and tools what holds each of its texts to them. What is
// no schema, grammar or expression, or one that texts cannot be held to, is refused: a
// text that is not what was asked for is worse than none.
func (a *ask) hold(m *resident) error {
	g, err := a.grammar(m)
	if g == nil || err != nil {
		return err
	}
	if m.vocabulary == nil {
		return invalid("model", "%s has no tokenizer", m.Name)
	}
	if len(a.options.EOS) == 0 {
		return invalid("ignore_eos", "a text that is held to a form must be able to end")
	}
	vocabulary := m.vocabulary()
	a.held = func() *grammar.Matcher { return vocabulary.Matcher(g) }
	return nil
}

// grammar returns what the texts are held to, nil if that is nothing.
func (a *ask) grammar(m *resident) (g *grammar.Grammar, err error) {
	param := a.param
	if param == "" {
		param = "response_format"
	}
	switch {
	case a.choice.mode == "required" && a.format.kind != "":
		return nil, invalid(param, "an answer cannot be of this form and call tools, as tool_choice wants")
	case a.choice.mode == "required":
		if param = "tool_choice"; len(a.tools) == 0 {
			return nil, invalid(param, "there are no tools to choose from")
		}
		var source string
		if source, err = m.form.CallGrammar(a.tools, chat.CallOptions{Only: a.choice.name, One: a.choice.one, Thought: m.form.Opens(a.text), Special: m.special}); err == nil {
			g, err = grammar.FromGBNF(source)
		}
	case a.format.kind == "":
		return nil, nil
	case a.format.kind == "json":
		g = grammar.JSON()
	case a.format.kind == "schema":
		g, err = grammar.FromSchema([]byte(a.format.source))
	case a.format.kind == "gbnf":
		g, err = grammar.FromGBNF(a.format.source)
	case a.format.kind == "regex":
		g, err = grammar.FromRegex(a.format.source)
	default:
		return nil, &Error{Status: http.StatusBadRequest, Code: "not_served", Param: param, Message: "this server holds no texts to that form"}
	}
	if err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Code: "invalid_grammar", Param: param, Message: strings.TrimPrefix(err.Error(), "grammar: "), cause: err}
	}
	return g, nil
}

// unheld tells that a text could not be brought to an end that fits.
func unheld(err error) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "invalid_grammar", Message: "the text cannot be brought to an end that fits: " + err.Error(), cause: err}
}
