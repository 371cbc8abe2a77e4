package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// done is a program that has run.
type done struct {
	stdout []byte
	stderr []byte
	wall   time.Duration
	memory int64 // most bytes in memory, 0 if that is not known
}

// execute runs a program to its end. What it wrote to stderr is part of an error.
func execute(ctx context.Context, env []string, name string, args ...string) (done, error) {
	c := exec.CommandContext(ctx, name, args...)
	if len(env) > 0 {
		c.Env = append(os.Environ(), env...)
	}
	return finish(c)
}

// executeOn is execute with text on standard input.
func executeOn(ctx context.Context, text []byte, name string, args ...string) (done, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdin = bytes.NewReader(text)
	return finish(c)
}

func finish(c *exec.Cmd) (done, error) {
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	start := time.Now()
	err := c.Run()
	d := done{stdout: out.Bytes(), stderr: errs.Bytes(), wall: time.Since(start)}
	if err != nil {
		return d, fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, tail(errs.String()))
	}
	d.memory = peakMemory(c.ProcessState)
	return d, nil
}

// tail returns the last lines of a text, on one line.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}

// decodeFrom decodes the JSON that begins at the first of one of the given bytes: some
// programs print other things before.
func decodeFrom(text []byte, begin string, v any) error {
	i := bytes.IndexAny(text, begin)
	if i < 0 {
		return errors.New("there is no JSON in what it printed")
	}
	return json.NewDecoder(bytes.NewReader(text[i:])).Decode(v)
}
