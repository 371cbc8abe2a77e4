package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// findPython returns the interpreter to run peers with: that at path, the one that
// ZOO_BENCH_PYTHON names, or "".
func findPython(path string) string {
	if path == "" {
		path = os.Getenv("ZOO_BENCH_PYTHON")
	}
	if at, err := exec.LookPath(path); err == nil {
		return at
	}
	return ""
}

// has reports whether the interpreter has a module.
func has(ctx context.Context, python, module string) bool {
	return python != "" && exec.CommandContext(ctx, python, "-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('"+module+"') is None)").Run() == nil
}

// script is a program in Python that answers lines with measurements, started when it
// is first asked and kept until the contest is over: it takes seconds to start.
type script struct {
	args   []string // the interpreter, the script, and its arguments
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
}

// newScript returns the script of that name in the folder peers.
func newScript(python, name string, args ...string) *script {
	return &script{args: append([]string{python, filepath.Join("peers", name)}, args...)}
}

func (s *script) start(ctx context.Context) error {
	s.cmd = exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	s.cmd.Stderr = &s.errors
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.out = bufio.NewReader(out)
	return s.cmd.Start()
}

// ask writes a line and returns what is answered.
func (s *script) ask(ctx context.Context, line string) (float64, error) {
	if s.cmd == nil {
		if err := s.start(ctx); err != nil {
			return 0, err
		}
	}
	_, failed := fmt.Fprintln(s.in, line)
	answer, err := s.out.ReadBytes('\n')
	if err = errors.Join(failed, err); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", s.args[1], errors.Join(err, s.close()), tail(s.errors.String()))
	}
	var v struct {
		Value float64 `json:"value"`
	}
	if err := json.Unmarshal(answer, &v); err != nil || v.Value <= 0 {
		return 0, fmt.Errorf("%s: it answered %q", s.args[1], answer)
	}
	return v.Value, nil
}

// close ends the script.
func (s *script) close() error {
	if s.cmd == nil || s.cmd.Process == nil {
		return nil
	}
	err := s.in.Close()
	return errors.Join(err, s.cmd.Wait())
}

// asking is the contestant that asks a script the same each time.
func (s *script) asking(name, line string) contestant {
	return contestant{name, func(ctx context.Context) (sample, error) {
		v, err := s.ask(ctx, line)
		return sample{value: v}, err
	}}
}

// closeAll returns what ends scripts.
func closeAll(scripts []*script) func() {
	return func() {
		for _, s := range scripts {
			_ = s.close()
		}
	}
}
