package serve

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
)

// held returns the texts of an ask that is held to a form, each with how it ended.
func held(t *testing.T, s *Server, f format, n int, o generate.Options) []text {
	t.Helper()
	return texts(t, s, t.Context(), "hatchling/gpt", ask{messages: []chat.Message{{Role: "user", Content: "Tell me."}}, format: f, n: n, options: o})
}

// Texts that are held to a form have it, each of several at once, greedy and sampled.
func TestHeld(t *testing.T) {
	s, _ := testServer(t, nil)
	for _, temperature := range []float64{0, 1} {
		o := generate.Options{MaxTokens: 120, Temperature: temperature, Seed: 3}
		for _, text := range held(t, s, format{"gbnf", `root ::= ("yes" | "no" | "perhaps") "."`}, 4, o) {
			if !slices.Contains([]string{"yes.", "no.", "perhaps."}, text.content) || text.finish != finishStop {
				t.Errorf("%q, %s", text.content, text.finish)
			}
		}
		schema := `{"type":"object","properties":{"name":{"enum":["Ada","Ben"]},"age":{"type":"integer","minimum":1,"maximum":99}},"required":["name","age"],"additionalProperties":false}`
		for _, text := range held(t, s, format{"schema", schema}, 4, o) {
			var v struct {
				Name string
				Age  int
			}
			if err := json.Unmarshal([]byte(text.content), &v); err != nil || v.Name != "Ada" && v.Name != "Ben" || v.Age < 1 || v.Age > 99 || text.finish != finishStop {
				t.Errorf("%q, %s: %v", text.content, text.finish, err)
			}
		}
		for _, text := range held(t, s, format{"regex", `[ab]{3}-\d\d`}, 4, o) {
			if !regexp.MustCompile(`^[ab]{3}-\d\d$`).MatchString(text.content) {
				t.Errorf("%q", text.content)
			}
		}
		for _, text := range held(t, s, format{kind: "json"}, 8, o) {
			var v map[string]any
			if text.finish == finishStop {
				if err := json.Unmarshal([]byte(text.content), &v); err != nil {
					t.Errorf("%q: %v", text.content, err)
				}
			} else if text.content[0] != '{' {
				t.Errorf("%q", text.content)
			}
		}
		for _, text := range held(t, s, format{"gbnf", `root ::= "{\"a\": " [1-9]{1,4} "}"`}, 4, o) {
			var v struct{ A int }
			if err := json.Unmarshal([]byte(text.content), &v); err != nil || v.A == 0 || text.finish != finishStop {
				t.Errorf("%q, %s: %v", text.content, text.finish, err)
			}
		}
	}
}

// What is no form of a text is the client's mistake, with the field's name.
func TestNotHeld(t *testing.T) {
	s, _ := testServer(t, nil)
	m, release := take(t, s, "hatchling/gpt")
	defer release()
	for _, a := range []ask{
		{format: format{"gbnf", "root ::= root"}},
		{format: format{"gbnf", "root ::= nothing"}},
		{format: format{"prose", ""}},
		{format: format{"schema", `{"type":"nothing"}`}},
		{format: format{"schema", `{`}},
		{format: format{"regex", `(`}},
		{choice: toolChoice{mode: "required"}},
	} {
		a.prompt = "a"
		_, err := s.answer(t.Context(), m, a)
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusBadRequest || e.Param == "" {
			t.Errorf("%+v: %v", a.format, err)
		}
	}
}
