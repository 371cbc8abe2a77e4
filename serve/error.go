package serve

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/field"
	"github.com/nlp-zoo/zoo/task"
)

// An Error is what a client is told of a request that is not answered. Each dialect
// writes it in its own form.
type Error struct {
	Status     int           // of HTTP
	Code       string        // a word for programs: model_not_found, context_length_exceeded …; "" stands for what Status says
	Param      string        // the field or header at fault, or ""
	Message    string        // for people: what, and why
	RetryAfter time.Duration // when to try again; 0: not said

	cause error // for the log
}

func (e *Error) Error() string {
	if e.Param != "" {
		return e.Param + ": " + e.Message
	}
	return e.Message
}

// Unwrap returns what the error came from.
func (e *Error) Unwrap() error { return e.cause }

// code returns Code, or the word for Status.
func (e *Error) code() string {
	if e.Code != "" {
		return e.Code
	}
	switch e.Status {
	case http.StatusBadRequest:
		return "invalid_request"
	case http.StatusUnauthorized:
		return "invalid_api_key"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusServiceUnavailable:
		return "overloaded"
	case http.StatusGatewayTimeout:
		return "timeout"
	}
	return "internal"
}

// headers sets what of e belongs in headers.
func (e *Error) headers(h http.Header) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if e.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", `Bearer realm="zoo"`)
	}
}

// invalid is a mistake in one field of a request.
func invalid(param, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Param: param, Message: fmt.Sprintf(format, args...)}
}

// promptError tells that a prompt is too long.
func promptError(tokens, room int) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "context_length_exceeded",
		Message: fmt.Sprintf("the prompt has %d tokens, and there is room for %d, one of which must be left to write", tokens, room)}
}

// refused tells what a task does not take. The model's path stays here.
func refused(r *task.Refusal) *Error {
	e := &Error{Status: http.StatusBadRequest, Param: r.Field, Message: r.Why, cause: r}
	if r.Tokens > 0 {
		e.Code, e.Message = "context_length_exceeded", fmt.Sprintf("it has %d tokens, and the model reads %d", r.Tokens, r.Room)
	}
	return e
}

// statusGone is nginx's number for a client that left: nobody reads it but the log.
const statusGone = 499

// errorOf returns what a client is told of err. What is not known is an internal error,
// whose text stays in the log: it may name files of this machine.
func errorOf(err error) *Error {
	var e *Error
	var mistake *field.Error
	var large *http.MaxBytesError
	var long *generate.PromptError
	var refusal *task.Refusal
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &mistake):
		return &Error{Status: http.StatusBadRequest, Param: mistake.Field, Message: mistake.Why, cause: err}
	case errors.Is(err, generate.ErrBusy):
		return &Error{Status: http.StatusServiceUnavailable, Code: "overloaded", Message: "as many requests wait as may", RetryAfter: time.Second, cause: err}
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.As(err, &long):
		return promptError(long.Tokens, long.Room)
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: http.StatusGatewayTimeout, Message: "the request took longer than the server allows", cause: err}
	case errors.Is(err, context.Canceled), errors.Is(err, errSlow):
		return &Error{Status: statusGone, Message: "the client has left", cause: err}
	case errors.Is(err, chat.ErrNoTemplate):
		return &Error{Status: http.StatusBadRequest, Message: err.Error(), cause: err}
	case errors.As(err, &large):
		return &Error{Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("the body is larger than %d bytes", large.Limit), cause: err}
	}
	return &Error{Status: http.StatusInternalServerError, Message: "an error inside the server; its log says more", cause: err}
}
