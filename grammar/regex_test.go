package grammar

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

var patterns = []string{
	`abc`, `a|bc|`, `(a|b)*abb`, `a{2,4}b?`, `[^a-c]x`, `\d+\.\d*`, `(?i)straße|k`, `.`, `(?s).`, `^a$`, `^(a|b$)`, `(^a|b)c`, `[[:alpha:]]\w\s`, `(ab?){3,}`, `é+[à-ü]`,
	`\p{Greek}[\x{1F600}-\x{1F64F}]?`, `x*?y+?`, `(?:a(b(c)?)?)?`, ``, `[^\x00-\x{10FFFF}]`, `\Qa.b\E`, `(a*)*`, `(a|aa)+$`,
}

// TestRegex holds expressions to Go's regexp on texts near to what they match.
func TestRegex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	alphabet := []rune("abcxyzAK.1 \nßſKéàαΩ😀s")
	for _, p := range patterns {
		want := regexp.MustCompile(`^(?:` + p + `)$`)
		g, err := FromRegex(p)
		if err != nil {
			if err.Error() != errNoText.Error() || want.MatchString("") {
				t.Errorf("%s: %v", p, err)
			}
			continue
		}
		for range 400 {
			text := make([]rune, r.IntN(7))
			for i := range text {
				text[i] = alphabet[r.IntN(len(alphabet))]
			}
			if s := string(text); g.Match(s) != want.MatchString(s) {
				t.Errorf("%s: %q fits: %v", p, s, g.Match(s))
			}
			if s, whole := wander(g, r, 30); whole && !want.MatchString(s) {
				t.Errorf("%s: %q was written", p, s)
			}
		}
	}
	for _, p := range []string{`a\bc`, `a^b`, `(`, `(?m)^a`, `a{1001}`, `(?=a)`, `(a$)*`, `((a{999}){999}){9}`} {
		if _, err := FromRegex(p); err == nil {
			t.Errorf("%s: no error", p)
		}
	}
}

func FuzzRegex(f *testing.F) {
	for _, p := range patterns {
		f.Add(p, "abc")
	}
	f.Fuzz(func(t *testing.T, p, text string) {
		g, err := FromRegex(p)
		if err != nil || len(text) > 1000 {
			return
		}
		want, err := regexp.Compile(`^(?:` + p + `)$`)
		if err != nil {
			return
		}
		s := string([]rune(text)) // regexp takes what is not UTF-8 for U+FFFD
		if s == text && g.Match(s) != want.MatchString(s) {
			t.Errorf("%q: %q fits: %v", p, s, g.Match(s))
		}
	})
}

func FuzzGBNF(f *testing.F) {
	f.Add("root ::= \"a\" [^b-d]+ (x | <y>)? {1,2}\nx ::= .*")
	f.Add(`root ::= %json {"type":"string"} "\u00e9"`)
	f.Fuzz(func(_ *testing.T, source string) {
		if g, err := FromGBNF(source); err == nil {
			g.Match("abc")
		}
	})
}
