//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/model"
)

// asCommand is the variable that has the test's own binary be the command.
const asCommand = "TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// longWinded makes a model that takes seconds for a text.
func longWinded(t *testing.T) string {
	t.Helper()
	config, dst := filepath.Join(t.TempDir(), "config.json"), filepath.Join(t.TempDir(), "long")
	err := os.WriteFile(config, []byte(`{"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":1024,"hidden_size":256,"intermediate_size":512,
"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":16384,"rms_norm_eps":1e-5}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model.Random(config, dst, model.RandomOptions{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	return dst
}

// A process is a zoo serve that runs by itself.
type process struct {
	*exec.Cmd
	url  string
	log  bytes.Buffer
	done chan struct{} // it has ended, and err says how
	err  error
}

func startServe(t *testing.T, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), exe, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...), done: make(chan struct{})}
	p.Env = append(os.Environ(), asCommand+"=1")
	out, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`http://\S+`).FindString(first)
	if at == "" {
		t.Fatalf("it says %q", first)
	}
	p.url = at
	go func() {
		_, _ = io.Copy(&p.log, lines)
		p.err = p.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
	})
	return p
}

// ends waits for the process to end by itself and returns its exit code, -1 for a signal.
func (p *process) ends(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		t.Fatalf("it has not ended in %v", within)
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		t.Fatal(p.err)
	}
	return p.ProcessState.ExitCode()
}

// stream asks for a text of so many tokens, and waits for it to begin.
func (p *process) stream(t *testing.T, tokens int) (*json.Decoder, io.Closer) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"prompt": "hello", "raw": true, "options": map[string]any{"num_predict": tokens, "num_ctx": 16000, "temperature": 0}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.url+"/api/generate", bytes.NewReader(bytes.Replace(body, []byte("{"), []byte(`{"model":"long",`), 1)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	lines := json.NewDecoder(res.Body)
	var first struct{ Done bool }
	if err := lines.Decode(&first); err != nil || first.Done {
		t.Fatalf("the first line: %+v, %v", first, err)
	}
	return lines, res.Body
}

func (p *process) get(t *testing.T, path string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	res.Body.Close()
	return res.StatusCode, res.Header
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// A server that is told to end takes no more in, but ends what it has begun.
func TestServeDrain(t *testing.T) {
	p := startServe(t, "long="+longWinded(t), "--room", "16384")
	lines, body := p.stream(t, 1500)
	defer body.Close()
	p.signal(t, syscall.SIGTERM)
	refused := false
	for range 200 {
		status, h := p.get(t, "/api/tags")
		if refused = status == http.StatusServiceUnavailable && h.Get("Retry-After") != ""; refused {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if status, _ := p.get(t, "/ready"); !refused || status != http.StatusServiceUnavailable {
		t.Errorf("requests refused: %v, ready: %d", refused, status)
	}
	if status, _ := p.get(t, "/health"); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
	var last struct {
		Done   bool   `json:"done"`
		Reason string `json:"done_reason"`
		Count  int    `json:"eval_count"`
	}
	for {
		if err := lines.Decode(&last); err != nil {
			break
		}
	}
	if !last.Done || last.Reason != "length" || last.Count != 1500 {
		t.Errorf("the live text ended with %+v", last)
	}
	if code := p.ends(t, 5*time.Second); code != exitDone {
		t.Errorf("exit %d: %s", code, p.log.String())
	}
}

// What does not end in time is cut off, and a second signal cuts off at once.
func TestServeDrainEnds(t *testing.T) {
	dir := longWinded(t)
	p := startServe(t, "long="+dir, "--room", "16384", "--drain", "100ms")
	lines, body := p.stream(t, 15000)
	defer body.Close()
	p.signal(t, os.Interrupt)
	if code := p.ends(t, 5*time.Second); code != exitFailed || !strings.Contains(p.log.String(), "cut off after 100ms") {
		t.Errorf("exit %d: %s", code, p.log.String())
	}
	var line struct {
		Done  bool
		Error string
	}
	for lines.Decode(&line) == nil {
		if line.Done {
			t.Error("the text that was cut off looks whole")
		}
	}
	p = startServe(t, "long="+dir, "--room", "16384")
	_, body = p.stream(t, 15000)
	defer body.Close()
	p.signal(t, syscall.SIGTERM)
	time.Sleep(50 * time.Millisecond)
	p.signal(t, syscall.SIGTERM)
	if code := p.ends(t, 2*time.Second); code != -1 {
		t.Errorf("exit %d: %s", code, p.log.String())
	}
}

// A server that is killed at any moment leaves its models as they were.
func TestServeKilled(t *testing.T) {
	dir := longWinded(t)
	before := listing(t, dir)
	for _, after := range []time.Duration{0, 3 * time.Millisecond, 20 * time.Millisecond} {
		p := startServe(t, "long="+dir, "--preload")
		time.Sleep(after)
		p.signal(t, syscall.SIGKILL)
		p.ends(t, 2*time.Second)
	}
	if now := listing(t, dir); now != before {
		t.Errorf("before:\n%s\nnow:\n%s", before, now)
	}
	p := startServe(t, "long="+dir)
	_, body := p.stream(t, 10)
	body.Close()
}

// listing tells of all files of a folder.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var s strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		s.WriteString(path + " " + info.ModTime().String() + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}
