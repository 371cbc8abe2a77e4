package grammar

import (
	"strings"
	"testing"
	"time"
)

func TestGBNF(t *testing.T) {
	for _, c := range []struct {
		source  string
		yes, no []string
	}{
		{`root ::= "a" | "b" "c"`, []string{"a", "bc"}, []string{"", "b", "ab", "abc"}},
		{"root ::= item+ # comment\nitem ::= [a-c]{2,3} \"\\n\"", []string{"ab\n", "abc\nab\n"}, []string{"", "a\n", "abcd\n", "ab"}},
		{`root ::= [^a-z]*`, []string{"", "A日\n", "\U0001F600"}, []string{"a", "Aa", "\xff", "\xed\xa0\x80"}},
		{"root ::= (\n \"x\"\n | \"y\" )? \"z\"{,2}", []string{"", "x", "yz", "zz"}, []string{"xy", "zzz"}},
		{"root ::= \"(\" root \")\" root | \"\"", []string{"", "()", "(())()"}, []string{"(", ")(", "())"}},
		{"root ::= x x\nx ::= \"a\"*", []string{"", "aaaa"}, []string{"b"}},
		{"root ::= list\nlist ::= \"a\" list | \"b\"", []string{"b", "ab", strings.Repeat("a", 5000) + "b"}, []string{"a", "bb"}},
		{"root ::= y | y \"x\"\ny ::= \"a\" z\nz ::= \"b\"", []string{"ab", "abx"}, []string{"abxx", "a"}},
		{`root ::= "é\u00e9\x41\U0001F600" . [\]\-]`, []string{"ééA😀x]", "ééA😀日-"}, []string{"ééA😀x"}},
		{"root ::=\n  \"a\" |\n  \"b\"\nx ::= \"c\"", []string{"a", "b"}, []string{"c"}},
		{"root ::= \"a\"{300,600}", []string{strings.Repeat("a", 300), strings.Repeat("a", 600)}, []string{strings.Repeat("a", 299), strings.Repeat("a", 601)}},
	} {
		g, err := FromGBNF(c.source)
		if err != nil {
			t.Errorf("%q: %v", c.source, err)
			continue
		}
		for _, s := range c.yes {
			if !g.Match(s) {
				t.Errorf("%q does not match %.40q", c.source, s)
			}
		}
		for _, s := range c.no {
			if g.Match(s) {
				t.Errorf("%q matches %.40q", c.source, s)
			}
		}
	}
}

// TestHostile: what nobody writes in earnest is an error within a second.
func TestHostile(t *testing.T) {
	doubling := "root ::= r0\n"
	for i := range 40 {
		doubling += strings.ReplaceAll("rI ::= (rJ rJ){0,99}\n", "I", string(rune('0'+i)))
	}
	for name, source := range map[string]string{
		"groups":         "root ::= " + strings.Repeat("(", 60_000) + "\"a\"" + strings.Repeat(")", 60_000),
		"open groups":    "root ::= " + strings.Repeat("(", 60_000),
		"repetition":     `root ::= "a"{1,99999999999}`,
		"repetitions":    `root ::= ((("a"{1,999}){1,999}){1,999}){1,999}`,
		"left recursion": `root ::= root "a" | "b"`,
		"hidden":         "root ::= x root | \"b\"\nx ::= \"a\"?",
		"mutual":         "root ::= a\na ::= b \"x\"\nb ::= a",
		"no rule":        "root ::= a",
		"no root":        "a ::= \"b\"",
		"twice":          "root ::= \"a\"\nroot ::= \"b\"",
		"nothing":        "",
		"endless":        `root ::= "a" root`,
		"literal":        `root ::= "a`,
		"class":          `root ::= [a`,
		"escape":         `root ::= "\q"`,
		"surrogate":      `root ::= "\ud800"`,
		"range":          `root ::= [z-a]`,
		"bytes":          "root ::= \"\xff\"",
		"names":          doubling,
		"not a token":    `root ::= !<x>`,
		"schema":         `root ::= %json {"type": "strin`,
	} {
		begin := time.Now()
		if _, err := FromGBNF(source); err == nil {
			t.Errorf("%s: no error", name)
		} else if len(err.Error()) > 300 {
			t.Errorf("%s: %d bytes of error", name, len(err.Error()))
		}
		if d := time.Since(begin); d > time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, s := range []string{`{}`, `{"a":1}`, "{\n  \"a\": [1, -2.5e+10, \"\\u00e9\\ud83d\\ude00\", null, {}, []]\n}"} {
		if !JSON().Match(s) {
			t.Errorf("%q is not taken", s)
		}
	}
	for _, s := range []string{`[]`, `{`, `{"a":01}`, `{"a":1,}`, `{"a":"\ud83d"}`, "{\"a\":\"\n\"}", `{"a":1} `, `{a:1}`} {
		if JSON().Match(s) {
			t.Errorf("%q is taken", s)
		}
	}
}
