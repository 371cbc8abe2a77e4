package scan

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// The expressions of published tokenizers, as their files write them.
const (
	reGPT2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`
	// GPT-2's as tiktoken writes it.
	reGPT2Fast = `'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`
	reCLIP     = `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`
	reTail     = `| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	reFold     = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	reWord     = `|[^\r\n\p{L}\p{N}]?\p{L}+`
	reUpper    = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
	reLower    = `|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
	reSlash    = `| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	reAscii    = `[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~][A-Za-z]+`
)

// known maps expressions to their scanners.
var known = map[string]Pattern{
	`\s+`:                        Run(Space, false),
	reCLIP:                       find(clip),
	`[\r\n]`:                     runes(lineBreak, true),
	"[\r\n]":                     runes(lineBreak, true),
	`\s?\p{L}+`:                  Run(Letter, true),
	`\s?\p{P}+`:                  Run(Punct, true),
	`\p{P}+`:                     Run(Punct, false),
	`\p{N}`:                      Each(Number),
	`\p{N}+`:                     Run(Number, false),
	`\p{N}{1,3}`:                 find(func(b []byte, i int) int { return number(b, i, 3) }),
	`\d`:                         runes(Decimal, true),
	`[0-9][0-9][0-9]`:            find(threes),
	`[一-龥ࠀ-一가-퟿]+`:               runes(east, false),
	`[一-龥぀-ゟ゠-ヿ]+`:               runes(cjk, false),
	"[\\p{P}\\$\\+<=>\\^~\\|`]+": falcon(true),
	`[\p{P}\$\+<=>\^~\|]+`:       falcon(false),
	reAscii + "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*" + `|\s*[\r\n]+|\s+(?!\S)|\s+`: find(deepseek3),
	reAscii + `|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`:             find(deepseek3),
}

// covers maps those expressions of which one matches at every place of a text to
// where the match ends.
var covers = map[string]next{}

func init() {
	covers[reGPT2+`|\s+`], covers[reGPT2Fast] = gpt2, gpt2
	for digits, re := range map[int]string{1: `|\p{N}`, 3: `|\p{N}{1,3}`} {
		covers[reFold+reWord+re+reTail] = CL100K{Digits: digits}.next()
		covers[reFold+`|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+`+re+`| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`] = CL100K{Digits: digits, Marks: true}.next()
		covers[reUpper+reFold+`?`+reLower+reFold+`?`+re+reSlash] = O200K{Digits: digits, Contractions: true}.next()
		covers[reUpper+reLower+re+reSlash] = O200K{Digits: digits}.next()
	}
	covers[reFold+reWord+`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]+|\s+(?!\S)|\s+`] = CL100K{Digits: 3, Final: true}.next()
	// cl100k_base as tiktoken writes it, with possessive quantifiers, now and before.
	covers[`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`] = CL100K{Digits: 3, Final: true}.next()
	covers[`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`] = CL100K{Digits: 3}.next()
	for expr, n := range covers {
		known[expr] = n.pattern()
	}
}

// Next returns the scanner of an expression of which a match begins at every place
// of a text: it tells where the one that begins at i ends. It returns nil for an
// expression that is not known to be such.
func Next(expr string) func(b []byte, i int) int {
	if strings.HasPrefix(expr, `(?:`) && strings.HasSuffix(expr, `)`) && covers[expr[3:len(expr)-1]] != nil {
		expr = expr[3 : len(expr)-1]
	}
	return covers[expr]
}

// Decimal reports whether r is a decimal digit of any script, \d.
func Decimal(r rune) bool {
	return unicode.Is(unicode.Nd, r) || r >= 0x10D40 && ClassOf(r)&Number != 0 && !unicode.Is(unicode.N, r)
}

// limit bounds one search by the backtracking engine.
const limit = 2 * time.Second

// Compile returns the pattern of expr, in the syntax of Oniguruma or .NET. The
// expressions of common tokenizers are scanned by hand. Others go to a
// backtracking engine: text in which one of them searches for over two seconds
// is left uncut from there. It returns an error for what neither understands.
func Compile(expr string) (Pattern, error) {
	if p, ok := known[expr]; ok {
		return p, nil
	}
	if strings.HasPrefix(expr, `(?:`) && strings.HasSuffix(expr, `)`) && known[expr[3:len(expr)-1]] != nil {
		return known[expr[3:len(expr)-1]], nil
	}
	return Backtrack(expr)
}

// Backtrack compiles expr for the backtracking engine, even where Compile knows a
// scanner.
func Backtrack(expr string) (Pattern, error) {
	if len(expr) > 1<<16 {
		return nil, fmt.Errorf("scan: expression of %d bytes: over 65536", len(expr))
	}
	re, err := regexp2.Compile(atomic(spell(expr)))
	if err != nil {
		return nil, fmt.Errorf("scan: expression %.80q: %w", expr, err)
	}
	re.MatchTimeout = limit
	return func(dst []Span, b []byte) []Span {
		all, _ := re.FindAllStringIndex(valid(b), -1)
		for _, m := range all {
			if m[1] > m[0] {
				dst = append(dst, Span{m[0], m[1]})
			}
		}
		return dst
	}, nil
}

// valid returns b as a string of the same length in which bytes that are no
// characters are question marks.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	c := bytes.Clone(b)
	for i := 0; i < len(c); {
		r, n := utf8.DecodeRune(c[i:])
		if r == utf8.RuneError && n == 1 {
			c[i] = '?'
		}
		i += n
	}
	return string(c)
}

// Literal matches s.
func Literal(s string) Pattern {
	if s == "" {
		return func(dst []Span, _ []byte) []Span { return dst }
	}
	pattern := []byte(s)
	return func(dst []Span, b []byte) []Span {
		for from := 0; ; {
			i := bytes.Index(b[from:], pattern)
			if i < 0 {
				return dst
			}
			dst = append(dst, Span{from + i, from + i + len(pattern)})
			from += i + len(pattern)
		}
	}
}
