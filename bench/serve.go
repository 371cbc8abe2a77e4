package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nlp-zoo/zoo/bench/load"
)

// loadServer is the command load: it puts load on a server that runs.
func loadServer(ctx context.Context, args []string) error {
	o := load.Options{}
	mix := texts{"short", "chat", "long", "write"}
	var asJSON bool
	f := flag.NewFlagSet("bench load", flag.ContinueOnError)
	f.StringVar(&o.URL, "url", "http://127.0.0.1:8080", "where the server is")
	f.StringVar(&o.Key, "key", "", "key to send")
	f.StringVar(&o.Model, "model", "", "model to ask for (default: the server's first)")
	f.IntVar(&o.Clients, "clients", 32, "requests at once")
	f.DurationVar(&o.Duration, "duration", 0, "no request begins after that time")
	f.IntVar(&o.Requests, "requests", 0, "requests in all")
	f.DurationVar(&o.Warmup, "warmup", 0, "time at first in which only errors count")
	f.Var(&replacing{&mix, false}, "mix", "kinds of request, each as likely: short, chat, long, write, or WORDS:TOKENS, a prompt and a length")
	f.Uint64Var(&o.Seed, "seed", 1, "of all that is random")
	f.Float64Var(&o.Cancel, "cancel", 0, "part of the requests to cancel on the way")
	f.IntVar(&o.PID, "pid", 0, "process whose memory to watch")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	if err := f.Parse(args); err != nil {
		return err
	}
	for _, name := range mix {
		k, err := load.ParseKind(name)
		if err != nil {
			return err
		}
		o.Mix = append(o.Mix, k)
	}
	if o.Duration == 0 && o.Requests == 0 {
		o.Duration = time.Minute
	}
	r, err := load.Run(ctx, o)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	return r.Write(os.Stdout)
}

// replacing is a flag of texts whose first use does away with what was there.
type replacing struct {
	*texts
	set bool
}

// Set adds s.
func (r *replacing) Set(s string) error {
	if !r.set {
		r.set, *r.texts = true, nil
	}
	return r.texts.Set(s)
}

// A server is a program that answers over HTTP.
type server struct {
	name, program string
	args          func(model string, threads, rows, room, port int) []string
}

// servers returns the zoo and each build of llama.cpp that has a server.
func (s *settings) servers() []server {
	all := []server{{"zoo", s.zoo.path, func(model string, threads, rows, room, port int) []string {
		return []string{
			"serve", "--addr", "127.0.0.1:" + strconv.Itoa(port), "-m", "model=" + model, "-t", strconv.Itoa(threads),
			"--rows", strconv.Itoa(rows), "--room", strconv.Itoa(room),
		}
	}}}
	for _, l := range s.llamas {
		program := l.program("llama-server")
		if _, err := os.Stat(program); err != nil {
			continue
		}
		all = append(all, server{l.name, program, func(model string, threads, rows, room, port int) []string {
			t := strconv.Itoa(threads)
			return append([]string{
				"-m", model, "-t", t, "-tb", t, "--parallel", strconv.Itoa(rows), "-c", strconv.Itoa(rows * room),
				"--host", "127.0.0.1", "--port", strconv.Itoa(port),
			}, l.batch...)
		}})
	}
	return all
}

// serve compares servers: tokens a second that they write for that many clients, who
// each send requests with prompts of -p words, for -n tokens.
func serve(_ context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found([]string{"qwen2.5-0.5b.q8_0.gguf", "qwen2.5-0.5b.q4_0.gguf", "qwen2.5-0.5b.q4_k_m.gguf"})
	words := s.prompt.orElse(32)[0]
	for _, path := range paths {
		for _, t := range s.threads {
			for _, rows := range s.batch.orElse(8, 16) {
				c := contest{"serve", filepath.Base(path), fmt.Sprintf("%d clients, %d words to %d tokens", rows, words, s.generate), t, "tokens/s", false, nil}
				for _, v := range s.servers() {
					c.entrants = append(c.entrants, s.serving(v, path, t, rows, words))
				}
				all = append(all, c)
			}
		}
	}
	return all, none, err
}

// serving measures a server, which it starts and ends: two requests of each client,
// after one of each that does not count.
func (s *settings) serving(v server, model string, threads, rows, words int) contestant {
	return contestant{v.name, func(ctx context.Context) (sample, error) {
		port, err := freePort()
		if err != nil {
			return sample{}, err
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		c := exec.CommandContext(ctx, v.program, v.args(model, threads, rows, 4*words+s.generate+64, port)...)
		c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
		c.WaitDelay = 5 * time.Second
		var log bytes.Buffer
		c.Stdout, c.Stderr = &log, &log
		if err := c.Start(); err != nil {
			return sample{}, err
		}
		ended := make(chan struct{})
		go func() { _ = c.Wait(); close(ended) }()
		defer func() { stop(); <-ended }()
		o := load.Options{
			URL: fmt.Sprintf("http://127.0.0.1:%d", port), Model: "model", Clients: rows, Requests: rows, Seed: uint64(port),
			Mix: []load.Kind{{Name: "fixed", Prompt: [2]int{words, words}, Output: [2]int{s.generate, s.generate}, Ignore: true}},
		}
		if err := answers(ctx, o.URL, ended); err != nil {
			stop()
			<-ended
			return sample{}, fmt.Errorf("%w: %s", err, tail(log.String()))
		}
		whole := o.Mix[0]
		o.Mix[0].Output = [2]int{8, 8}
		if _, err := load.Run(ctx, o); err != nil {
			return sample{}, err
		}
		o.Requests, o.Seed, o.PID, o.Mix[0] = 2*rows, o.Seed+1, c.Process.Pid, whole
		r, err := load.Run(ctx, o)
		if err == nil && r.Done != r.Requests {
			err = fmt.Errorf("%d of %d requests were answered: %v", r.Done, r.Requests, r.Errors)
		}
		if err != nil {
			return sample{}, err
		}
		return sample{value: r.PerSecond}, r.Write(os.Stderr)
	}}
}

// freePort returns a port that nothing listens at.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// answers waits until a server answers that it is well.
func answers(ctx context.Context, url string, ended <-chan struct{}) error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		r, err := http.Get(url + "/health")
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return errors.New("the server ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("the server does not answer")
}
