package chat

import "strings"

// recipientMark stands between what is said to one and what to another: functionary's.
const recipientMark = ">>>"

// recipient is at the line that says whom something is for: "all", or a tool.
func (p *ReplyParser) recipient() {
	text := strings.TrimPrefix(strings.TrimLeft(p.held, space), recipientMark)
	to, rest, ok := strings.Cut(text, "\n")
	switch {
	case ok && p.tools != nil && p.tools.has(to):
		p.name, p.gap, p.held, p.next = to, p.held[:len(p.held)-len(rest)], rest, (*ReplyParser).received
	case ok && to == "all":
		p.held, p.next = rest, (*ReplyParser).toAll
	case !ok && !p.final:
		p.stay = true
	default:
		p.next = (*ReplyParser).toAll
	}
}

// toAll is in what is said.
func (p *ReplyParser) toAll() {
	text, which := p.upTo(recipientMark)
	if which >= 0 {
		p.held, p.next = recipientMark+p.held, (*ReplyParser).afterAll
		said := strings.TrimRight(text, space)
		text, p.gap = said, text[len(said):]
	}
	p.say(text)
}

// afterAll is at a recipient's mark that may be none.
func (p *ReplyParser) afterAll() {
	line, _, ok := strings.Cut(p.held[len(recipientMark):], "\n")
	switch {
	case ok && (line == "all" || p.tools.has(line)):
		p.next = (*ReplyParser).recipient
	case ok || p.final:
		p.say(p.gap + recipientMark)
		p.held, p.next = p.held[len(recipientMark):], (*ReplyParser).toAll
	default:
		p.stay = true
	}
}

// received is in what a tool is given.
func (p *ReplyParser) received() {
	end := len(p.held)
	for from := 0; ; {
		i := strings.Index(p.held[from:], recipientMark)
		if i < 0 {
			break
		}
		if object(p.held[:from+i]) != nil {
			end = from + i
			break
		}
		from += i + len(recipientMark)
	}
	if end == len(p.held) && !p.final {
		p.stay = true
		return
	}
	if args := object(p.held[:end]); args != nil {
		p.tell([]ToolCall{{Name: p.name, Arguments: args}})
	} else {
		p.say(p.gap + p.held[:end])
	}
	p.held, p.next = p.held[end:], (*ReplyParser).recipient
}
