package chat

import (
	"slices"
	"strings"
)

// A callForm is how a family of templates writes calls.
type callForm struct {
	signs     []string // all stand in such a template
	open, end string   // what begins and ends calls; no end: they end the answer
	inner     []string // further marks

	bare       bool // a call is the whole answer, with or without open before it
	recipients bool // functionary's lines that say whom something is for

	// read returns the calls in what stands between open and end: nil if it is none.
	read func(body string, tools toolSet) []ToolCall
	// write gives what a model is held to as GBNF: a call of t, with marks as m has them.
	write func(t tool, m marker) string
}

func (c *callForm) signed(source string) bool {
	return !slices.ContainsFunc(c.signs, func(s string) bool { return !strings.Contains(source, s) })
}

func (c *callForm) marks() []string {
	all := slices.Clone(c.inner)
	for _, m := range []string{c.open, c.end} {
		if strings.HasPrefix(m, "<") || strings.HasPrefix(m, "[") {
			all = append(all, m)
		}
	}
	return all
}

// callForms in the order in which templates are tried: the telling ones first.
var callForms = []*callForm{
	{signs: []string{"<|tool_calls_section_begin|>"}, open: "<|tool_calls_section_begin|>", end: "<|tool_calls_section_end|>",
		inner: []string{"<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"}, read: readKimi, write: writeKimi},
	{signs: []string{"<｜tool▁calls▁begin｜>", "```json"}, open: "<｜tool▁calls▁begin｜>", end: "<｜tool▁calls▁end｜>",
		inner: []string{"<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"}, read: readDeepSeek, write: writeDeepSeekFenced},
	{signs: []string{"<｜tool▁calls▁begin｜>"}, open: "<｜tool▁calls▁begin｜>", end: "<｜tool▁calls▁end｜>",
		inner: []string{"<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"}, read: readDeepSeek, write: writeDeepSeek},
	{signs: []string{"[TOOL_CALLS]", "[ARGS]"}, open: "[TOOL_CALLS]", inner: []string{"[ARGS]", "[CALL_ID]"}, read: readMistral, write: writeMistral},
	{signs: []string{"[TOOL_CALLS]"}, open: "[TOOL_CALLS]", read: readMistral, write: writeMistralList},
	{signs: []string{"<seed:tool_call>", "<parameter="}, open: "<seed:tool_call>", end: "</seed:tool_call>", read: readTags, write: writeTags("<seed:tool_call>", "</seed:tool_call>")},
	{signs: []string{"<tool_call>", "<parameter="}, open: "<tool_call>", end: "</tool_call>", read: readTags, write: writeTags("<tool_call>", "</tool_call>")},
	{signs: []string{"<arg_key>"}, open: "<tool_call>", end: "</tool_call>", inner: []string{"<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"}, read: readPairs, write: writePairs},
	{signs: []string{"<function="}, open: "<function=", end: "</function>", read: readFunction, write: writeFunction},
	jsonForm("<tool_calls>", "</tool_calls>", "arguments", true),
	jsonForm("<tool_call>", "</tool_call>", "arguments", false),
	jsonForm("<TOOLCALL>", "</TOOLCALL>", "arguments", true),
	{signs: []string{"<|START_ACTION|>"}, open: "<|START_ACTION|>", end: "<|END_ACTION|>", read: readJSON, write: writeCohere},
	jsonForm("<|tool_call|>", "", "arguments", true),
	jsonForm("functools", "", "arguments", true),
	{signs: []string{recipientMark}, recipients: true, read: func(string, toolSet) []ToolCall { return nil }, write: writeRecipient},
}

// bareForm is Llama's, and stands in where a template names none.
var bareForm = &callForm{open: "<|python_tag|>", bare: true, read: readBare, write: writeBare}

// jsonForm is that of a call as an object with its name, or of a list of them.
func jsonForm(open, end, arguments string, list bool) *callForm {
	return &callForm{signs: []string{open}, open: open, end: end, read: readJSON, write: func(t tool, m marker) string {
		call := m.text(`{"name": `+quote(t.Name)+`, "`+arguments+`": `) + t.schema() + m.text("}")
		switch {
		case list:
			call = m.text("[") + call + m.text("]")
		case end != "":
			call = m.text("\n") + call + m.text("\n")
		}
		return m.mark(open) + call + m.mark(end)
	}}
}
