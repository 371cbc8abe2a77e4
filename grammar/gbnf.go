package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// FromGBNF reads a grammar in the notation of llama.cpp: rules "name ::= …" of which
// root is the first, with literals, sets of characters, groups, |, *, +, ?, {m,n} and
// comments. <name> and <[number]> are special tokens of the vocabulary. Beyond it,
// %json and a JSON Schema stand for what [FromSchema] makes of the schema.
//
// Rules that may begin with themselves are an error, as are those that are not there
// and such that are too large. Errors name the line.
func FromGBNF(source string) (*Grammar, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("grammar: %d bytes: at most %d are read", len(source), maxSource)
	}
	p := &gbnf{source: source, numbers: map[string]int{}, b: &builder{}}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("grammar: line %d: %w", 1+strings.Count(source[:min(p.at, len(source))], "\n"), err)
	}
	for name, i := range p.numbers {
		if p.b.rules[i].body == nil {
			return nil, fmt.Errorf("grammar: %s: no such rule", name)
		}
	}
	root, ok := p.numbers["root"]
	if !ok {
		return nil, errors.New("grammar: root: no such rule")
	}
	return fromRules(p.b.rules, root, "gbnf", source)
}

// builder gathers rules.
type builder struct{ rules []rule }

func (b *builder) add(name string, body expression) reference {
	b.rules = append(b.rules, rule{name, body})
	return reference(len(b.rules) - 1)
}

// gbnf is a parser by recursive descent.
type gbnf struct {
	source  string
	at      int
	depth   int
	numbers map[string]int
	b       *builder
}

func (p *gbnf) parse() error {
	for {
		p.space(true)
		if p.at >= len(p.source) {
			return nil
		}
		name := p.name()
		if name == "" {
			return p.unexpected("the name of a rule")
		}
		p.space(true)
		if !p.eat("::=") {
			return p.unexpected("::=")
		}
		n := p.rule(name)
		if p.b.rules[n].body != nil {
			return fmt.Errorf("%s: there is such a rule already", name)
		}
		p.space(true)
		body, err := p.alternatives(false)
		if err != nil {
			return err
		}
		p.b.rules[n].body = body
		if p.space(false); p.at < len(p.source) && p.peek() != '\n' && p.peek() != '\r' {
			return p.unexpected("the end of the rule")
		}
	}
}

func (p *gbnf) rule(name string) reference {
	n, ok := p.numbers[name]
	if !ok {
		n = int(p.b.add(name, nil))
		p.numbers[name] = n
	}
	return reference(n)
}

func (p *gbnf) peek() byte {
	if p.at < len(p.source) {
		return p.source[p.at]
	}
	return 0
}

