package clients

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func openaiClient() openai.Client {
	return openai.NewClient(option.WithBaseURL(base+"/v1/"), option.WithAPIKey(key), option.WithMaxRetries(0))
}

func user(text string) []openai.ChatCompletionMessageParamUnion {
	return []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("You are kind."), openai.UserMessage(text)}
}

func TestOpenAIModels(t *testing.T) {
	c := openaiClient()
	page, err := c.Models.List(t.Context())
	if err != nil || len(page.Data) != 3 {
		t.Fatalf("%+v %v", page, err)
	}
	for _, name := range []string{chatter, writer} { // of which one has a slash in it
		if m, err := c.Models.Get(t.Context(), name); err != nil || m.ID != name {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
}

// A chat comes whole and streamed, with the same text for the same seed.
func TestOpenAIChat(t *testing.T) {
	c := openaiClient()
	q := openai.ChatCompletionNewParams{
		Model: chatter, Messages: user("Once upon a time"), N: openai.Int(2), Seed: openai.Int(7), MaxCompletionTokens: openai.Int(24),
		Temperature: openai.Float(0.9), TopP: openai.Float(0.9), Logprobs: openai.Bool(true), TopLogprobs: openai.Int(3), FrequencyPenalty: openai.Float(0.2),
		LogitBias: map[string]int64{"5": -100},
	}
	whole, err := c.Chat.Completions.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Choices) != 2 || whole.Usage.CompletionTokens == 0 || whole.Usage.PromptTokens == 0 || len(whole.Choices[0].Logprobs.Content[0].TopLogprobs) != 3 {
		t.Fatalf("%s", whole.RawJSON())
	}
	q.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := c.Chat.Completions.NewStreaming(t.Context(), q)
	var all openai.ChatCompletionAccumulator
	for stream.Next() {
		if !all.AddChunk(stream.Current()) {
			t.Fatalf("%s does not follow", stream.Current().RawJSON())
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all.Choices) != 2 || all.Usage.TotalTokens != whole.Usage.TotalTokens {
		t.Fatalf("%+v, want %+v", all.Usage, whole.Usage)
	}
	for i, choice := range whole.Choices {
		if got := all.Choices[i]; got.Message.Content != choice.Message.Content || got.FinishReason != choice.FinishReason || len(got.Logprobs.Content) != len(choice.Logprobs.Content) {
			t.Errorf("streamed %q %s, want %q %s", got.Message.Content, got.FinishReason, choice.Message.Content, choice.FinishReason)
		}
	}
	if whole.Choices[0].Message.Content == whole.Choices[1].Message.Content {
		t.Errorf("two texts are the same: %q", whole.Choices[0].Message.Content)
	}
}

func TestOpenAIStop(t *testing.T) {
	c := openaiClient()
	q := openai.ChatCompletionNewParams{Model: writer, Messages: user("Who was it?"), Temperature: openai.Float(0), MaxTokens: openai.Int(40)}
	whole, err := c.Chat.Completions.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	text := whole.Choices[0].Message.Content
	words := strings.Fields(text)
	stop := words[len(words)/2]
	q.Stop = openai.ChatCompletionNewParamsStopUnion{OfStringArray: []string{stop, "\x00never"}}
	short, err := c.Chat.Completions.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if want := text[:strings.Index(text, stop)]; short.Choices[0].Message.Content != want || short.Choices[0].FinishReason != "stop" {
		t.Errorf("%q %s, want %q", short.Choices[0].Message.Content, short.Choices[0].FinishReason, want)
	}
}

func TestOpenAICompletions(t *testing.T) {
	c := openaiClient()
	q := openai.CompletionNewParams{Model: writer, MaxTokens: openai.Int(8), Echo: openai.Bool(true), Logprobs: openai.Int(2), Seed: openai.Int(1)}
	q.Prompt.OfArrayOfStrings = []string{"It was", "They were"}
	a, err := c.Completions.New(t.Context(), q)
	if err != nil || len(a.Choices) != 2 || !strings.HasPrefix(a.Choices[1].Text, "They were") || len(a.Choices[1].Logprobs.Tokens) != len(a.Choices[1].Logprobs.TextOffset) {
		t.Fatalf("%+v %v", a, err)
	}
	stream := c.Completions.NewStreaming(t.Context(), openai.CompletionNewParams{Model: writer, MaxTokens: openai.Int(8), Seed: openai.Int(1), Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("It was")}})
	text := ""
	for stream.Next() {
		for _, choice := range stream.Current().Choices {
			text += choice.Text
		}
	}
	if err := stream.Err(); err != nil || "It was"+text != a.Choices[0].Text {
		t.Errorf("streamed %q, want %q, %v", text, a.Choices[0].Text, err)
	}
}

func TestOpenAIEmbeddings(t *testing.T) {
	c := openaiClient()
	q := openai.EmbeddingNewParams{Model: embedder, Dimensions: openai.Int(16)}
	q.Input.OfArrayOfStrings = []string{"a cat", "a dog", "a cat"}
	a, err := c.Embeddings.New(t.Context(), q)
	if err != nil || len(a.Data) != 3 || len(a.Data[0].Embedding) != 16 || a.Usage.TotalTokens == 0 {
		t.Fatalf("%+v %v", a, err)
	}
	dot := func(i, j int) (sum float64) {
		for k, x := range a.Data[i].Embedding {
			sum += x * a.Data[j].Embedding[k]
		}
		return sum
	}
	if math.Abs(dot(0, 2)-1) > 1e-5 || dot(0, 1) > 1-1e-6 {
		t.Errorf("a text and itself: %v, another: %v", dot(0, 2), dot(0, 1))
	}
}

// Errors have the form that the client knows.
func TestOpenAIErrors(t *testing.T) {
	c := openaiClient()
	for what, want := range map[string]struct {
		q      openai.ChatCompletionNewParams
		status int
		code   string
		param  string
	}{
		"model":   {openai.ChatCompletionNewParams{Model: "none", Messages: user("a")}, 404, "model_not_found", "model"},
		"range":   {openai.ChatCompletionNewParams{Model: writer, Messages: user("a"), TopP: openai.Float(7)}, 400, "", "top_p"},
		"context": {openai.ChatCompletionNewParams{Model: writer, Messages: user(strings.Repeat("word ", 500))}, 400, "context_length_exceeded", ""},
		"refused": {openai.ChatCompletionNewParams{Model: writer, Messages: user("a"), Store: openai.Bool(true)}, 400, "", "store"},
	} {
		_, err := c.Chat.Completions.New(t.Context(), want.q)
		var e *openai.Error
		if !errors.As(err, &e) || e.StatusCode != want.status || e.Code != want.code || e.Param != want.param || e.Message == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	stranger := openai.NewClient(option.WithBaseURL(base+"/v1/"), option.WithAPIKey("another"), option.WithMaxRetries(0))
	_, err := stranger.Models.List(t.Context())
	var e *openai.Error
	if !errors.As(err, &e) || e.StatusCode != 401 {
		t.Errorf("a stranger: %v", err)
	}
}

// running returns how many texts a model writes now.
func running(t *testing.T, model string) (n int) {
	t.Helper()
	_, text := send(t, "GET", "/metrics", "")
	_, rest, ok := strings.Cut(string(text), "\nzoo_batch_rows{model=\""+model+"\"} ")
	if _, err := fmt.Sscan(rest, &n); !ok || err != nil {
		t.Fatalf("the metrics do not tell what is written: %v", err)
	}
	return n
}

// A client that leaves frees its row: then as many others as there are rows are written.
func TestOpenAICancel(t *testing.T) {
	c := openaiClient()
	for range 20 { // more than there are rows and places in the queue of one model
		ctx, cancel := context.WithCancel(t.Context())
		stream := c.Chat.Completions.NewStreaming(ctx, openai.ChatCompletionNewParams{Model: writer, Messages: user("a"), MaxTokens: openai.Int(240)},
			option.WithJSONSet("ignore_eos", true))
		if !stream.Next() {
			t.Fatal(stream.Err())
		}
		cancel()
		for stream.Next() {
		}
		if err := stream.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	for end := time.Now().Add(2 * time.Second); running(t, writer) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("texts that nobody reads are still written")
		}
	}
}
