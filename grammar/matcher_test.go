package grammar

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/tokenizer"
)

var opened sync.Map

// real opens a published vocabulary.
func real(t testing.TB, name string) (*tokenizer.Tokenizer, *Vocabulary, []int32) {
	t.Helper()
	path := map[string]string{"qwen2": "data/tokenizers/qwen2", "mistral": "data/tokenizers/mistral/tokenizer.model.v1"}[name]
	path = testkit.Shared(t, path)
	type made struct {
		tok *tokenizer.Tokenizer
		v   *Vocabulary
		eos []int32
	}
	if m, ok := opened.Load(name); ok {
		m := m.(made)
		return m.tok, m.v, m.eos
	}
	open := tokenizer.Open
	if strings.Contains(path, ".model") {
		open = tokenizer.OpenFile
	}
	tok, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	eos := tok.Stops()
	m := made{tok, NewVocabulary(tok, eos), eos}
	opened.Store(name, m)
	return m.tok, m.v, m.eos
}

// write has a model that knows nothing write a text. Ends are likely where they are
// allowed, and so are short texts.
func write(t testing.TB, tok *tokenizer.Tokenizer, x *Matcher, eos []int32, r *rand.Rand, most int) (string, bool) {
	t.Helper()
	logits := make([]float32, tok.VocabSize())
	var made []int32
	for range most {
		draw := r.Uint32() | 1
		for i := range logits {
			draw = draw*1664525 + 1013904223
			logits[i] = float32(draw>>8) / (1 << 24)
		}
		x.Process(made, logits)
		if err := x.Err(); err != nil {
			t.Fatalf("after %q: %v", tok.Decode(made, false), err)
		}
		for _, id := range eos {
			if logits[id] > 0 {
				return tok.Decode(made, false), true
			}
		}
		if len(made) > 25 { // a token that closes what is open is taken if there is one
			for _, end := range []string{"\"", "}", "]", "\"}", "}}", "\"]"} {
				if id, ok := tok.ID(end); ok && logits[id] > 0 {
					logits[id]++
				}
			}
		}
		best := int32(0)
		for id, l := range logits {
			if l > logits[best] {
				best = int32(id)
			}
		}
		made = append(made, best)
	}
	return tok.Decode(made, false), false
}

func TestMatcherWritesJSON(t *testing.T) {
	for _, name := range []string{"qwen2", "mistral"} {
		tok, v, eos := real(t, name)
		r := rand.New(rand.NewPCG(1, 2))
		ended := 0
		for range 8 {
			text, whole := write(t, tok, v.Matcher(JSON()), eos, r, 90)
			if !whole {
				continue
			}
			ended++
			if !json.Valid([]byte(text)) || !strings.HasPrefix(text, "{") {
				t.Errorf("%s: %q", name, text)
			}
		}
		if ended < 2 {
			t.Errorf("%s: only %d texts came to an end", name, ended)
		}
	}
}

// TestMasks holds what the tree of tokens and the kept masks say to each token, one
// by one.
func TestMasks(t *testing.T) {
	long := `root ::= "[" s ("," s)* "]"` + "\n" + `s ::= "\"" [^"\x00-\x1f]{2,700} "\""`
	for _, name := range []string{"qwen2", "mistral"} {
		tok, v, eos := real(t, name)
		for _, source := range []string{"root ::= j\nj ::= %any", long, `root ::= line+` + "\n" + `line ::= [^\n]+ "\n"`} {
			g := JSON()
			if !strings.Contains(source, "%any") {
				var err error
				if g, err = FromGBNF(source); err != nil {
					t.Fatal(err)
				}
			}
			x := v.Matcher(g)
			r := rand.New(rand.NewPCG(3, 4))
			logits := make([]float32, tok.VocabSize())
			var made []int32
			s := newStacks(g.a)
			at := s.start()
			for range 6 {
				clear(logits)
				x.Process(made, logits)
				var fit []int32
				for id := range int32(len(logits)) {
					tr := v.trie
					if len(made) == 0 && v.first != nil {
						tr = v.first
					}
					want := tr.text[id] != nil
					if want {
						c := at
						for _, b := range tr.text[id] {
							c = s.step(c, g.a.class[b])
						}
						want = c.alive()
					}
					if tok.Special(id) {
						want = at.whole && contains(eos, id)
					}
					if want != (logits[id] == 0) {
						t.Fatalf("%s: %q after %q: allowed is %v", name, tok.Bytes(id), tok.Decode(made, false), !want)
					}
					if want && !contains(eos, id) {
						fit = append(fit, id)
					}
				}
				if len(fit) == 0 {
					break
				}
				id := fit[r.IntN(len(fit))]
				tr := v.trie
				if len(made) == 0 && v.first != nil {
					tr = v.first
				}
				for _, b := range tr.text[id] {
					at = s.step(at, g.a.class[b])
				}
				made = append(made, id)
			}
		}
	}
}

func contains(ids []int32, id int32) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

