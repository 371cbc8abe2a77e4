package grammar

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// FromRegex returns the grammar of the texts that a regular expression matches from
// their begin to their end. The notation is RE2's, that of Go's regexp; the ends of
// words and of lines inside a text are not supported.
func FromRegex(pattern string) (*Grammar, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	e, err := (&regex{char: func(c charset) expression { return c }}).at(re, atEdge, atEdge)
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	return fromRules([]rule{{"the expression", e}}, 0, "regex", pattern)
}

// regex turns a parsed expression into one of ours.
type regex struct {
	char func(charset) expression // how a character is written
}

// side is what stands at a side of a part of an expression.
type side int

const (
	inside   side = iota // more of the expression: no anchor may stand here
	atEdge               // the edge of the text
	anywhere             // // any text, unless an anchor says that it is the edge
)

var errAnchor = errors.New("^ and $ are supported at the ends of the expression only")

// at returns re with what has to stand beside it.
func (x *regex) at(re *syntax.Regexp, left, right side) (expression, error) {
	parts := []*syntax.Regexp{re}
	switch re.Op {
	case syntax.OpCapture:
		return x.at(re.Sub[0], left, right)
	case syntax.OpAlternate:
		var all choice
		for _, sub := range re.Sub {
			e, err := x.at(sub, left, right)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
		return all, nil
	case syntax.OpConcat:
		parts = re.Sub
	}
	for len(parts) > 0 && parts[0].Op == syntax.OpBeginText {
		if left == inside {
			return nil, errAnchor
		}
		parts, left = parts[1:], atEdge
	}
	for len(parts) > 0 && parts[len(parts)-1].Op == syntax.OpEndText {
		if right == inside {
			return nil, errAnchor
		}
		parts, right = parts[:len(parts)-1], atEdge
	}
	all := sequence{}
	if left == anywhere && (len(parts) == 0 || !holds(parts[0])) {
		all, left = append(all, any0(x.char(anyRune))), inside
	}
	tail := right == anywhere && (len(parts) == 0 || !holds(parts[len(parts)-1]))
	for i, p := range parts {
		l, r := inside, inside
		if i == 0 {
			l = left
		}
		if i == len(parts)-1 {
			r = right
		}
		var e expression
		var err error
		if holds(p) {
			e, err = x.at(p, l, r)
		} else {
			e, err = x.part(p)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	if tail {
		all = append(all, any0(x.char(anyRune)))
	}
	return all, nil
}

// holds reports whether anchors may stand in re and mean the ends of the text.
func holds(re *syntax.Regexp) bool {
	return re.Op == syntax.OpCapture || re.Op == syntax.OpAlternate || re.Op == syntax.OpConcat
}

// part is what re matches between others.
func (x *regex) part(re *syntax.Regexp) (expression, error) {
	switch re.Op {
	case syntax.OpNoMatch:
		return never, nil
	case syntax.OpEmptyMatch:
		return empty, nil
	case syntax.OpLiteral:
		all := sequence{}
		for _, r := range re.Rune {
			c := charset{{r, r}}
			if re.Flags&syntax.FoldCase != 0 {
				for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
					c = append(c, runeRange{f, f})
				}
			}
			all = append(all, x.char(c.normal()))
		}
		return all, nil
	case syntax.OpCharClass:
		var c charset
		for i := 0; i < len(re.Rune); i += 2 {
			c = append(c, runeRange{re.Rune[i], min(re.Rune[i+1], utf8.MaxRune)})
		}
		return x.char(c.normal()), nil
	case syntax.OpAnyCharNotNL:
		return x.char(oneOf("\n").not()), nil
	case syntax.OpAnyChar:
		return x.char(anyRune), nil
	case syntax.OpCapture, syntax.OpAlternate, syntax.OpConcat:
		return x.at(re, inside, inside)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		e, err := x.at(re.Sub[0], inside, inside)
		if err != nil {
			return nil, err
		}
		switch re.Op {
		case syntax.OpStar:
			return any0(e), nil
		case syntax.OpPlus:
			return any1(e), nil
		case syntax.OpQuest:
			return optional(e), nil
		}
		return repeat{e, re.Min, re.Max}, nil
	case syntax.OpBeginText, syntax.OpEndText:
		return nil, errAnchor
	}
	return nil, fmt.Errorf("%s is not supported", re)
}
