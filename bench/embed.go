package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// embedders are the folders that services of embeddings are compared on.
var embedders = []string{"all-minilm-l6-v2"}

// A service gives vectors of texts over HTTP, as OpenAI's API has it. It is started when
// it is first asked and runs until the contest is over; nothing runs while others are
// measured but what waits for requests.
type service struct {
	name   string
	args   []string // the program and its arguments; nil: it runs already
	port   int
	url    string
	ended  chan struct{}
	stop   context.CancelFunc
	warm   bool // it has been measured
	output bytes.Buffer
}

// serveEmbed compares services of embeddings: texts of mixed lengths a second, of that many
// clients who each send one text after the other. --server NAME=URL takes services that run
// already in place of those that are started here.
func serveEmbed(ctx context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found(embedders)
	var started []*service
	for _, path := range paths {
		for _, t := range s.threads {
			services := s.services(ctx, path, t)
			started = append(started, services...)
			for _, clients := range s.batch.orElse(16) {
				c := contest{"serve-embed", filepath.Base(path), fmt.Sprintf("%d clients, 3 to 120 words", clients), t, "texts/s", false, nil}
				for _, v := range services {
					c.entrants = append(c.entrants, contestant{v.name, func(ctx context.Context) (sample, error) { return v.measure(ctx, clients, s.seconds) }})
				}
				all = append(all, c)
			}
		}
	}
	return all, func() {
		for _, v := range started {
			v.close()
		}
	}, err
}

// services returns the zoo, and sentence-transformers behind FastAPI with a request a
// thread and with those that wait gathered.
func (s *settings) services(ctx context.Context, model string, threads int) (all []*service) {
	for _, at := range s.running {
		name, url, _ := strings.Cut(at, "=")
		all = append(all, &service{name: name, url: url})
	}
	if len(all) > 0 {
		return all
	}
	add := func(name string, args func(port string) []string) {
		if port, err := freePort(); err == nil {
			all = append(all, &service{name: name, port: port, url: "http://127.0.0.1:" + strconv.Itoa(port), args: args(strconv.Itoa(port))})
		}
	}
	t := strconv.Itoa(threads)
	add("zoo", func(port string) []string {
		return []string{s.zoo.path, "serve", "--addr", "127.0.0.1:" + port, "-m", "model=" + model, "-t", t}
	})
	if !has(ctx, s.python, "sentence_transformers") || !has(ctx, s.python, "fastapi") {
		return all
	}
	peer := func(more ...string) func(port string) []string {
		return func(port string) []string {
			return append([]string{s.python, filepath.Join("peers", "embed_server.py"), model, t, "--port", port}, more...)
		}
	}
	var graph []string
	if file := filepath.Join(s.dir, "onnx", filepath.Base(model)+".onnx"); fileExists(file) { // as encode has it made
		graph = []string{"--onnx", file}
	}
	add("sentence-transformers", peer(graph...))
	add("sentence-transformers, gathering", peer(append(slices.Clip(graph), "--gather")...))
	return all
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// start starts a service and waits until it answers.
func (v *service) start(ctx context.Context) error {
	if v.args == nil || v.ended != nil {
		return nil
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := exec.CommandContext(running, v.args[0], v.args[1:]...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	c.Stdout, c.Stderr = &v.output, &v.output
	if err := c.Start(); err != nil {
		stop()
		return err
	}
	v.stop, v.ended = stop, make(chan struct{})
	go func() { _ = c.Wait(); close(v.ended) }()
	if err := answers(ctx, v.url, v.ended); err != nil {
		v.close()
		return fmt.Errorf("%w: %s", err, tail(v.output.String()))
	}
	return nil
}

func (v *service) close() {
	if v.stop != nil {
		v.stop()
		<-v.ended
	}
}

// measure returns how many texts a second a service answers, after a quarter of the time
// to warm up, and three seconds the first time.
func (v *service) measure(ctx context.Context, clients int, seconds float64) (sample, error) {
	if err := v.start(ctx); err != nil {
		return sample{}, err
	}
	warming := seconds / 4
	if !v.warm {
		warming = max(warming, 3)
	}
	if _, _, err := v.load(ctx, clients, warming, 1); err != nil {
		return sample{}, err
	}
	v.warm = true
	rate, times, err := v.load(ctx, clients, seconds, 2)
	slices.Sort(times)
	at := func(q float64) float64 { return times[int(q*float64(len(times)-1))].Seconds() * 1000 }
	if err != nil || len(times) == 0 {
		return sample{}, errors.Join(err, ctx.Err())
	}
	fmt.Fprintf(os.Stderr, "%s: %d texts, %.0f texts/s, p50 %.1f ms, p99 %.1f ms\n", v.name, len(times), rate, at(0.5), at(0.99))
	return sample{value: rate}, nil
}

// load has clients ask for that long.
func (v *service) load(ctx context.Context, clients int, seconds float64, seed uint64) (rate float64, times []time.Duration, err error) {
	h := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer h.CloseIdleConnections()
	begun := time.Now()
	end := begun.Add(time.Duration(seconds * float64(time.Second)))
	var mu sync.Mutex
	var asking sync.WaitGroup
	var failed atomic.Bool
	for i := range clients {
		asking.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for time.Now().Before(end) && !failed.Load() {
				sent := time.Now()
				e := v.embed(ctx, h, mixedText(r))
				mu.Lock()
				if times = append(times, time.Since(sent)); e != nil {
					err = e
					failed.Store(true)
				}
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	return float64(len(times)) / time.Since(begun).Seconds(), times, err
}

// embed asks for a vector, which must have length 1.
func (v *service) embed(ctx context.Context, h *http.Client, text string) error {
	body, err := json.Marshal(map[string]string{"model": "model", "input": text})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+"/v1/embeddings", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	a, err := h.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = a.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	if err != nil || a.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("%s: status %d: %.200s", v.name, a.StatusCode, answer))
	}
	var got struct {
		Data []struct{ Embedding []float64 }
	}
	if err := json.Unmarshal(answer, &got); err != nil || len(got.Data) != 1 {
		return errors.Join(err, fmt.Errorf("%s: it answered %.200s", v.name, answer))
	}
	sum := 0.0
	for _, x := range got.Data[0].Embedding {
		sum += x * x
	}
	if math.Abs(sum-1) > 1e-3 {
		return fmt.Errorf("%s: a vector has the squared length %v", v.name, sum)
	}
	return nil
}

// plain are words that are a token each to most vocabularies.
var plain = strings.Fields("the keeper feeds lions in morning and they sleep under trees while children look at them from far away with great joy")

// mixedText returns a text: half of them are short, as questions are, a third as long as
// a sentence or two, the rest as a paragraph.
func mixedText(r *rand.Rand) string {
	n := 3 + r.IntN(10)
	switch k := r.IntN(6); {
	case k == 5:
		n = 60 + r.IntN(61)
	case k >= 3:
		n = 13 + r.IntN(28)
	}
	words := make([]string, n)
	for i := range words {
		words[i] = plain[r.IntN(len(plain))]
	}
	return strings.Join(words, " ")
}
