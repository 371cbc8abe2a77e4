package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects of a body may lie in one another.
const maxDepth = 64

// readJSON reads a request's body, one JSON value, into v. Fields that v does not have
// are passed over, as clients send what some server knows. Errors name the field.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := s.readBody(w, r)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return invalid("", "the body is empty; it must be a JSON object")
	}
	return parseJSON(body, v)
}

// readBody reads a request's body: text in UTF-8, not larger than Options.MaxBody.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Param: "Content-Encoding", Message: "bodies are read only as they are, not packed"}
	}
	if r.ContentLength > s.o.MaxBody { // before a client is told to send it
		return nil, &http.MaxBytesError{Limit: s.o.MaxBody}
	}
	size := r.ContentLength
	if size < 0 {
		size = s.o.MaxBody
	}
	if err := s.live.body(size, s.o.MaxBodies); err != nil {
		return nil, err
	}
	requestOf(r.Context()).body += size
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.o.MaxBody))
	if err != nil {
		return nil, bodyError(err)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // which run has set
	if !utf8.Valid(body) {
		return nil, invalid("", "the body is not UTF-8")
	}
	return body, nil
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("", "the body ends too early")
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &Error{Status: http.StatusRequestTimeout, Code: "timeout", Message: "the body did not come in time", cause: err}
	}
	return &Error{Status: http.StatusBadRequest, Message: "the body cannot be read", cause: err}
}

// parseJSON reads one JSON value, of bounded depth.
func parseJSON(text []byte, v any) error {
	if d := depth(text); d > maxDepth {
		return invalid("", "the JSON is nested more than %d deep", maxDepth)
	}
	err := json.Unmarshal(text, v)
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return &Error{Status: http.StatusBadRequest, Param: spelt(kind.Field), Message: fmt.Sprintf("%s is no %s", article(kind.Value), kindOf(kind)), cause: err}
	case errors.As(err, &syntax):
		return &Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("the body is not JSON: %v, at byte %d", err, syntax.Offset), cause: err}
	}
	var e *Error
	if errors.As(err, &e) { // of a type's own UnmarshalJSON
		return e
	}
	return &Error{Status: http.StatusBadRequest, Message: "the body: " + strings.TrimPrefix(err.Error(), "json: "), cause: err}
}

// spelt returns a field's path as the request spells it: without the names of structs that
// stand in others, which encoding/json counts as steps. Fields of requests begin small.
func spelt(path string) string {
	steps := strings.Split(path, ".")
	return strings.Join(slices.DeleteFunc(steps, func(s string) bool { return s != "" && 'A' <= s[0] && s[0] <= 'Z' }), ".")
}

func article(value string) string {
	word, _, _ := strings.Cut(value, " ")
	if word == "array" || word == "object" {
		return "an " + word
	}
	return "a " + value
}

// kindOf names the JSON type that was wanted.
func kindOf(e *json.UnmarshalTypeError) string {
	switch name := e.Type.Kind().String(); {
	case name == "slice" || name == "array":
		return "array"
	case name == "struct" || name == "map":
		return "object"
	case name == "bool":
		return "boolean"
	case strings.HasPrefix(name, "int"):
		return "integer (of that size)"
	case strings.HasPrefix(name, "uint"):
		return "integer from 0 (of that size)"
	case strings.HasPrefix(name, "float"):
		return "number (of that size)"
	default:
		return name
	}
}

// depth returns how deep arrays and objects lie in one another, without a stack.
func depth(text []byte) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
