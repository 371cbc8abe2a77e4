package grammar

// An expression is what a rule, or a part of one, matches.
type expression interface{}

type (
	literal   string       // these bytes
	charset   []runeRange  // one character of the set, written as UTF-8
	sequence  []expression // one after the other
	choice    []expression // any of them; none: nothing at all matches
	reference int32        // another rule, by number
	// repeat is from min to max times what; max < 0: any number.
	repeat struct {
		what     expression
		min, max int
	}
	// product is what both match; neither refers to rules.
	product struct{ a, b expression }
)

// empty matches the empty text, never matches none.
var (
	empty = sequence{}
	never = choice{}
)

func optional(e expression) expression { return repeat{e, 0, 1} }
func any0(e expression) expression     { return repeat{e, 0, -1} }
func any1(e expression) expression     { return repeat{e, 1, -1} }

// A rule is a name and what it matches.
type rule struct {
	name string
	body expression
}
