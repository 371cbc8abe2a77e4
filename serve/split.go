package serve

import (
	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
)

// A splitter makes pieces of one text of a reply: in a conversation, what the model
// writes as thoughts and as calls of tools is told apart from what it says.
type splitter struct {
	parser   *chat.ReplyParser // nil: all is content
	choice   int
	thoughts bool // are content
	one      bool // the text ends with its first call
	called   bool // a tool
}

func (re *reply) splitter(choice int) *splitter {
	a := &re.ask
	sp := &splitter{choice: choice, thoughts: a.thoughts, one: a.choice.one}
	tools := a.tools
	if a.choice.mode == "none" {
		tools = nil
	}
	if a.messages != nil {
		sp.parser = re.m.form.Parser(tools, a.text)
	}
	return sp
}

// split returns the pieces that a token makes: one at least, which has the token. The last
// one of a text has how it ended.
func (sp *splitter) split(t *generate.Token) []piece {
	first := piece{choice: sp.choice, token: t}
	if sp.parser == nil {
		first.content, first.finish, first.stop = t.Text, string(t.Finish), t.Stop
		return []piece{first}
	}
	parts := sp.parser.Add(t.Text)
	if t.Finish != generate.FinishNone {
		parts = append(parts, sp.parser.End()...)
	}
	finish := string(t.Finish)
	pieces := []piece{first}
	for i := range parts {
		if sp.one && parts[i].CallIndex > 0 {
			finish = finishStop
			break
		}
		if i > 0 {
			pieces = append(pieces, piece{choice: sp.choice})
		}
		sp.fill(&pieces[len(pieces)-1], &parts[i])
	}
	if finish != "" {
		last := &pieces[len(pieces)-1]
		last.finish, last.stop = finish, t.Stop
		if sp.called && finish == finishStop {
			last.finish = finishCalls
		}
	}
	return pieces
}

// fill gives a piece a part of what is said, thought, or called.
func (sp *splitter) fill(p *piece, part *chat.ReplyPart) {
	p.content, p.reasoning, p.callIndex, p.arguments = part.Content, part.Reasoning, part.CallIndex, part.Arguments
	if sp.thoughts {
		p.content, p.reasoning = p.reasoning+p.content, ""
	}
	if part.Call == nil {
		return
	}
	call := *part.Call
	if call.ID == "" {
		call.ID = newID("call_")
	}
	call.Arguments = nil // they come as arguments
	p.call, sp.called = &call, true
}
