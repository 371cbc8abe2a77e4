package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The models that the tests' server has: one that writes, one that writes by a template
// with tools and thoughts, and one that gives vectors.
const (
	writer   = "hatchling/gpt"
	chatter  = "chatter"
	embedder = "hatchling/bert"
)

// key is what the server wants to be shown.
const key = "a key"

// base is the server's address.
var base string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withServer runs a function while the server serves.
func withServer(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "clients")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	zoo := filepath.Join(dir, "zoo")
	build := exec.Command("go", "build", "-o", zoo, "./cmd/zoo")
	build.Dir, build.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the command: %w\n%s", err, out)
	}
	if err := makeChatter(zoo, filepath.Join(dir, chatter)); err != nil {
		return 1, err
	}
	ctx, end := context.WithCancel(context.Background())
	defer end()
	server := exec.CommandContext(ctx, zoo, "serve", writer, embedder, filepath.Join(dir, chatter), "--addr", "127.0.0.1:0", "--log-level", "error")
	server.Env = append(os.Environ(), "ZOO_API_KEY="+key)
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.WaitDelay = 10 * time.Second
	stderr, err := server.StderrPipe()
	if err != nil {
		return 1, err
	}
	if err := server.Start(); err != nil {
		return 1, err
	}
	lines := bufio.NewReader(stderr)
	for base == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			return 1, fmt.Errorf("the server says no address: %w", err)
		}
		if _, address, ok := strings.Cut(strings.TrimSpace(line), " at http"); ok {
			base = "http" + address
		} else {
			fmt.Fprint(os.Stderr, line)
		}
	}
	told := make(chan struct{})
	go func() { _, _ = io.Copy(os.Stderr, lines); close(told) }()
	code := run()
	end()
	<-told
	if err := server.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return 1, fmt.Errorf("the server ended: %w", err)
	}
	if !server.ProcessState.Success() {
		return 1, fmt.Errorf("the server ended with %v", server.ProcessState)
	}
	return code, nil
}

// template is a chat template of the form that Hermes and Qwen have: turns between marks,
// thoughts and calls between tags. It is the tests' own.
const template = `{%- if tools %}<|im_start|>system
{% for m in messages if m.role == 'system' %}{{ m.content }}
{% endfor %}Call functions within <tool_call></tool_call> tags as {"name": ..., "arguments": ...}. <tools>
{% for t in tools %}{{ t | tojson }}
{% endfor %}</tools><|im_end|>
{% endif %}{% for m in messages %}{% if m.role == 'tool' %}<|im_start|>user
<tool_response>{{ m.content }}</tool_response><|im_end|>
{% elif m.role == 'assistant' and m.tool_calls %}<|im_start|>assistant
{{ m.content or '' }}{% for c in m.tool_calls %}<tool_call>
{{ {'name': c.function.name, 'arguments': c.function.arguments} | tojson }}
</tool_call>{% endfor %}<|im_end|>
{% elif not (tools and m.role == 'system') %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking %}<think>
{% endif %}{% endif %}`

// makeChatter makes of the embedded model one with a chat template, and with room for the
// schemas of tools in its prompt.
func makeChatter(zoo, dir string) error {
	if out, err := exec.Command(zoo, "convert", writer, dir, "--to", "safetensors").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return errors.Join(
		setKey(filepath.Join(dir, "tokenizer_config.json"), "chat_template", template),
		setKey(filepath.Join(dir, "config.json"), "max_position_embeddings", 2048),
	)
}

// setKey changes a key of a JSON file, which it makes if it is not there.
func setKey(file, key string, value any) error {
	config := map[string]any{}
	if text, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(text, &config); err != nil {
			return err
		}
	}
	config[key] = value
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// send sends a request as it is and returns its answer.
func send(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text
}

// dataFile returns the path of a file of the data that lies beside the repository, or skips
// the test.
func dataFile(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("ZOO_SHARED")
	if root == "" {
		root = "../../shared"
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here: %v", name, err)
	}
	return path
}
