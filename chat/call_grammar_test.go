package chat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/grammar"
	"github.com/nlp-zoo/zoo/internal/testkit"
)

// TestCallGrammars: what holds an answer to calls is a grammar, of every template, and
// it takes the call that the template itself writes.
func TestCallGrammars(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Shared(t, "data/api/chat-templates"), "*.jinja"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d templates: %v", len(files), err)
	}
	held := 0
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := chat.ReplyFormOf(string(source))
			for _, special := range []bool{false, true} {
				o := chat.CallOptions{One: true, Only: "get_weather", Special: func(string) bool { return special }}
				gbnf, err := f.CallGrammar(chat.Weather, o)
				if err != nil { // a template that writes no calls
					return
				}
				held++
				g, err := grammar.FromGBNF(gbnf)
				if err != nil {
					t.Fatalf("%v in\n%s", err, gbnf)
				}
				// gpt-oss has its template name the tool in the head of the turn, and writes it
				// itself in the place that the prompt leaves.
				if special || strings.HasPrefix(filepath.Base(path), "openai-gpt-oss") || chat.NoForm[strings.TrimSuffix(filepath.Base(path), ".jinja")] {
					continue
				}
				text := chat.CallText(t, string(source))
				// What stands before the call is a thought, and what follows it the next turn.
				if i := strings.LastIndex(text, "</think>"); i >= 0 {
					text = text[i+len("</think>"):]
				}
				if i := strings.Index(text, "<|END_ACTION|>"); i >= 0 {
					text = text[:i+len("<|END_ACTION|>")]
				}
				if text = strings.TrimSpace(text); !g.Match(text) {
					t.Errorf("%q does not fit\n%s", text, gbnf)
				}
			}
		})
	}
	if held < 60 {
		t.Errorf("only %d grammars", held)
	}
}
