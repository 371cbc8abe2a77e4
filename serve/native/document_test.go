package native_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/serve/native"
)

func operation(id string) native.Operation {
	return native.Operation{Method: "POST", Path: "/zoo/" + id, ID: id, Tag: "understand", Summary: id}
}

// TestCheck: a body that does not fit is told by the field.
func TestCheck(t *testing.T) {
	check := native.Add[native.ZeroShotRequest, native.LabelsAnswer](native.NewDocument("1", false), operation("zero-shot"))
	for body, field := range map[string]string{
		`{"text":"a","labels":["b"]}`:                    "-",
		`{"text":"a","labels":["b"],"multi_label":true}`: "-",
		`{"text":"a","labels":[]}`:                       "labels",
		`{"text":"a","labels":null}`:                     "labels",
		`{"text":"a","labels":[1]}`:                      "labels[0]",
		`{"text":null,"labels":["b"]}`:                   "text",
		`{"text":"a","labels":["b"],"more":1}`:           "more",
		`{"text":"a","labels":["b"],"multi_label":"no"}`: "multi_label",
		`[]`: "",
	} {
		err := check([]byte(body))
		var mistake *native.Error
		switch {
		case err == nil && field != "-", err != nil && field == "-":
			t.Errorf("%s: %v", body, err)
		case err != nil && (!errors.As(err, &mistake) || mistake.Field != field || mistake.Why == ""):
			t.Errorf("%s: %#v, want %q", body, err, field)
		}
	}
	if err := check([]byte(`{`)); err == nil {
		t.Error("half a body fits")
	}
}

// TestDocumentIsTheSame: the document does not depend on chance.
func TestDocumentIsTheSame(t *testing.T) {
	text := func() string {
		d := native.NewDocument("1", true)
		native.Add[native.FillRequest, native.FillAnswer](d, operation("fill"))
		text, err := d.JSON()
		if err != nil || !json.Valid(text) {
			t.Fatal(err)
		}
		return string(text)
	}
	first := text()
	for range 5 {
		if text() != first {
			t.Fatal("it differs")
		}
	}
	if strings.Contains(first, `"null"`) {
		t.Error("something may be null")
	}
}

// FuzzCheck: no body is too much for the check.
func FuzzCheck(f *testing.F) {
	check := native.Add[native.AnswerRequest, native.AnswerAnswer](native.NewDocument("1", false), operation("answer"))
	for _, body := range []string{`{"question":"a","context":"b"}`, `{"question":"a","context":"b","top":1e400}`, `[[[]]]`, `{"":{}}`, `{"top":-0.5,"impossible":[]}`, "\xff"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in native.AnswerRequest
		if check(body) == nil {
			if err := json.Unmarshal(body, &in); err != nil || in.Question == "" || in.Context == "" || in.Top < 0 || in.Top > 100 {
				t.Errorf("%q fits: %+v, %v", body, in, err)
			}
		}
	})
}
