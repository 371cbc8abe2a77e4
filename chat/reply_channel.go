package chat

import "strings"

// The marks of harmony, the form of gpt-oss: a header says the channel and whom it is
// for, then comes the message.
const (
	startMark   = "<|start|>"
	channelMark = "<|channel|>"
	messageMark = "<|message|>"
	limitMark   = "<|constrain|>"
	endMark     = "<|end|>"
	returnMark  = "<|return|>"
	callMark    = "<|call|>"

	functionMark = "to=functions."
)

var channelCalls = callForm{
	inner: []string{startMark, channelMark, messageMark, limitMark, endMark, returnMark, callMark},
	write: func(t tool, m marker) string {
		return m.mark(channelMark) + m.text("commentary "+functionMark+t.Name+" ") + m.mark(limitMark) + m.text("json") + m.mark(messageMark) + t.schema() + m.mark(callMark)
	},
}

// header is before a message.
func (p *ReplyParser) header() {
	text := strings.TrimLeft(p.held, space)
	if !begins(text, channelMark) && !begins(text, startMark) && !begins(text, functionMark) && !begins(text, messageMark) {
		p.name, p.gap, p.next = "", "", (*ReplyParser).message // no header at all: an answer as it is
		return
	}
	head, rest, ok := strings.Cut(p.held, messageMark)
	if !ok {
		if p.stay = !p.final; p.final {
			p.say(p.held)
			p.held = ""
		}
		return
	}
	to := recipientOf(head)
	if i := strings.LastIndex(head, channelMark); i >= 0 { // what stands before says who speaks
		head = head[i+len(channelMark):]
	}
	p.name, p.gap, p.held = strings.TrimSpace(head), p.held[:len(p.held)-len(rest)], rest
	p.next = (*ReplyParser).message
	if to != "" && p.tools != nil {
		p.name, p.next = to, (*ReplyParser).addressed
	}
}

// recipientOf returns the function that a header is for, which stands before the
// channel or behind it.
func recipientOf(head string) string {
	_, to, ok := strings.Cut(head, functionMark)
	if !ok {
		return ""
	}
	if i := strings.IndexAny(to, space+"<"); i >= 0 {
		to = to[:i]
	}
	return to
}

// begins reports whether text and mark are alike as far as the shorter goes.
func begins(text, mark string) bool {
	return strings.HasPrefix(text, mark) || strings.HasPrefix(mark, text)
}

// message is in what is thought, in the channel analysis, or said.
func (p *ReplyParser) message() {
	text, which := p.upTo(endMark, returnMark, callMark)
	if strings.HasPrefix(p.name, "analysis") {
		if text != "" {
			p.parts = append(p.parts, ReplyPart{Reasoning: text})
		}
	} else {
		p.say(text)
	}
	if which >= 0 {
		p.next = (*ReplyParser).header
	}
}

// addressed is in what a tool is given.
func (p *ReplyParser) addressed() {
	end, mark := -1, ""
	for _, m := range []string{callMark, endMark, returnMark} {
		if i := strings.Index(p.held, m); i >= 0 && (end < 0 || i < end) {
			end, mark = i, m
		}
	}
	if end < 0 {
		if p.stay = !p.final; p.stay {
			return
		}
		end = len(p.held)
	}
	if args := object(p.held[:end]); args != nil {
		p.tell([]ToolCall{{Name: p.name, Arguments: args}})
	} else {
		p.say(p.gap + p.held[:end])
	}
	p.held, p.next = p.held[end+len(mark):], (*ReplyParser).header
}
