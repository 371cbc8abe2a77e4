package clients

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

func anthropicClient() anthropic.Client {
	return anthropic.NewClient(option.WithBaseURL(base), option.WithAPIKey(key), option.WithMaxRetries(0))
}

func message(text string) anthropic.MessageNewParams {
	return anthropic.MessageNewParams{
		Model: chatter, MaxTokens: 160, Temperature: anthropic.Float(0), System: []anthropic.TextBlockParam{{Text: "You are kind."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))},
	}
}

// accumulate returns the message that a stream tells of.
func accumulate(t *testing.T, c anthropic.Client, q anthropic.MessageNewParams) anthropic.Message {
	t.Helper()
	stream := c.Messages.NewStreaming(t.Context(), q)
	var all anthropic.Message
	for stream.Next() {
		if err := all.Accumulate(stream.Current()); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAnthropicMessages(t *testing.T) {
	c := anthropicClient()
	q := message("Once upon a time")
	q.MaxTokens = 24
	whole, err := c.Messages.New(t.Context(), q)
	if err != nil || len(whole.Content) != 1 || whole.Content[0].Text == "" || whole.Usage.OutputTokens == 0 {
		t.Fatalf("%+v %v", whole, err)
	}
	all := accumulate(t, c, q)
	if all.Content[0].Text != whole.Content[0].Text || all.StopReason != whole.StopReason || all.Usage.OutputTokens != whole.Usage.OutputTokens {
		t.Errorf("streamed %q %s, want %q %s", all.Content[0].Text, all.StopReason, whole.Content[0].Text, whole.StopReason)
	}
	n, err := c.Messages.CountTokens(t.Context(), anthropic.MessageCountTokensParams{
		Model: q.Model, Messages: q.Messages, System: anthropic.MessageCountTokensParamsSystemUnion{OfTextBlockArray: q.System},
	})
	if err != nil || n.InputTokens != whole.Usage.InputTokens+whole.Usage.CacheReadInputTokens {
		t.Errorf("%+v %v, want %+v", n, err, whole.Usage)
	}
	// A stop sequence ends the text before itself.
	words := strings.Fields(whole.Content[0].Text)
	q.StopSequences = []string{words[len(words)/2]}
	short, err := c.Messages.New(t.Context(), q)
	if err != nil || short.StopReason != anthropic.StopReasonStopSequence || short.StopSequence != q.StopSequences[0] {
		t.Errorf("%+v %v", short, err)
	}
	page, err := c.Models.List(t.Context(), anthropic.ModelListParams{})
	if err != nil || len(page.Data) != 3 || page.Data[0].ID == "" {
		t.Errorf("%+v %v", page, err)
	}
}

func TestAnthropicErrors(t *testing.T) {
	c := anthropicClient()
	unknown, long, images := message("a"), message(strings.Repeat("word ", 3000)), message("a")
	unknown.Model = "none"
	images.Messages = []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewImageBlockBase64("image/png", "AAAA"))}
	for what, want := range map[string]struct {
		q      anthropic.MessageNewParams
		status int
		kind   string
	}{"model": {unknown, 404, "not_found_error"}, "context": {long, 400, "invalid_request_error"}, "image": {images, 400, "invalid_request_error"}} {
		_, err := c.Messages.New(t.Context(), want.q)
		var e *anthropic.Error
		if !errors.As(err, &e) || e.StatusCode != want.status || string(e.Type()) != want.kind || e.RequestID == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	stranger := anthropic.NewClient(option.WithBaseURL(base), option.WithAPIKey("another"), option.WithMaxRetries(0))
	_, err := stranger.Messages.New(t.Context(), message("a"))
	var e *anthropic.Error
	if !errors.As(err, &e) || e.StatusCode != 401 || string(e.Type()) != "authentication_error" {
		t.Errorf("a stranger: %v", err)
	}
}

func TestAnthropicCancel(t *testing.T) {
	c := anthropicClient()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream := c.Messages.NewStreaming(ctx, message("a"))
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
