package grammar

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// literal reads a text in quotes.
func (p *gbnf) literal() (expression, error) {
	p.at++
	var text []byte
	for {
		if p.at >= len(p.source) {
			return nil, errors.New("a literal does not end")
		}
		if p.eat(`"`) {
			return literal(text), nil
		}
		r, err := p.char()
		if err != nil {
			return nil, err
		}
		text = utf8.AppendRune(text, r)
	}
}

// class reads a set of characters.
func (p *gbnf) class() (expression, error) {
	p.at++
	negated := p.eat("^")
	var set charset
	for !p.eat("]") {
		if p.at >= len(p.source) {
			return nil, errors.New("a set of characters does not end")
		}
		lo, err := p.char()
		if err != nil {
			return nil, err
		}
		hi := lo
		if p.peek() == '-' && p.at+1 < len(p.source) && p.source[p.at+1] != ']' {
			p.at++
			if hi, err = p.char(); err != nil {
				return nil, err
			}
			if hi < lo {
				return nil, fmt.Errorf("%q-%q: the second is smaller", lo, hi)
			}
		}
		set = append(set, runeRange{lo, hi})
	}
	if negated {
		return set.not(), nil
	}
	return set.normal(), nil
}

// char reads a character, which may be written by an escape.
func (p *gbnf) char() (rune, error) {
	if p.peek() != '\\' {
		r, n := utf8.DecodeRuneInString(p.source[p.at:])
		if r == utf8.RuneError && n <= 1 {
			return 0, errors.New("the grammar is not UTF-8")
		}
		p.at += n
		return r, nil
	}
	if p.at+1 >= len(p.source) {
		return 0, errors.New(`a \ ends the grammar`)
	}
	c := p.source[p.at+1]
	p.at += 2
	digits := 0
	switch c {
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case '\\', '"', '[', ']', '-', '^':
		return rune(c), nil
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0, fmt.Errorf("\\%c: no such escape", c)
	}
	if p.at+digits > len(p.source) {
		return 0, fmt.Errorf("\\%c wants %d digits", c, digits)
	}
	n, err := strconv.ParseUint(p.source[p.at:p.at+digits], 16, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, fmt.Errorf("\\%c%s: no character", c, p.source[p.at:p.at+digits])
	}
	p.at += digits
	return rune(n), nil
}
