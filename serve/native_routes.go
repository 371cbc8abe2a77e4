package serve

import (
	"context"
	"errors"
	"net/http"

	words "github.com/nlp-zoo/zoo/serve/native"
)

// problems is the dialect of the native API: errors in the form of RFC 9457.
var problems = &dialect{name: "native", body: func(e *Error) any {
	return words.Problem{Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Error(), Code: e.code(), Param: e.Param}
}}

// problemType is the media type of them.
const problemType = "application/problem+json"

// nativeRoutes adds the server's own API, and the document that describes it.
func (s *Server) nativeRoutes(rt *routes) {
	d := words.NewDocument(s.o.Version, len(s.o.Keys) > 0)
	addTask(s, rt, d, s.nativeFill, words.Operation{ID: "fill", Tag: "understand", Summary: "Predict the tokens under the masks in a text"})
	addTask(s, rt, d, s.nativeClassify, words.Operation{ID: "classify", Tag: "understand", Summary: "Sort a text, or a pair of texts, by the classes a model was trained on"})
	addTask(s, rt, d, s.nativeZeroShot, words.Operation{ID: "zero-shot", Tag: "understand", Summary: "Match a text with labels of your own",
		Description: "A model of natural language inference is asked whether the label's sentence follows from the text; a decoder, how much likelier the text makes it."})
	addTask(s, rt, d, s.nativeTag, words.Operation{ID: "tag", Tag: "understand", Summary: "Find the entities in a text", Description: "A long text is read in windows."})
	addTask(s, rt, d, s.nativeAnswer, words.Operation{ID: "answer", Tag: "understand", Summary: "Find the part of a text that answers a question", Description: "A long context is read in windows."})
	addTask(s, rt, d, s.nativeCompare, words.Operation{ID: "compare", Tag: "understand", Summary: "Tell how alike texts are"})
	addTask(s, rt, d, s.nativeRerank, words.Operation{ID: "rerank", Tag: "understand", Summary: "Order texts by how well they answer a query"})
	addTask(s, rt, d, s.nativeTranslate, words.Operation{ID: "translate", Tag: "rewrite", Summary: "Write a text in another language"})
	addTask(s, rt, d, s.nativeSummarize, words.Operation{ID: "summarize", Tag: "rewrite", Summary: "Write a text in fewer words"})
	addTask(s, rt, d, s.nativeTokenize, words.Operation{ID: "tokenize", Tag: "look", Summary: "Tell the tokens that a model reads a text in"})
	addTask(s, rt, d, s.nativeNext, words.Operation{ID: "next", Tag: "look", Summary: "Tell the likeliest next tokens"})
	addTask(s, rt, d, s.nativeAttention, words.Operation{ID: "attention", Tag: "look", Summary: "Tell which tokens each head of a small model looks at"})

	words.Add[struct{}, words.Models](d, words.Operation{Method: "GET", Path: "/zoo/models", ID: "models", Tag: "models", Summary: "List the models"})
	rt.handle("GET /zoo/models", problems, s.nativeModels)
	words.Add[struct{}, words.Description](d, words.Operation{Method: "GET", Path: "/zoo/models/{name}", ID: "model", Tag: "models", Summary: "Describe a model",
		Parameters: map[string]string{"name": "The model's name; it may have slashes."}})
	rt.handle("GET /zoo/models/{name...}", problems, s.nativeModel)

	text, err := d.JSON()
	rt.handle("GET /openapi.json", problems, func(w http.ResponseWriter, _ *http.Request) error {
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// named is a request that names its model.
type named interface{ Name() string }

// addTask adds the route of a task: its requests are held to their schema, and answered with
// the model that they name.
func addTask[In named, Out any](s *Server, rt *routes, d *words.Document, f func(context.Context, *resident, In) (Out, error), o words.Operation) {
	o.Method, o.Path = http.MethodPost, "/zoo/"+o.ID
	check := words.Add[In, Out](d, o)
	rt.handle("POST "+o.Path, problems, func(w http.ResponseWriter, r *http.Request) error {
		body, err := s.readBody(w, r)
		if err != nil {
			return err
		}
		var in In
		if depth(body) > maxDepth { // before the schema is asked
			return parseJSON(body, &in)
		}
		var mistake *words.Error
		if err := check(body); errors.As(err, &mistake) {
			return invalid(mistake.Field, "%s", mistake.Why)
		}
		if err := parseJSON(body, &in); err != nil {
			return err
		}
		m, release, err := s.lease(r.Context(), in.Name())
		if err != nil {
			return err
		}
		defer release()
		out, err := f(r.Context(), m, in)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, out)
	})
}
