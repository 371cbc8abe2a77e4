package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// meter is a reader that fails where more than MaxRecord bytes are read between
// two calls of reset, so that what decodes a record cannot fill the memory. It
// counts lines.
type meter struct {
	r    *bufio.Reader
	left int
	line int // line ends that were read
}

func newMeter(r io.Reader) *meter { return &meter{r: newLines(r).r, left: MaxRecord} }

func (m *meter) reset() { m.left = MaxRecord }

func (m *meter) Read(p []byte) (int, error) {
	if m.left == 0 {
		return 0, fmt.Errorf("line %d: the record that ends after it %w", m.line+1, errLong)
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	m.line += bytes.Count(p[:n], []byte{'\n'})
	return n, err
}

// elements returns what reads the elements of the array at path of a JSON file, each
// with a function that adds to an error the line where the element ends.
func elements(r io.Reader, path string) func() (json.RawMessage, func(error) error, error) {
	m := newMeter(r)
	d := json.NewDecoder(m)
	at := func(err error) error {
		if errors.Is(err, errLong) {
			return err
		}
		line := m.line + 1
		if rest, ok := d.Buffered().(*bytes.Reader); ok {
			text := make([]byte, rest.Len())
			_, _ = rest.Read(text) // it is in memory
			var syntax *json.SyntaxError
			if errors.As(err, &syntax) { // what is buffered begins where the value does
				text = text[min(max(syntax.Offset-d.InputOffset(), 0), int64(len(text))):]
			}
			line -= bytes.Count(text, []byte{'\n'})
		}
		return fmt.Errorf("line %d: %w", line, unexpected(err))
	}
	inside, done := false, false
	return func() (json.RawMessage, func(error) error, error) {
		m.reset()
		if !inside {
			if err := enter(d, path); err != nil {
				return nil, at, at(err)
			}
			inside = true
		}
		if done || !d.More() {
			if !done {
				if _, err := d.Token(); err != nil {
					return nil, at, at(err)
				}
				done = true
			}
			return nil, at, io.EOF
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, at, at(err)
		}
		return raw, at, nil
	}
}

// enter reads up to the first element of the array at path.
func enter(d *json.Decoder, path string) error {
	var keys []string
	if path != "" {
		keys = strings.Split(path, ".")
	}
	for _, key := range keys {
		if err := delimiter(d, '{'); err != nil {
			return err
		}
		for {
			if !d.More() {
				return fmt.Errorf("there is no %q", path)
			}
			name, err := d.Token()
			if err != nil {
				return err
			}
			if name == key {
				break
			}
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return err
			}
		}
	}
	return delimiter(d, '[')
}

func delimiter(d *json.Decoder, want json.Delim) error {
	tok, err := d.Token()
	if err == nil && tok != want {
		err = fmt.Errorf("a JSON value that begins with %v, where %q must be", tok, want.String())
	}
	return err
}
