package chat

import (
	"encoding/json"
	"strings"
)

// A ReplyForm is how models of a chat template write what is no plain answer: what
// they think before it, and the tools that they want called.
type ReplyForm struct {
	thought marks
	calls   *callForm
	begin   func(*ReplyParser)
}

// marks stand before and behind something.
type marks struct{ open, end string }

// thoughts are the marks of thoughts, by what templates write.
var thoughts = []marks{{"<think>", "</think>"}, {"[THINK]", "[/THINK]"}, {"<seed:think>", "</seed:think>"}, {"<|START_THINKING|>", "<|END_THINKING|>"}}

// ReplyFormOf finds the form by the source of a template. Where that names none that is
// known, a call is an answer that is an object with the name of a tool and parameters,
// and all else is content.
func ReplyFormOf(source string) *ReplyForm {
	f := &ReplyForm{calls: bareForm, begin: (*ReplyParser).start}
	if strings.Contains(source, channelMark) && strings.Contains(source, messageMark) {
		f.calls, f.begin = &channelCalls, (*ReplyParser).header
		return f
	}
	for _, t := range thoughts {
		if strings.Contains(source, t.open) || strings.Contains(source, t.end) {
			f.thought = t
			break
		}
	}
	for _, c := range callForms {
		if c.signed(source) {
			f.calls = c
			if c.recipients {
				f.begin = (*ReplyParser).recipient
			}
			break
		}
	}
	return f
}

// Marks returns the texts that set apart what is no content. Where a tokenizer has
// them as special tokens, those must be part of the text that is parsed.
func (f *ReplyForm) Marks() []string {
	var all []string
	if f.thought.open != "" {
		all = append(all, f.thought.open, f.thought.end)
	}
	return append(all, f.calls.marks()...)
}

// ThoughtEnd returns the text that ends a thought, or "" where the form has none.
func (f *ReplyForm) ThoughtEnd() string { return f.thought.end }

// Opens reports whether a prompt, as the template writes it, ends inside of a thought.
func (f *ReplyForm) Opens(prompt string) bool {
	return f.thought.open != "" && strings.HasSuffix(strings.TrimRight(prompt, space), f.thought.open)
}

const space = " \t\r\n"

// A ReplyPart is a piece of an answer, in the order it is written.
type ReplyPart struct {
	Content   string // what is said
	Reasoning string // what is thought

	Call      *ToolCall // a call begins: its name, and its id where the form has one; no arguments
	CallIndex int       // the number of the call that Call and Arguments belong to
	Arguments string    // more of its arguments: together they are a JSON object
}

// A ReplyParser takes an answer apart while it is written. What may turn out to be the
// beginning of a call is held back, all else goes out at once; what looks like a call
// and is none is content, and no text is lost but white space at the edges of
// thoughts and calls.
type ReplyParser struct {
	form  *ReplyForm
	tools toolSet

	next  func(*ReplyParser) // what the parser is in
	held  string             // text that has not gone out
	final bool               // nothing follows
	stay  bool               // held must grow before anything can be told
	first bool               // nothing but white space has been said
	gap   string             // white space before a call
	calls int
	name  string // of the header, or of the call that is read
	parts []ReplyPart
}

// Parser returns a parser of one answer. Without tools nothing is a call. prompt is
// what the answer follows: it may end inside of a thought.
func (f *ReplyForm) Parser(tools []json.RawMessage, prompt string) *ReplyParser {
	p := &ReplyParser{form: f, tools: newToolSet(tools), next: f.begin, first: true}
	if f.Opens(prompt) {
		p.next = (*ReplyParser).thinking
	}
	return p
}

// Add takes in more of the answer and returns what it tells.
func (p *ReplyParser) Add(text string) []ReplyPart {
	p.held += text
	return p.run()
}

// End tells that the answer has ended, and returns what was held back.
func (p *ReplyParser) End() []ReplyPart {
	p.final = true
	return p.run()
}

func (p *ReplyParser) run() []ReplyPart {
	p.parts, p.stay = nil, false
	for p.held != "" && !p.stay {
		p.next(p)
	}
	return p.parts
}

// say gives content out.
func (p *ReplyParser) say(text string) {
	if text != "" {
		p.parts = append(p.parts, ReplyPart{Content: text})
		p.first = p.first && strings.Trim(text, space) == ""
	}
}

// tell gives calls out.
func (p *ReplyParser) tell(calls []ToolCall) {
	for _, c := range calls {
		p.parts = append(p.parts, ReplyPart{Call: &ToolCall{ID: c.ID, Name: c.Name}, CallIndex: p.calls, Arguments: string(c.Arguments)})
		p.calls++
	}
}

// upTo takes what is held up to the first of marks, and says which that is: -1 if
// there is none yet, when it takes what cannot belong to one nor is white space
// before one.
func (p *ReplyParser) upTo(all ...string) (text string, which int) {
	at, which := len(p.held), -1
	for i, m := range all {
		if j := strings.Index(p.held, m); j >= 0 && (which < 0 || j < at || j == at && len(m) > len(all[which])) {
			at, which = j, i
		}
	}
	if which >= 0 {
		text, p.held = p.held[:at], p.held[at+len(all[which]):]
		return text, which
	}
	if p.final {
		text, p.held = p.held, ""
		return text, -1
	}
	for _, m := range all {
		at = min(at, len(p.held)-overlap(p.held, m))
	}
	at = len(strings.TrimRight(p.held[:at], space))
	text, p.held, p.stay = p.held[:at], p.held[at:], true
	return text, -1
}

// overlap returns how much of the beginning of mark s ends with.
func overlap(s, mark string) int {
	for n := min(len(s), len(mark)-1); n > 0; n-- {
		if strings.HasSuffix(s, mark[:n]) {
			return n
		}
	}
	return 0
}
