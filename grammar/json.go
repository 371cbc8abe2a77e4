package grammar

import "sync"

// JSON returns the grammar of any JSON object.
func JSON() *Grammar { return anyObject() }

var anyObject = sync.OnceValue(func() *Grammar {
	b := &builder{}
	j := newJSONRules(b)
	g, err := fromRules(b.rules, int(j.object), "json", "")
	if err != nil {
		panic(err) // it has no input
	}
	return g
})

// jsonRules are rules for JSON that is not bound further. White space is bounded, so
// that a model does not write nothing else: nothing, a space, or one or two ends of
// lines and an indent.
type jsonRules struct {
	space, char, str, number, integer, value, object, array reference
}

var digit = charset{{'0', '9'}}

func newJSONRules(b *builder) *jsonRules {
	j := &jsonRules{}
	j.space = b.add("space", choice{empty, literal(" "), sequence{repeat{literal("\n"), 1, 2}, repeat{oneOf(" \t"), 0, 20}}})
	j.char = b.add("escape", escapeChar)
	j.str = b.add("string", sequence{literal(`"`), any0(j.stringChar()), literal(`"`)})
	whole := choice{literal("0"), sequence{charset{{'1', '9'}}, any0(digit)}}
	j.integer = b.add("integer", sequence{optional(literal("-")), whole})
	// Two digits of exponent are in the range of every reader's numbers.
	j.number = b.add("number", sequence{
		optional(literal("-")), whole,
		optional(sequence{literal("."), any1(digit)}),
		optional(sequence{oneOf("eE"), optional(oneOf("+-")), repeat{digit, 1, 2}}),
	})
	j.value, j.object, j.array = b.add("value", nil), b.add("object", nil), b.add("array", nil)
	b.rules[j.value].body = choice{j.object, j.array, j.str, j.number, literal("true"), literal("false"), literal("null")}
	b.rules[j.object].body = j.list("{", "}", sequence{j.str, j.colon(), j.value}, 0, -1)
	b.rules[j.array].body = j.list("[", "]", j.value, 0, -1)
	return j
}

func (j *jsonRules) colon() expression { return sequence{j.space, literal(":"), j.space} }
func (j *jsonRules) comma() expression { return sequence{j.space, literal(","), j.space} }

// stringChar is any character of a string.
func (j *jsonRules) stringChar() expression { return choice{plainChar, j.char} }

// list is from least to most times what between brackets; most < 0: any number.
func (j *jsonRules) list(open, end string, what expression, least, most int) expression {
	if most == 0 {
		return sequence{literal(open), j.space, literal(end)}
	}
	if most > 0 {
		most--
	}
	full := sequence{j.space, what, repeat{sequence{j.comma(), what}, max(least-1, 0), most}}
	if least > 0 {
		return sequence{literal(open), full, j.space, literal(end)}
	}
	return sequence{literal(open), optional(full), j.space, literal(end)}
}

// The characters of a string of JSON. A half of a surrogate pair is no character.
var (
	plainChar  = oneOf(`"\`).not().minus(charset{{0, 0x1F}})
	hexDigit   = charset{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}
	escapeChar = sequence{literal(`\`), choice{
		oneOf(`"\/bfnrt`),
		sequence{literal("u"), choice{
			sequence{hexDigit.minus(oneOf("dD")), hexDigit, hexDigit, hexDigit},
			sequence{oneOf("dD"), charset{{'0', '7'}}, hexDigit, hexDigit},
			sequence{oneOf("dD"), oneOf("89abAB"), hexDigit, hexDigit, literal(`\u`), oneOf("dD"), oneOf("cdefCDEF"), hexDigit, hexDigit},
		}},
	}}
)
