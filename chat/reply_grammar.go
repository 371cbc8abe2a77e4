package chat

import (
	"encoding/json"
	"fmt"
	"strings"
)

// CallOptions say which calls an answer is held to.
type CallOptions struct {
	Only    string // the one tool that may be called; "": any of them
	One     bool   // one call alone, not several
	Thought bool   // the prompt ends inside of a thought, which goes on first
	// Special reports whether a mark is a special token of the tokenizer; nil: none is.
	Special func(mark string) bool
}

// CallGrammar returns, in the notation of package grammar (GBNF with schemas and
// special tokens), what holds an answer to calls of tools in this form. An error
// tells that there is no such tool.
func (f *ReplyForm) CallGrammar(tools []json.RawMessage, o CallOptions) (string, error) {
	c := f.calls
	m := marker{o.Special}
	var calls []string
	for _, t := range toolsOf(tools) {
		if o.Only == "" || t.Name == o.Only {
			calls = append(calls, c.write(t, m))
		}
	}
	if len(calls) == 0 {
		return "", fmt.Errorf("chat: tools: none is named %q", o.Only)
	}
	root := "call"
	switch {
	case o.One || c.bare || c.end == "" && c.open != "[TOOL_CALLS]": // one after another is not in the form
	case c.open == "":
	default:
		root += ` ( "\n"? call )*`
	}
	if o.Thought {
		// What is thought has no "<", so that it ends where it says so.
		root = "[^<]* " + m.mark(f.thought.end) + ` "\n"{0,2} ` + root
	}
	return "root ::= " + root + "\ncall ::= " + strings.Join(calls, " | ") + "\n", nil
}

// A marker writes texts and marks as GBNF.
type marker struct{ special func(mark string) bool }

func (m marker) text(s string) string {
	if s == "" {
		return ""
	}
	return " " + quote(s) + " "
}

func (m marker) mark(s string) string {
	switch {
	case s == "" || m.special == nil || !m.special(s):
		return m.text(s)
	case strings.HasPrefix(s, "<"):
		return " " + s + " "
	}
	return " <" + s + "> "
}

// line is the end of a line that some templates of a family write and others do not.
const line = ` "\n"? `

func writeKimi(t tool, m marker) string {
	return m.mark("<|tool_calls_section_begin|>") + m.mark("<|tool_call_begin|>") + m.text("functions."+t.Name+":0") + m.mark("<|tool_call_argument_begin|>") +
		t.schema() + m.mark("<|tool_call_end|>") + m.mark("<|tool_calls_section_end|>")
}

func writeDeepSeek(t tool, m marker) string { return deepSeek(m, t.Name, t.schema()) }

func writeDeepSeekFenced(t tool, m marker) string {
	return deepSeek(m, "function", m.text(t.Name+"\n```json\n")+t.schema()+m.text("\n```"))
}

func deepSeek(m marker, before, after string) string {
	return m.mark("<｜tool▁calls▁begin｜>") + m.mark("<｜tool▁call▁begin｜>") + m.text(before) + m.mark("<｜tool▁sep｜>") + after +
		m.mark("<｜tool▁call▁end｜>") + m.mark("<｜tool▁calls▁end｜>")
}

func writeMistral(t tool, m marker) string {
	return m.mark("[TOOL_CALLS]") + m.text(t.Name) + "(" + m.mark("[CALL_ID]") + "[a-zA-Z0-9]{9})?" + m.mark("[ARGS]") + t.schema()
}

func writeMistralList(t tool, m marker) string {
	return m.mark("[TOOL_CALLS]") + m.text(`[{"name": `+quote(t.Name)+`, "arguments": `) + t.schema() + ` ( ", \"id\": \"" [a-zA-Z0-9]{9} "\"" )? ` + m.text("}]")
}

func writeFunction(t tool, m marker) string {
	return m.text("<function="+t.Name+">") + t.schema() + m.text("</function>")
}

func writeCohere(t tool, m marker) string {
	return m.mark("<|START_ACTION|>") + ` "[" [ \n]{0,6} ` + m.text(`{"tool_call_id": "0", "tool_name": `+quote(t.Name)+`, "parameters": `) + t.schema() + m.text("}") + line + m.text("]") + m.mark("<|END_ACTION|>")
}

func writeRecipient(t tool, m marker) string { return m.text(t.Name+"\n") + t.schema() }

func writeBare(t tool, m marker) string {
	return m.text(`{"name": `+quote(t.Name)+`, "parameters": `) + t.schema() + m.text("}")
}

// writeTags writes each argument between tags of its own, in the order of the schema.
func writeTags(open, end string) func(tool, marker) string {
	return func(t tool, m marker) string {
		var b strings.Builder
		b.WriteString(m.mark(open) + m.text("\n<function="+t.Name+">\n"))
		for _, p := range t.properties() {
			p.write(&b, m.text("<parameter="+p.name+">")+line, line+m.text("</parameter>\n"))
		}
		b.WriteString(m.text("</function>\n") + m.mark(end))
		return b.String()
	}
}

func writePairs(t tool, m marker) string {
	var b strings.Builder
	b.WriteString(m.mark("<tool_call>") + m.text(t.Name) + line)
	for _, p := range t.properties() {
		p.write(&b, m.mark("<arg_key>")+m.text(p.name)+m.mark("</arg_key>")+line+m.mark("<arg_value>"), m.mark("</arg_value>")+line)
	}
	b.WriteString(m.mark("</tool_call>"))
	return b.String()
}

// write writes an argument as it stands between before and after. A text has no "<",
// so that it ends where it says so.
func (p property) write(b *strings.Builder, before, after string) {
	value := "[^<]*"
	if !p.text() {
		value = "%json " + string(p.schema) + " "
	}
	if p.required {
		b.WriteString(before + value + after)
	} else {
		b.WriteString(" ( " + before + value + after + " )? ")
	}
}