func (p *gbnf) eat(s string) bool {
	if strings.HasPrefix(p.source[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *gbnf) unexpected(want string) error {
	if p.at >= len(p.source) {
		return fmt.Errorf("the grammar ends, not with %s", want)
	}
	rest := p.source[p.at:]
	return fmt.Errorf("%.10q: expected %s", rest[:min(10, len(rest))], want)
}

// space skips white space and comments; ends of lines only where they mean nothing.
func (p *gbnf) space(lines bool) {
	for p.at < len(p.source) {
		switch c := p.source[p.at]; {
		case c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r'):
			p.at++
		case c == '#':
			if i := strings.IndexAny(p.source[p.at:], "\r\n"); i >= 0 {
				p.at += i
			} else {
				p.at = len(p.source)
			}
		default:
			return
		}
	}
}

func (p *gbnf) name() string {
	begin := p.at
	for p.at < len(p.source) && isNameByte(p.source[p.at]) {
		p.at++
	}
	return p.source[begin:p.at]
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func (p *gbnf) alternatives(group bool) (expression, error) {
	var all choice
	for {
		s, err := p.sequence(group)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
		p.space(group)
		if !p.eat("|") {
			break
		}
		p.space(true)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *gbnf) sequence(group bool) (expression, error) {
	s := sequence{}
	for {
		p.space(group)
		e, ok, err := p.term()
		if err != nil {
			return nil, err
		}
		if !ok {
			return s, nil
		}
		for {
			p.space(group)
			r, more, err := p.repetition(e)
			if err != nil {
				return nil, err
			}
			if !more {
				break
			}
			e = r
		}
		s = append(s, e)
	}
}

// term reads what stands between operators, if there is something.
func (p *gbnf) term() (e expression, ok bool, err error) {
	switch c := p.peek(); {
	case c == '"':
		e, err = p.literal()
	case c == '[':
		e, err = p.class()
	case c == '(':
		e, err = p.group()
	case c == '.':
		p.at++
		e = anyRune
	case c == '<':
		e, err = p.token()
	case c == '!':
		err = errors.New("!: tokens that are not one are not supported")
	case c == '%':
		e, err = p.json()
	case isNameByte(c):
		// A name and ::= begin the next rule, in a group that was not closed too.
		begin := p.at
		name := p.name()
		behind := p.at
		p.space(true)
		if p.eat("::=") {
			p.at = begin
			return nil, false, nil
		}
		p.at = behind
		e = p.rule(name)
	default:
		return nil, false, nil
	}
	return e, err == nil, err
}

func (p *gbnf) group() (expression, error) {
	if p.depth++; p.depth > maxNested/4 {
		return nil, fmt.Errorf("groups are nested deeper than %d", maxNested/4)
	}
	p.at++
	e, err := p.alternatives(true)
	if err != nil {
		return nil, err
	}
	if !p.eat(")") {
		return nil, p.unexpected(")")
	}
	p.depth--
	return e, nil
}

func (p *gbnf) token() (expression, error) {
	end := strings.IndexByte(p.source[p.at:], '>')
	// Names such as <|x|> hold no blank, and those like <a>b> are written by number.
	if end < 2 || strings.ContainsAny(p.source[p.at:p.at+end], " \n\t") {
		return nil, p.unexpected("a token as <name> or <[number]>")
	}
	name := p.source[p.at : p.at+end+1]
	p.at += end + 1
	if number, ok := strings.CutPrefix(name, "<["); ok {
		if number, ok = strings.CutSuffix(number, "]>"); ok {
			if n, err := strconv.ParseUint(number, 10, 31); err == nil {
				return literal(specialBegin + "#" + strconv.FormatUint(n, 10) + specialEnd), nil
			}
			return literal(specialBegin + "[" + number + "]" + specialEnd), nil
		}
	}
	return literal(specialBegin + name + specialEnd), nil
}

func (p *gbnf) json() (expression, error) {
	if !p.eat("%json") {
		return nil, p.unexpected("%json and a schema")
	}
	p.space(true)
	d := json.NewDecoder(strings.NewReader(p.source[p.at:]))
	var schema json.RawMessage
	if err := d.Decode(&schema); err != nil {
		return nil, fmt.Errorf("%%json: %w", err)
	}
	p.at += int(d.InputOffset())
	return addSchema(p.b, schema)
}

// repetition reads an operator behind e, if there is one.
func (p *gbnf) repetition(e expression) (expression, bool, error) {
	switch p.peek() {
	case '*':
		e = any0(e)
	case '+':
		e = any1(e)
	case '?':
		e = optional(e)
	case '{':
		p.at++
		lo, hi, err := p.bounds()
		return repeat{e, lo, hi}, true, err
	default:
		return e, false, nil
	}
	p.at++
	return e, true, nil
}

func (p *gbnf) bounds() (lo, hi int, err error) {
	number := func() (int, bool) {
		p.space(true)
		begin := p.at
		for p.peek() >= '0' && p.peek() <= '9' {
			p.at++
		}
		n, err := strconv.Atoi(p.source[begin:p.at])
		p.space(true)
		return n, err == nil && n <= maxStates
	}
	lo, ok := number()
	hi = lo
	if p.peek() == ',' {
		if !ok && p.source[p.at-1] == '{' {
			lo, ok = 0, true
		}
		p.at++
		p.space(true)
		if hi = -1; p.peek() != '}' {
			var fine bool
			hi, fine = number()
			ok = ok && fine
		}
	}
	switch {
	case !ok:
		return 0, 0, fmt.Errorf("a repetition wants numbers of at most %d", maxStates)
	case !p.eat("}"):
		return 0, 0, p.unexpected("}")
	case hi >= 0 && hi < lo:
		return 0, 0, fmt.Errorf("{%d,%d}: the second is smaller", lo, hi)
	}
	return lo, hi, nil
}
