package chat

import "strings"

// start is before anything was said: a thought may begin.
func (p *ReplyParser) start() {
	text, open := strings.TrimLeft(p.held, space), p.form.thought.open
	switch {
	case open != "" && strings.HasPrefix(text, open):
		p.held, p.next = text[len(open):], (*ReplyParser).thinking
	case open != "" && !p.final && strings.HasPrefix(open, text):
		p.stay = true
	default:
		p.next = (*ReplyParser).speaking
	}
}

// thinking is inside of a thought.
func (p *ReplyParser) thinking() {
	if len(p.parts) == 0 && p.first {
		p.held = strings.TrimLeft(p.held, space)
	}
	p.first = false
	text, which := p.upTo(p.form.thought.end)
	if which >= 0 {
		text = strings.TrimRight(text, space)
		p.first, p.next = true, (*ReplyParser).thought
	}
	if text != "" {
		p.parts = append(p.parts, ReplyPart{Reasoning: text})
	}
}

// thought is behind one.
func (p *ReplyParser) thought() {
	p.held = strings.TrimLeft(p.held, space)
	if p.held != "" {
		p.next = (*ReplyParser).speaking
	}
}

// speaking is in content, in which a call may begin.
func (p *ReplyParser) speaking() {
	c := p.form.calls
	if p.tools == nil {
		p.say(p.held)
		p.held = ""
		return
	}
	if c.bare {
		p.bare()
		return
	}
	text, which := p.upTo(c.open)
	if which < 0 {
		p.say(text)
		return
	}
	said := strings.TrimRight(text, space)
	p.say(said)
	p.gap, p.next = text[len(said):], (*ReplyParser).calling
}

// calling is behind what begins a call.
func (p *ReplyParser) calling() {
	c := p.form.calls
	for from := 0; c.end != ""; {
		i := strings.Index(p.held[from:], c.end)
		if i < 0 {
			break
		}
		// A call whose arguments have the end mark in a text ends at a later one.
		at := from + i
		if calls := c.read(p.held[:at], p.tools); calls != nil {
			p.tell(calls)
			p.held, p.next = p.held[at+len(c.end):], (*ReplyParser).called
			return
		}
		from = at + len(c.end)
	}
	if !p.final {
		p.stay = true
		return
	}
	if calls := c.read(p.held, p.tools); calls != nil {
		p.tell(calls)
	} else {
		p.say(p.gap + c.open + p.held)
	}
	p.held = ""
}

// called is behind a call: white space is none of the answer.
func (p *ReplyParser) called() {
	p.held = strings.TrimLeft(p.held, space)
	if p.held != "" {
		p.next = (*ReplyParser).speaking
	}
}

// bare is where a call has no marks: an answer that is an object from its first
// character on is one if it names a tool.
func (p *ReplyParser) bare() {
	text := strings.TrimLeft(p.held, space)
	open := p.form.calls.open
	switch {
	case !p.first || text != "" && text[0] != '{' && !strings.HasPrefix(text, open) && !strings.HasPrefix(open, text):
		p.say(p.held)
		p.held = ""
	case !p.final:
		p.stay = true
	default:
		if calls := p.form.calls.read(strings.TrimPrefix(text, open), p.tools); calls != nil {
			p.tell(calls)
		} else {
			p.say(p.held)
		}
		p.held = ""
	}
}