// TestTogether: matchers of one grammar that run at once write what they write alone.
func TestTogether(t *testing.T) {
	tok, v, eos := real(t, "qwen2")
	g, err := FromSchema([]byte(manySchemas[0]))
	if err != nil {
		t.Fatal(err)
	}
	one := func(seed uint64) string {
		text, _ := write(t, tok, v.Matcher(g), eos, rand.New(rand.NewPCG(seed, 0)), 12)
		return text
	}
	var alone [4]string
	for i := range alone {
		alone[i] = one(uint64(i))
	}
	again, err := FromSchema([]byte(manySchemas[0]))
	if err != nil {
		t.Fatal(err)
	}
	if v.Matcher(again).m != v.Matcher(g).m {
		t.Error("a grammar of the same schema begins anew")
	}
	v.mu.Lock()
	v.latest = nil // nothing is kept
	v.mu.Unlock()
	var all sync.WaitGroup
	for i := range alone {
		all.Go(func() {
			if text := one(uint64(i)); text != alone[i] {
				t.Errorf("%q, alone %q", text, alone[i])
			}
		})
	}
	all.Wait()
}

// TestStuck: where no token fits the text ends, with an error.
func TestStuck(t *testing.T) {
	tok, v, eos := real(t, "mistral")
	g, err := FromGBNF("root ::= \"a\"")
	if err != nil {
		t.Fatal(err)
	}
	x := v.Matcher(g)
	logits := make([]float32, tok.VocabSize())
	wrong, _ := tok.ID("b")
	x.Process([]int32{wrong}, logits)
	if x.Err() == nil || logits[eos[0]] != 0 || logits[wrong] == 0 {
		t.Errorf("%v, the end has %v", x.Err(), logits[eos[0]])
	}
	// Taken back, it goes on.
	clear(logits)
	x.Process(nil, logits)
	if right, _ := tok.ID("a"); x.Err() != nil || logits[right] != 0 || logits[eos[0]] == 0 {
		t.Errorf("%v after the wrong token was taken back", x.Err())
	}
}

// TestExploding: what has very many states, or very many ways to be read, ends a text
// with an error rather than in time or memory out of proportion.
func TestExploding(t *testing.T) {
	tok, v, _ := real(t, "qwen2")
	logits := make([]float32, tok.VocabSize())
	for name, source := range map[string]string{
		"states":    `root ::= [ab]* "a" [ab]{40}`,
		"letters":   `root ::= [a-z]* "a" [a-z]{400} "!"`,
		"ambiguous": "root ::= s\ns ::= \"a\" | \"a\" s | \"a\" s s | \"a\" s s s",
		"words":     `root ::= ([a-z]{1,9} | [a-z]{2,8} | [a-z]{3,30}){1,60}`,
	} {
		g, err := FromGBNF(source)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		x := v.Matcher(g)
		var made []int32
		begin := time.Now()
		r := rand.New(rand.NewPCG(1, 1))
		for range 50 {
			id, _ := tok.ID([]string{"a", "b"}[r.IntN(2)])
			if name == "ambiguous" {
				id, _ = tok.ID("a")
			}
			step := time.Now()
			clear(logits)
			x.Process(made, logits)
			if d := time.Since(step); d > 3*time.Second {
				t.Errorf("%s: a step took %v", name, d)
			}
			made = append(made, id)
		}
		t.Logf("%s: %v, %v", name, time.Since(begin), x.Err())
	}
}

// BenchmarkSchema measures a step for a schema of a new request each time.
func BenchmarkSchema(b *testing.B) {
	tok, v, _ := real(b, "qwen2")
	ids := tok.Encode(`{"name": "Zoë Miller", "age": 41, "tags": ["a", 3]}`, tokenizer.Bare)
	logits := make([]float32, tok.VocabSize())
	var x *Matcher
	for i := 0; b.Loop(); i++ {
		n := i % (len(ids) + 1)
		if n == 0 {
			v.latest = nil
			g, err := FromSchema([]byte(manySchemas[0]))
			if err != nil {
				b.Fatal(err)
			}
			x = v.Matcher(g)
		}
		x.Process(ids[:n], logits)
	}
}

// BenchmarkMatcher measures a step of the processor on 151,000 tokens.
func BenchmarkMatcher(b *testing.B) {
	tok, v, _ := real(b, "qwen2")
	text := `{"name": "Zoë", "list": [1, 2.5, {"deep": [[true], "a longer text, with words in it"]}], "note": "the end"}`
	ids := tok.Encode(text, tokenizer.Bare)
	logits := make([]float32, tok.VocabSize())
	for _, mode := range []string{"warm", "cold"} {
		b.Run(mode, func(b *testing.B) {
			x := v.Matcher(JSON())
			for i := 0; b.Loop(); i++ {
				n := i % (len(ids) + 1)
				if n == 0 {
					if mode == "cold" {
						v.latest = nil
					}
					x = v.Matcher(JSON())
				}
				x.Process(ids[:n], logits)
			}
		})
	}
}

func BenchmarkNewVocabulary(b *testing.B) {
	tok, _, eos := real(b, "qwen2")
	for b.Loop() {
		NewVocabulary(tok, eos)
	}
}
