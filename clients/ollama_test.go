package clients

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"
)

// withKey adds the key to requests: Ollama's client knows none.
type withKey struct{}

func (withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+key)
	return http.DefaultTransport.RoundTrip(r)
}

func ollamaClient(t *testing.T) *api.Client {
	t.Helper()
	address, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return api.NewClient(address, &http.Client{Transport: withKey{}})
}

var (
	yes, no = true, false
	hello   = []api.Message{{Role: "system", Content: "You are kind."}, {Role: "user", Content: "Once upon a time"}}
)

// generate returns the parts of an answer and its text.
func generate(t *testing.T, c *api.Client, q *api.GenerateRequest) (parts []api.GenerateResponse, text string) {
	t.Helper()
	err := c.Generate(t.Context(), q, func(r api.GenerateResponse) error {
		parts = append(parts, r)
		text += r.Response
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts, text
}

// ollamaChat is generate of a chat.
func ollamaChat(t *testing.T, c *api.Client, q *api.ChatRequest) (parts []api.ChatResponse, text string) {
	t.Helper()
	err := c.Chat(t.Context(), q, func(r api.ChatResponse) error {
		parts = append(parts, r)
		text += r.Message.Content
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts, text
}

func TestOllamaModels(t *testing.T) {
	c := ollamaClient(t)
	if err := c.Heartbeat(t.Context()); err != nil {
		t.Error(err)
	}
	if version, err := c.Version(t.Context()); err != nil || version == "" {
		t.Errorf("version %q %v", version, err)
	}
	list, err := c.List(t.Context())
	if err != nil || len(list.Models) != 3 || list.Models[0].Name != writer || list.Models[0].Details.ParameterSize != "1.31M" {
		t.Fatalf("%+v %v", list, err)
	}
	show, err := c.Show(t.Context(), &api.ShowRequest{Model: chatter})
	if err != nil || !strings.Contains(show.Template, "<|im_start|>") || show.ModelInfo["general.architecture"] != "llama" {
		t.Fatalf("%+v %v", show, err)
	}
	for _, want := range []string{"completion", "tools", "thinking"} {
		if !slices.ContainsFunc(show.Capabilities, func(c model.Capability) bool { return string(c) == want }) {
			t.Errorf("it can %v, want %s", show.Capabilities, want)
		}
	}
	if err := c.Generate(t.Context(), &api.GenerateRequest{Model: embedder, Prompt: "a"}, func(api.GenerateResponse) error { return nil }); status(err) != http.StatusBadRequest {
		t.Errorf("an encoder writes: %v", err)
	}
}

// status returns that of an error of the server, or 0.
func status(err error) int {
	var e api.StatusError
	if errors.As(err, &e) && e.ErrorMessage != "" {
		return e.StatusCode
	}
	return 0
}

// A text comes whole and in parts, the same for the same seed, and goes on.
func TestOllamaGenerate(t *testing.T) {
	c := ollamaClient(t)
	q := &api.GenerateRequest{Model: writer, Prompt: "It was a dark", Options: map[string]any{"num_predict": 24, "seed": 7, "temperature": 0.9, "top_p": 0.9, "repeat_penalty": 1.1}}
	parts, text := generate(t, c, q)
	last := parts[len(parts)-1]
	if len(parts) < 5 || !last.Done || last.DoneReason != "length" || last.EvalCount != 24 || last.PromptEvalCount == 0 || last.TotalDuration < last.EvalDuration {
		t.Errorf("%d parts, the last %+v", len(parts), last)
	}
	q.Stream = &no
	whole, same := generate(t, c, q)
	if len(whole) != 1 || same != text || text == "" {
		t.Errorf("whole %q, in parts %q", same, text)
	}
	q.Context, q.Prompt = last.Context, " and then"
	if on, _ := generate(t, c, q); on[0].PromptEvalCount <= len(last.Context) {
		t.Errorf("after %d tokens %d were read", len(last.Context), on[0].PromptEvalCount)
	}
	for _, wait := range []time.Duration{time.Minute, 0} {
		if parts, _ := generate(t, c, &api.GenerateRequest{Model: writer, KeepAlive: &api.Duration{Duration: wait}}); !parts[0].Done {
			t.Errorf("%+v", parts)
		}
		running, err := c.ListRunning(t.Context())
		if err != nil || slices.ContainsFunc(running.Models, func(m api.ProcessModelResponse) bool { return m.Name == writer }) != (wait > 0) {
			t.Errorf("kept for %v: %+v %v", wait, running, err)
		}
	}
}

func TestOllamaChat(t *testing.T) {
	c := ollamaClient(t)
	q := &api.ChatRequest{Model: chatter, Messages: hello, Options: map[string]any{"num_predict": 16, "temperature": 0}, Logprobs: true, TopLogprobs: 2}
	parts, text := ollamaChat(t, c, q)
	probs := 0
	for _, p := range parts {
		probs += len(p.Logprobs)
	}
	if last := parts[len(parts)-1]; !last.Done || last.Message.Role != "assistant" || probs != last.EvalCount || text == "" {
		t.Errorf("%d probabilities, the last part %+v", probs, last)
	}
	q.Stream = &no
	if whole, same := ollamaChat(t, c, q); same != text || len(whole[0].Logprobs) != probs || len(whole[0].Logprobs[0].TopLogprobs) != 2 {
		t.Errorf("whole %q, in parts %q", same, text)
	}
}

// An answer that is held to a schema is an instance of it, whole and in parts; one that is
// held to JSON is an object.
func TestOllamaFormat(t *testing.T) {
	c := ollamaClient(t)
	schema := `{"type":"object","properties":{"name":{"type":"string","maxLength":8},"age":{"type":"integer","minimum":0,"maximum":150}},"required":["name","age"],"additionalProperties":false}`
	for _, stream := range []*bool{&yes, &no} {
		_, text := ollamaChat(t, c, &api.ChatRequest{Model: chatter, Messages: hello, Stream: stream, Format: json.RawMessage(schema), Options: map[string]any{"num_predict": 100, "temperature": 1, "seed": 3}})
		var person struct {
			Name *string
			Age  *int
		}
		if err := json.Unmarshal([]byte(text), &person); err != nil || person.Name == nil || person.Age == nil || *person.Age > 150 {
			t.Errorf("%q: %v", text, err)
		}
	}
	parts, text := generate(t, c, &api.GenerateRequest{Model: writer, Prompt: "a", Format: json.RawMessage(`"json"`), Options: map[string]any{"num_predict": 200, "seed": 2}})
	if last := parts[len(parts)-1]; last.DoneReason == "stop" && !json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimSpace(text), "{") {
		t.Errorf("%q ended with %s", text, last.DoneReason)
	}
	err := c.Chat(t.Context(), &api.ChatRequest{Model: chatter, Messages: hello, Format: json.RawMessage(`{"type":"nonsense"}`)}, func(api.ChatResponse) error { return nil })
	if status(err) != http.StatusBadRequest {
		t.Errorf("a schema of nonsense: %v", err)
	}
}

// weather is a tool.
const weather = `{"type":"function","function":{"name":"weather","description":"The weather somewhere","parameters":{"type":"object",
	"required":["city"],"properties":{"city":{"type":"string","description":"its name"}}}}}`

// A model reads tools, calls and their results; a call that it writes comes as one.
func TestOllamaTools(t *testing.T) {
	c := ollamaClient(t)
	var tool api.Tool
	if err := json.Unmarshal([]byte(weather), &tool); err != nil {
		t.Fatal(err)
	}
	arguments := api.NewToolCallFunctionArguments()
	arguments.Set("city", "Ulm")
	q := &api.ChatRequest{Model: chatter, Tools: api.Tools{tool}, Options: map[string]any{"num_predict": 8, "temperature": 0}, Messages: append(slices.Clone(hello),
		api.Message{Role: "assistant", ToolCalls: []api.ToolCall{{ID: "1", Function: api.ToolCallFunction{Name: "weather", Arguments: arguments}}}},
		api.Message{Role: "tool", ToolName: "weather", ToolCallID: "1", Content: "rain"})}
	q.DebugRenderOnly = true
	read, _ := ollamaChat(t, c, q)
	if read[0].DebugInfo == nil {
		t.Fatalf("%+v", read)
	}
	for _, want := range []string{`"name": "weather"`, `{"city": "Ulm"}`, "<tool_response>rain</tool_response>"} {
		if !strings.Contains(read[0].DebugInfo.RenderedTemplate, want) {
			t.Errorf("%s is not read: %s", want, read[0].DebugInfo.RenderedTemplate)
		}
	}
	q.DebugRenderOnly = false
	if parts, _ := ollamaChat(t, c, q); !parts[len(parts)-1].Done {
		t.Errorf("%+v", parts)
	}
	// A small model calls nothing by itself: it is held to what its plain template knows as a call.
	call := `{"type":"object","properties":{"name":{"const":"weather"},"parameters":{"type":"object","properties":{"city":{"enum":["Ulm","Bonn"]}},"required":["city"],"additionalProperties":false}},
		"required":["name","parameters"],"additionalProperties":false}`
	for _, stream := range []*bool{&yes, &no} {
		parts, text := ollamaChat(t, c, &api.ChatRequest{Model: writer, Tools: q.Tools, Messages: hello, Format: json.RawMessage(call), Stream: stream})
		var calls []api.ToolCall
		for _, p := range parts {
			calls = append(calls, p.Message.ToolCalls...)
		}
		if len(calls) != 1 || calls[0].Function.Name != "weather" || strings.TrimSpace(text) != "" {
			t.Fatalf("%+v beside %q", calls, text)
		}
		if city, ok := calls[0].Function.Arguments.Get("city"); !ok || city != "Ulm" && city != "Bonn" {
			t.Errorf("%v", calls[0].Function.Arguments)
		}
	}
}

func TestOllamaEmbed(t *testing.T) {
	c := ollamaClient(t)
	one, err := c.Embed(t.Context(), &api.EmbedRequest{Model: embedder, Input: "a cat"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := c.Embed(t.Context(), &api.EmbedRequest{Model: embedder, Input: []string{"a dog", "a cat"}})
	if err != nil || len(two.Embeddings) != 2 || !slices.Equal(two.Embeddings[1], one.Embeddings[0]) || two.PromptEvalCount <= one.PromptEvalCount {
		t.Errorf("%d vectors, %v", len(two.Embeddings), err)
	}
	short, err := c.Embed(t.Context(), &api.EmbedRequest{Model: embedder, Input: "a cat", Dimensions: 8})
	if err != nil || len(short.Embeddings[0]) != 8 {
		t.Errorf("%+v %v", short, err)
	}
	old, err := c.Embeddings(t.Context(), &api.EmbeddingRequest{Model: embedder, Prompt: "a cat"})
	if err != nil || len(old.Embedding) != len(one.Embeddings[0]) {
		t.Errorf("%+v %v", old, err)
	}
	long := strings.Repeat("cat ", 500)
	if _, err := c.Embed(t.Context(), &api.EmbedRequest{Model: embedder, Input: long}); status(err) != http.StatusBadRequest {
		t.Errorf("too long: %v", err)
	}
	if cut, err := c.Embed(t.Context(), &api.EmbedRequest{Model: embedder, Input: long, Truncate: &yes}); err != nil || cut.PromptEvalCount != 256 {
		t.Errorf("cut: %+v %v", cut, err)
	}
}

func TestOllamaErrors(t *testing.T) {
	c := ollamaClient(t)
	ignore := func(api.GenerateResponse) error { return nil }
	for want, err := range map[int]error{
		http.StatusNotFound:       c.Generate(t.Context(), &api.GenerateRequest{Model: "none", Prompt: "a"}, ignore),
		http.StatusBadRequest:     c.Generate(t.Context(), &api.GenerateRequest{Model: writer, Prompt: "a", Options: map[string]any{"temperature": "hot"}}, ignore),
		http.StatusNotImplemented: c.Pull(t.Context(), &api.PullRequest{Model: "none"}, func(api.ProgressResponse) error { return nil }),
	} {
		if status(err) != want {
			t.Errorf("want %d: %v", want, err)
		}
	}
	if err := c.Delete(t.Context(), &api.DeleteRequest{Model: writer}); status(err) != http.StatusNotImplemented {
		t.Errorf("deleted: %v", err)
	}
	address, _ := url.Parse(base)
	var unknown api.AuthorizationError
	if err := api.NewClient(address, http.DefaultClient).Generate(t.Context(), &api.GenerateRequest{Model: writer, Prompt: "a"}, ignore); !errors.As(err, &unknown) {
		t.Errorf("without a key: %v", err)
	}
}

// A client that leaves frees its row: as many as leave, the next is answered.
func TestOllamaCancel(t *testing.T) {
	c := ollamaClient(t)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		err := c.Generate(ctx, &api.GenerateRequest{Model: chatter, Prompt: "a", Options: map[string]any{"num_predict": 2000, "seed": 1}}, func(api.GenerateResponse) error {
			cancel()
			return nil
		})
		if cancel(); err == nil {
			t.Error("a text of 2000 tokens ended at once")
		}
	}
	left := errors.New("enough")
	if err := c.Chat(t.Context(), &api.ChatRequest{Model: chatter, Messages: hello}, func(api.ChatResponse) error { return left }); !errors.Is(err, left) {
		t.Errorf("%v", err)
	}
	begun := time.Now()
	if parts, _ := generate(t, c, &api.GenerateRequest{Model: chatter, Prompt: "a", Options: map[string]any{"num_predict": 1}}); !parts[len(parts)-1].Done || time.Since(begun) > 5*time.Second {
		t.Errorf("after %v: %+v", time.Since(begun), parts)
	}
}
