package native

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// A Document describes the paths of the API as OpenAPI 3.1 has it.
type Document struct {
	api      huma.OpenAPI
	schemas  huma.Registry
	problems map[string]*huma.Response
}

// An Operation is what one path does.
type Operation struct {
	Method, Path string // the path as OpenAPI has it
	ID           string // a word that no other operation has
	Summary      string // in a line
	Description  string
	Tag          string
	Parameters   map[string]string // of the path: what each is
	Open         bool              // without an API key
}

// NewDocument returns a document without paths. Where keyed is set requests need an API
// key.
func NewDocument(version string, keyed bool) *Document {
	d := &Document{schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)}
	d.api = huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "The zoo's own API", Version: version,
			Description: "What language models do beside chat: fill masks, classify, tag, answer from a text, translate, compare, and show how they read. Errors have the form of RFC 9457."},
		Servers:    []*huma.Server{{URL: "/"}},
		Paths:      map[string]*huma.PathItem{},
		Components: &huma.Components{Schemas: d.schemas, SecuritySchemes: map[string]*huma.SecurityScheme{}},
		Tags: []*huma.Tag{
			{Name: "understand", Description: "Encoders: what a text says."}, {Name: "rewrite", Description: "Encoder-decoders: a text from a text."},
			{Name: "look", Description: "What models read and see."}, {Name: "models", Description: "What there is."},
		},
	}
	if keyed {
		d.api.Components.SecuritySchemes["key"] = &huma.SecurityScheme{Type: "http", Scheme: "bearer", Description: "One of the server's API keys."}
		d.api.Security = []map[string][]string{{"key": {}}}
	}
	problem := d.schema(reflect.TypeFor[Problem]())
	d.problems = map[string]*huma.Response{}
	for status, why := range map[int]string{
		http.StatusBadRequest: "The request is wrong, or the model cannot do it.", http.StatusUnauthorized: "An API key is wanted.", http.StatusForbidden: "The host or origin is not allowed.",
		http.StatusNotFound: "There is no such model.", http.StatusRequestEntityTooLarge: "The body is too large.",
		http.StatusServiceUnavailable: "Too many requests wait; Retry-After says when to try again.", http.StatusGatewayTimeout: "It took longer than the server allows.",
	} {
		d.problems[strconv.Itoa(status)] = &huma.Response{Description: why, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
	}
	return d
}

// arrays keeps huma's defaults in order: its global says whether lists may be null.
var arrays sync.Mutex

func (d *Document) schema(t reflect.Type) *huma.Schema {
	arrays.Lock()
	defer arrays.Unlock()
	was := huma.DefaultArrayNullable
	huma.DefaultArrayNullable = false
	defer func() { huma.DefaultArrayNullable = was }()
	return d.schemas.Schema(t, true, "")
}

// Add describes an operation that is asked for In, or for nothing where In is struct{},
// and answers Out. It returns what holds the bodies of requests to In's schema.
func Add[In, Out any](d *Document, o Operation) func(body []byte) error {
	op := &huma.Operation{Method: o.Method, Path: o.Path, OperationID: o.ID, Summary: o.Summary, Description: o.Description, Tags: []string{o.Tag}, Responses: map[string]*huma.Response{}}
	for status, r := range d.problems {
		op.Responses[status] = r
	}
	op.Responses["200"] = &huma.Response{Description: "What was asked for.", Content: map[string]*huma.MediaType{"application/json": {Schema: d.schema(reflect.TypeFor[Out]())}}}
	for name, what := range o.Parameters {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Description: what, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	if o.Open {
		op.Security = []map[string][]string{{}}
	}
	var in *huma.Schema
	if t := reflect.TypeFor[In](); t.NumField() > 0 {
		in = d.schema(t)
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: in}}}
	}
	d.api.AddOperation(op)
	return func(body []byte) error { return d.check(in, body) }
}

// An Error is a mistake in one field of a request.
type Error struct{ Field, Why string }

func (e *Error) Error() string { return e.Field + ": " + e.Why }

// check holds a body to a schema.
func (d *Document) check(in *huma.Schema, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	var result huma.ValidateResult
	huma.Validate(d.schemas, in, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &result)
	if len(result.Errors) == 0 {
		return nil
	}
	var detail *huma.ErrorDetail
	if errors.As(result.Errors[0], &detail) {
		field := strings.TrimPrefix(detail.Location, "body.")
		return &Error{Field: field, Why: detail.Message}
	}
	return &Error{Why: result.Errors[0].Error()}
}

// JSON returns the document.
func (d *Document) JSON() ([]byte, error) {
	text, err := d.api.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("native: document: %w", err)
	}
	return text, nil
}
