package jinja

import (
	"slices"
	"strings"
	"unicode"
)

var textMethods map[string]textMethod

func init() {
	textMethods = map[string]textMethod{
		"strip": trimmer(true, true), "lstrip": trimmer(true, false), "rstrip": trimmer(false, true),
		"upper": sized(strings.ToUpper), "lower": sized(strings.ToLower), "casefold": sized(strings.ToLower),
		"title": sized(titled), "capitalize": sized(capitalize),
		"swapcase": sized(func(s string) string {
			return strings.Map(func(c rune) rune {
				if unicode.IsUpper(c) {
					return unicode.ToLower(c)
				}
				return unicode.ToUpper(c)
			}, s)
		}),
		"startswith": affix(strings.HasPrefix), "endswith": affix(strings.HasSuffix),
		"removeprefix": func(r *run, s string, a *arguments) any { return strings.TrimPrefix(s, a.text(r, 0, "prefix", "")) },
		"removesuffix": func(r *run, s string, a *arguments) any { return strings.TrimSuffix(s, a.text(r, 0, "suffix", "")) },
		"find":         finder(strings.Index, false), "rfind": finder(strings.LastIndex, false),
		"index": finder(strings.Index, true), "rindex": finder(strings.LastIndex, true),
		"count": func(r *run, s string, a *arguments) any {
			r.step(len(s) / 16)
			return int64(strings.Count(s, a.text(r, 0, "sub", "")))
		},
		"replace": func(r *run, s string, a *arguments) any {
			return replace(r, s, a.text(r, 0, "old", ""), a.text(r, 1, "new", ""), a.get(2, "count", nil))
		},
		"split": splitter(false), "rsplit": splitter(true), "splitlines": splitLines,
		"join": func(r *run, s string, a *arguments) any {
			items := a.get(0, "iterable", nil)
			for _, x := range r.items(items) {
				if _, ok := text(x); !ok {
					fail("join: want strings, got %s", typeName(x))
				}
			}
			return filterJoin(r, items, &arguments{pos: []any{s}})
		},
		"partition": partition(strings.Index, true), "rpartition": partition(strings.LastIndex, false),
		"isdigit": asks(unicode.IsDigit), "isdecimal": asks(unicode.IsDigit), "isnumeric": asks(unicode.IsNumber),
		"isalpha": asks(unicode.IsLetter), "isspace": asks(isSpace),
		"isalnum": asks(func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }),
		"isupper": func(_ *run, s string, _ *arguments) any { return allCased(s, unicode.IsUpper) },
		"islower": func(_ *run, s string, _ *arguments) any { return allCased(s, unicode.IsLower) },
		"ljust":   padder(false, true), "rjust": padder(true, false), "center": padder(true, true),
		"zfill": func(r *run, s string, a *arguments) any {
			n := a.int(0, "width", 0) - int64(len(s))
			r.alloc(times(1, n) + len(s))
			sign := ""
			if s != "" && (s[0] == '-' || s[0] == '+') {
				sign, s = s[:1], s[1:]
			}
			return sign + strings.Repeat("0", int(max(n, 0))) + s
		},
		"format": func(r *run, s string, a *arguments) any { return r.braces(s, a) },
	}
}

// splitter is split and rsplit.
func splitter(right bool) textMethod {
	return func(r *run, s string, a *arguments) any {
		n := int(max(min(a.int(1, "maxsplit", -1), MaxMemory), -1))
		r.step(len(s) / 8)
		sep, ok := text(a.get(0, "sep", nil))
		switch {
		case !ok:
			r.alloc(8 * len(s))
			return strings2list(r, splitSpace(s, n, right))
		case sep == "":
			fail("empty separator")
		}
		r.alloc(16 * (1 + strings.Count(s, sep)))
		if !right {
			if n >= 0 {
				n++
			}
			return strings2list(r, strings.SplitN(s, sep, n))
		}
		var parts []string
		for n != 0 {
			i := strings.LastIndex(s, sep)
			if i < 0 {
				break
			}
			parts = append(parts, s[i+len(sep):])
			s = s[:i]
			n--
		}
		parts = append(parts, s)
		slices.Reverse(parts)
		return strings2list(r, parts)
	}
}

// splitSpace splits at runs of white space, at most n times unless n is negative.
func splitSpace(s string, n int, right bool) []string {
	if n < 0 {
		return strings.FieldsFunc(s, isSpace)
	}
	var parts []string
	if !right {
		for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
			i := strings.IndexFunc(s, isSpace)
			if i < 0 || len(parts) == n {
				return append(parts, s)
			}
			parts, s = append(parts, s[:i]), s[i:]
		}
		return parts
	}
	for s = strings.TrimRightFunc(s, isSpace); s != ""; s = strings.TrimRightFunc(s, isSpace) {
		tail := strings.TrimRightFunc(s, func(c rune) bool { return !isSpace(c) })
		if tail == "" || len(parts) == n {
			parts = append(parts, s)
			break
		}
		parts, s = append(parts, s[len(tail):]), tail
	}
	slices.Reverse(parts)
	return parts
}

func partition(search func(s, sep string) int, first bool) textMethod {
	return func(r *run, s string, a *arguments) any {
		sep := a.text(r, 0, "sep", "")
		if sep == "" {
			fail("empty separator")
		}
		r.step(len(s) / 16)
		i := search(s, sep)
		switch {
		case i >= 0:
			return &List{[]any{s[:i], sep, s[i+len(sep):]}, true}
		case first:
			return &List{[]any{s, "", ""}, true}
		}
		return &List{[]any{"", "", s}, true}
	}
}
