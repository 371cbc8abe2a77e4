package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// The same prompt sent many times among random neighbours gives one text, greedy and with
// a seed.
func TestSameAmongNeighbours(t *testing.T) {
	s, _ := testServer(t, func(o *Options) { o.Rows = 4 })
	m, release := take(t, s, "")
	defer release()
	write := func(ctx context.Context, prompt string, o generate.Options) (string, error) {
		re, err := s.answer(ctx, m, ask{prompt: prompt, options: o})
		if err != nil {
			return "", err
		}
		all, err := re.whole(ctx)
		if err != nil {
			return "", err
		}
		return all[0].content, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var neighbours sync.WaitGroup
	for i := range 3 {
		neighbours.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			words := strings.Fields("it was a dark evening and the duke did not know his presence no longer")
			for ctx.Err() == nil {
				var prompt []string
				for range 1 + r.IntN(60) {
					prompt = append(prompt, words[r.IntN(len(words))])
				}
				once, leave := context.WithTimeout(ctx, time.Duration(r.IntN(40))*time.Millisecond)
				_, _ = write(once, strings.Join(prompt, " "), generate.Options{MaxTokens: 1 + r.IntN(60), Temperature: r.Float64(), Seed: r.Uint64()})
				leave()
			}
		})
	}
	for name, o := range map[string]generate.Options{"greedy": {MaxTokens: 24}, "seeded": {MaxTokens: 24, Temperature: 1, TopP: 0.95, Seed: 7}} {
		texts := map[string]int{}
		for range 100 {
			text, err := write(t.Context(), "It was a dark evening, and", o)
			if err != nil {
				t.Fatal(err)
			}
			texts[text]++
		}
		if len(texts) != 1 {
			t.Errorf("%s: %d texts: %v", name, len(texts), texts)
		}
	}
	cancel()
	neighbours.Wait()
}

// slowModel makes a model that takes seconds for a text of thousands of tokens.
func slowModel(t *testing.T) ModelSpec {
	t.Helper()
	dir := t.TempDir()
	config, dst := filepath.Join(dir, "config.json"), filepath.Join(dir, "slow")
	err := os.WriteFile(config, []byte(`{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":1024,"hidden_size":256,"intermediate_size":512,
"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":16384,"rms_norm_eps":1e-5}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.Random(config, dst, model.RandomOptions{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	return ModelSpec{Name: "slow", Path: dst}
}

// A client that leaves frees its row within 100 ms, whether its text streams, or waits for
// a row, and whether it has read anything or not.
func TestCancelled(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.Models = []ModelSpec{slowModel(t)}; o.Rows = 1; o.Room = 16384 })
	s.lines(&s.routes)
	m, release := take(t, s, "slow")
	defer release()
	ask := func(ctx context.Context) {
		body := strings.NewReader(`{"prompt":"hello","max_tokens":15000}`)
		req, err := http.NewRequestWithContext(ctx, "POST", url+"/test/write", body)
		if err != nil {
			t.Error(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			defer res.Body.Close()
			_ = json.NewDecoder(res.Body).Decode(&struct{}{})
			<-ctx.Done()
		}
	}
	var wait sync.WaitGroup
	running, leave := context.WithCancel(t.Context())
	waiting, giveUp := context.WithCancel(t.Context())
	wait.Go(func() { ask(running) })
	eventually(t, func() bool { return m.stats().Running == 1 })
	wait.Go(func() { ask(waiting) })
	eventually(t, func() bool { return m.stats().Waiting == 1 })
	within100ms(t, "waiting", giveUp, func() bool { return m.stats().Waiting == 0 })
	within100ms(t, "running", leave, func() bool { return m.stats().Running == 0 })
	wait.Wait()
}

func within100ms(t *testing.T, what string, cancel func(), gone func() bool) {
	t.Helper()
	begun := time.Now()
	cancel()
	for !gone() {
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("%s: it is still there", what)
		}
		time.Sleep(time.Millisecond)
	}
	if took := time.Since(begun); took > 100*time.Millisecond {
		t.Errorf("%s: it took %v", what, took)
	}
}

// What a prompt may have is told, not cut.
func TestLongPrompt(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.Room = 50 })
	s.lines(&s.routes)
	for _, name := range []string{"hatchling/gpt", "hatchling/t5"} {
		status, body := call(t, "POST", url+"/test/write", fmt.Sprintf(`{"model":%q,"prompt":%q,"max_tokens":4}`, name, strings.Repeat("a word ", 60)))
		if status != http.StatusBadRequest || !strings.Contains(body, "context_length_exceeded") || !strings.Contains(body, "room for 50") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// A server that preloads is ready once its model is open, and ends if it cannot be opened.
func TestPreload(t *testing.T) {
	_, addr, _ := listenTest(t, func(o *Options) { o.Preload = true })
	eventually(t, func() bool { status, _ := call(t, "GET", "http://"+addr+"/ready", ""); return status == http.StatusOK })
	if got := samples(t, "http://"+addr); got[`zoo_model_open{model="hatchling/gpt"}`] != 1 {
		t.Error("ready before the model is open")
	}
	s, err := New(Options{Models: []ModelSpec{{Name: "gone", Path: "/nowhere"}}, Preload: true, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	l := listener(t)
	if err := s.Run(t.Context(), l); err == nil || !strings.Contains(err.Error(), "preload") {
		t.Errorf("a model that is not there: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
