package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// client asks a server.
type client struct {
	url, key, model string
	http            *http.Client
}

// An answer is what came of a request.
type answer struct {
	status    int
	retry     time.Duration
	err       error // it was not answered to its end
	cancelled bool  // by us

	begun, ended time.Time
	first        time.Duration   // to the first token
	gaps         []time.Duration // from one token to the next
	prompt, made int             // tokens, as the server counts them
	cached       int             // tokens of the prompt that it knew
	wanted       int             // tokens, where no text ends early; else 0
}

// do sends a request.
func (c client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, text)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	r.Header["Idempotency-Key"] = nil // not sent: a connection that the server has closed meanwhile is no error
	return c.http.Do(r)
}

// first returns the first model that the server has.
func (c client) first(ctx context.Context) (string, error) {
	r, err := c.do(ctx, http.MethodGet, "/v1/models", nil)
	if err != nil {
		return "", fmt.Errorf("load: models: %w", err)
	}
	defer func() { _ = r.Body.Close() }()
	var list struct{ Data []struct{ ID string } }
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&list); err != nil || len(list.Data) == 0 {
		return "", fmt.Errorf("load: models: the server names none: %w", errors.Join(err, fmt.Errorf("status %d", r.StatusCode)))
	}
	return list.Data[0].ID, nil
}

// ask sends a request and reads what is streamed in answer.
func (c client) ask(ctx context.Context, q query) answer {
	a := answer{begun: time.Now()}
	body := map[string]any{
		"model": c.model, "prompt": q.prompt, "max_tokens": q.tokens, "stream": true, "seed": q.seed, "temperature": 0,
		"stream_options": map[string]any{"include_usage": true},
	}
	if q.ignore {
		body["ignore_eos"], a.wanted = true, q.tokens
	}
	if q.sample {
		body["temperature"] = 0.8
		body["top_p"] = 0.95
	}
	a.err = c.stream(ctx, body, &a)
	a.ended = time.Now()
	return a
}

func (c client) stream(ctx context.Context, body any, a *answer) error {
	r, err := c.do(ctx, http.MethodPost, "/v1/completions", body)
	if err != nil {
		return err
	}
	defer func() { _ = r.Body.Close() }()
	a.status = r.StatusCode
	if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil {
		a.retry = time.Duration(seconds) * time.Second
	}
	if r.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(r.Body, 1<<12))
		if err == nil && r.StatusCode != http.StatusServiceUnavailable {
			err = fmt.Errorf("status %d: %s", r.StatusCode, bytes.TrimSpace(text))
		}
		return err
	}
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, 1<<20)
	last, done := a.begun, false
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:"))
		if !ok {
			continue
		}
		if data = bytes.TrimSpace(data); string(data) == "[DONE]" {
			done = true
			continue
		}
		if err := a.event(data, &last); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if !done {
		return errors.New("the stream ends without [DONE]")
	}
	if a.wanted > 0 && a.made != a.wanted {
		return fmt.Errorf("%d tokens were made, %d were asked for", a.made, a.wanted)
	}
	return nil
}

// event reads one event of a stream. Last is when the one before came.
func (a *answer) event(data []byte, last *time.Time) error {
	var e struct {
		Choices []struct{ Text string }
		Error   json.RawMessage
		Usage   *struct {
			Prompt  int `json:"prompt_tokens"`
			Made    int `json:"completion_tokens"`
			Details struct {
				Cached int `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
		}
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("an event that is no JSON: %w", err)
	}
	if len(e.Error) > 0 && string(e.Error) != "null" {
		return fmt.Errorf("an error in the stream: %s", e.Error)
	}
	if e.Usage != nil {
		a.prompt, a.made, a.cached = e.Usage.Prompt, e.Usage.Made, e.Usage.Details.Cached
	}
	if len(e.Choices) == 0 {
		return nil
	}
	now := time.Now()
	if a.first == 0 {
		a.first = now.Sub(a.begun)
	} else {
		a.gaps = append(a.gaps, now.Sub(*last))
	}
	*last = now
	return nil
}
