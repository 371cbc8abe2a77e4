package jinja

import (
	"strings"
	"unicode"
)

type test = func(r *run, v any, a *arguments) any

func is[T any](_ *run, v any, _ *arguments) any { _, ok := v.(T); return ok }

func comparison(op string) test {
	return func(r *run, v any, a *arguments) any { return r.compare(op, v, a.get(0, "other", nil)) }
}

func modulo(want int64) test {
	return func(r *run, v any, a *arguments) any {
		i, ok := whole(defined(v))
		if !ok {
			fail("odd or even of %s", typeName(v))
		}
		return i&1 == want
	}
}

func cased(fold func(rune) bool) test {
	return func(r *run, v any, _ *arguments) any { return allCased(r.str(v), fold) }
}

// allCased reports whether s has a cased letter, and only ones that fold accepts.
func allCased(s string, fold func(rune) bool) bool {
	any := false
	for _, c := range s {
		if unicode.IsUpper(c) || unicode.IsLower(c) || unicode.IsTitle(c) {
			if !fold(c) {
				return false
			}
			any = true
		}
	}
	return any
}

var tests map[string]test

func init() {
	isText := func(_ *run, v any, _ *arguments) any { _, ok := text(v); return ok }
	isNumber := func(_ *run, v any, _ *arguments) any { _, ok := number(v); return ok }
	sequence := func(_ *run, v any, _ *arguments) any {
		switch v.(type) {
		case string, markup, *List, *Dict, undefined:
			return true
		}
		return false
	}
	tests = map[string]test{
		"defined":   func(_ *run, v any, _ *arguments) any { _, ok := v.(undefined); return !ok },
		"undefined": is[undefined],
		"none":      func(_ *run, v any, _ *arguments) any { return v == nil },
		"boolean":   is[bool], "integer": is[int64], "float": is[float64], "mapping": is[*Dict],
		"number": isNumber, "string": isText, "iterable": sequence, "sequence": sequence,
		"true":  func(_ *run, v any, _ *arguments) any { return v == true },
		"false": func(_ *run, v any, _ *arguments) any { return v == false },
		"callable": func(_ *run, v any, _ *arguments) any {
			switch v.(type) {
			case callable, *loopState, undefined:
				return true
			}
			return false
		},
		"odd": modulo(1), "even": modulo(0), "upper": cased(unicode.IsUpper), "lower": cased(unicode.IsLower),
		"divisibleby": func(r *run, v any, a *arguments) any {
			return r.equal((&binaryExpr{"%", constExpr{v}, constExpr{a.get(0, "num", nil)}}).eval(r), int64(0))
		},
		"sameas": func(r *run, v any, a *arguments) any { return same(v, a.get(0, "other", nil)) },
		"in":     func(r *run, v any, a *arguments) any { return r.contains(v, a.get(0, "seq", nil)) },
		"filter": func(r *run, v any, _ *arguments) any { return filters[r.str(v)] != nil },
		"test":   func(r *run, v any, _ *arguments) any { return tests[r.str(v)] != nil },
		"escaped": func(_ *run, v any, _ *arguments) any {
			_, ok := v.(markup)
			return ok
		},
	}
	for _, names := range []string{"== eq equalto", "!= ne", "< lt lessthan", "<= le", "> gt greaterthan", ">= ge"} {
		op := strings.Fields(names)
		for _, name := range op {
			tests[name] = comparison(op[0])
		}
	}
}

// same is Python's "is", for what can be told apart.
func same(a, b any) bool {
	switch a.(type) {
	case callable:
		return false
	}
	if _, ok := b.(callable); ok {
		return false
	}
	return a == b
}
