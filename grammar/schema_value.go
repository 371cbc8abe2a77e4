package grammar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// value is a value of JSON with its members in order.
type value struct {
	kind    byte // 0 null, b, n, s, a, o
	truth   bool
	text    string // of a string; of a number as it is written
	items   []*value
	members []member
}

type member struct {
	name  string
	value *value
}

func (v *value) get(name string) *value {
	if v.kind == 'o' {
		for _, m := range v.members {
			if m.name == name {
				return m.value
			}
		}
	}
	return nil
}

// maxDepth bounds how deep schemas are nested.
const maxDepth = 256

// parseValue reads one value, and nothing behind it.
func parseValue(data []byte) (*value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

func readValue(d *json.Decoder, depth int) (*value, error) {
	t, err := d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case nil:
		return &value{}, nil
	case bool:
		return &value{kind: 'b', truth: t}, nil
	case string:
		return &value{kind: 's', text: t}, nil
	case json.Number:
		return &value{kind: 'n', text: t.String()}, nil
	}
	if depth >= maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	v := &value{kind: 'a'}
	if t == json.Delim('{') {
		v.kind = 'o'
	}
	seen := map[string]bool{}
	for d.More() {
		if v.kind == 'a' {
			x, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, x)
			continue
		}
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if seen[name] {
			return nil, fmt.Errorf("%.40q: twice in one object", name)
		}
		seen[name] = true
		x, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		v.members = append(v.members, member{name, x})
	}
	_, err = d.Token()
	return v, err
}

// maxDigits bounds the digits of a number of a schema, written without an exponent.
const maxDigits = 400

// rational returns the number that v is.
func (v *value) rational() (*big.Rat, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(v.text), "e")
	e := new(big.Int)
	if exponent != "" {
		e.SetString(exponent, 10)
	}
	if len(mantissa) > maxDigits || e.CmpAbs(big.NewInt(maxDigits)) > 0 {
		return nil, fmt.Errorf("%.20s…: more than %d digits", v.text, maxDigits)
	}
	r, ok := new(big.Rat).SetString(v.text)
	if !ok {
		return nil, fmt.Errorf("%.20q: no number", v.text)
	}
	return r, nil
}

// equal is JSON Schema's: numbers are equal by value, objects in any order.
func (v *value) equal(w *value) bool {
	if v.kind != w.kind || v.truth != w.truth || len(v.items) != len(w.items) || len(v.members) != len(w.members) {
		return false
	}
	if v.kind == 'n' {
		a, err := v.rational()
		b, err2 := w.rational()
		return err == nil && err2 == nil && a.Cmp(b) == 0
	}
	for i, x := range v.items {
		if !x.equal(w.items[i]) {
			return false
		}
	}
	for _, m := range v.members {
		if x := w.get(m.name); x == nil || !m.value.equal(x) {
			return false
		}
	}
	return v.text == w.text
}

// expression is the text of a value, with white space where JSON may have it.
func (v *value) expression(j *jsonRules) expression {
	between := func(open, end string, parts []expression) expression {
		all := sequence{literal(open), j.space}
		for i, p := range parts {
			if i > 0 {
				all = append(all, j.comma())
			}
			all = append(all, p)
		}
		if len(parts) > 0 {
			all = append(all, j.space)
		}
		return append(all, literal(end))
	}
	var parts []expression
	switch v.kind {
	case 'b':
		if v.truth {
			return literal("true")
		}
		return literal("false")
	case 'n':
		return literal(v.text)
	case 's':
		return quoted(v.text)
	case 'a':
		for _, x := range v.items {
			parts = append(parts, x.expression(j))
		}
		return between("[", "]", parts)
	case 'o':
		for _, m := range v.members {
			parts = append(parts, sequence{quoted(m.name), j.colon(), m.value.expression(j)})
		}
		return between("{", "}", parts)
	}
	return literal("null")
}

// quoted is a string of JSON, each character written in one way.
func quoted(s string) expression {
	var out strings.Builder
	writeQuoted(&out, s)
	return literal(out.String())
}

// quotedInside is the characters of it, without the quotes.
func quotedInside(s string) expression {
	text, _ := quoted(s).(literal)
	return text[1 : len(text)-1]
}

// short are the escapes of JSON that must be used, but for those by number.
var short = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// escaped is a character of a set within a string of JSON, each written in one way.
func escaped(c charset) expression {
	all := choice{}
	if plain := c.and(plainChar); len(plain) > 0 {
		all = append(all, plain)
	}
	for _, r := range append([]rune{'"', '\\'}, controls...) {
		if !c.has(r) {
			continue
		}
		text, ok := short[r]
		if !ok {
			text = fmt.Sprintf(`\u%04x`, r)
		}
		all = append(all, literal(text))
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

var controls = func() (all []rune) {
	for r := range rune(0x20) {
		all = append(all, r)
	}
	return all
}()

// compact is a text that the expression of v matches.
func (v *value) compact() string {
	var out strings.Builder
	var write func(v *value)
	write = func(v *value) {
		switch v.kind {
		case 's':
			writeQuoted(&out, v.text)
		case 'a':
			out.WriteByte('[')
			for i, x := range v.items {
				if i > 0 {
					out.WriteByte(',')
				}
				write(x)
			}
			out.WriteByte(']')
		case 'o':
			out.WriteByte('{')
			for i, m := range v.members {
				if i > 0 {
					out.WriteByte(',')
				}
				writeQuoted(&out, m.name)
				out.WriteByte(':')
				write(m.value)
			}
			out.WriteByte('}')
		default:
			text, _ := v.expression(nil).(literal)
			out.WriteString(string(text))
		}
	}
	write(v)
	return out.String()
}

func writeQuoted(out *strings.Builder, s string) {
	out.WriteByte('"')
	for _, r := range s {
		if text, ok := short[r]; ok {
			out.WriteString(text)
		} else if r < ' ' {
			fmt.Fprintf(out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
