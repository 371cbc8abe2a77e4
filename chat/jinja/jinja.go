// Package jinja renders the Jinja templates that checkpoints carry for chats, as
// Hugging Face's transformers does: Jinja 2.3's language with trim_blocks,
// lstrip_blocks, loop controls and its immutable sandbox.
//
// A template is not trusted. It sees plain data only (there is no reflection,
// import or file access, and nothing it can change but its own namespaces), and
// each render is bounded in steps, memory, depth and time.
package jinja

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Bounds on one template and one render. They hold a hostile template to about
// a second and 64 MiB, and are far above what published templates need.
const (
	MaxSource  = 1 << 20  // bytes of a template
	MaxSteps   = 4 << 20  // expressions and statements evaluated
	MaxMemory  = 64 << 20 // bytes of strings and lists made, output included
	maxNesting = 100      // nesting of a template's text
	maxDepth   = 2000     // nesting of evaluation
	maxCalls   = 200      // macros inside macros
	maxData    = 100      // nesting of data
	maxRange   = 100000   // as jinja2.sandbox.MAX_RANGE
)

// A Template is a parsed template. It never changes, and any number of
// goroutines may render it at once.
type Template struct{ body []stmt }

// ErrLimit is wrapped by the errors of a render that went over one of the bounds.
var ErrLimit = errors.New("over the limit")

// failure carries an error to the edge of the package.
type failure struct{ err error }

// caught turns a failure that is panicking into *err; other panics go on.
func caught(err *error, where func() string) {
	switch p := recover().(type) {
	case nil:
	case failure:
		*err = fmt.Errorf("jinja: %s: %w", where(), p.err)
	default:
		panic(p)
	}
}

func fail(format string, a ...any) { panic(failure{fmt.Errorf(format, a...)}) }

// Parse reads a template's source. The error names the line.
func Parse(source string) (t *Template, err error) {
	if len(source) > MaxSource {
		return nil, fmt.Errorf("jinja: template of %d bytes: %w of %d", len(source), ErrLimit, MaxSource)
	}
	p := &parser{line: 1}
	defer caught(&err, func() string { return fmt.Sprintf("line %d", p.line) })
	p.segments = lex(source, &p.line)
	return &Template{p.body()}, nil
}

// Options are what a render may use beside its variables.
type Options struct {
	Now func() time.Time // what strftime_now reads; nil: the clock

	// Generated, if not nil, gets the bytes [0] to [1] of the text that each
	// {% generation %} block writes: what a model is to write itself.
	Generated *[][2]int
}

// Render returns the template's text for vars, whose values are those that
// [FromGo] takes. It stops with an error when ctx is done.
func (t *Template) Render(ctx context.Context, vars map[string]any, o Options) (text string, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &run{ctx: ctx, now: o.Now, line: 1, out: &strings.Builder{}, generated: o.Generated}
	r.root = r.out
	r.scope = &scope{vars: maps.Clone(globals)}
	r.scope = &scope{vars: map[string]any{}, up: r.scope}
	defer caught(&err, func() string { return fmt.Sprintf("line %d", r.line) })
	for k, v := range vars {
		r.scope.vars[k] = FromGo(v)
	}
	if r.exec(t.body) != flowNext {
		fail("break or continue outside of a loop")
	}
	return r.out.String(), nil
}
