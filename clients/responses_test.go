package clients

import (
	"errors"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
)

func asked(text string) responses.ResponseNewParams {
	q := responses.ResponseNewParams{Model: chatter, Instructions: openai.String("You are kind."), MaxOutputTokens: openai.Int(160), Temperature: openai.Float(0)}
	q.Input.OfString = openai.String(text)
	return q
}

func TestResponses(t *testing.T) {
	c := openaiClient()
	whole, err := c.Responses.New(t.Context(), asked("Once upon a time"))
	if err != nil || whole.OutputText() == "" || whole.Usage.OutputTokens == 0 {
		t.Fatalf("%+v %v", whole, err)
	}
	stream := c.Responses.NewStreaming(t.Context(), asked("Once upon a time"))
	var text strings.Builder
	var last responses.ResponseStreamEventUnion
	next := int64(0)
	for stream.Next() {
		last = stream.Current()
		if last.SequenceNumber != next {
			t.Errorf("event %d is said to be %d", next, last.SequenceNumber)
		}
		next++
		if last.Type == "response.output_text.delta" {
			text.WriteString(last.Delta)
		}
	}
	if err := stream.Err(); err != nil || text.String() != whole.OutputText() || last.Response.OutputText() != text.String() || last.Response.Status != whole.Status {
		t.Errorf("streamed %q %s, want %q %s, %v", text.String(), last.Response.Status, whole.OutputText(), whole.Status, err)
	}
}

// What would need a store is refused, not forgotten.
func TestResponsesStateless(t *testing.T) {
	c := openaiClient()
	q := asked("And then?")
	q.PreviousResponseID = openai.String("resp_1")
	_, err := c.Responses.New(t.Context(), q)
	var e *openai.Error
	if !errors.As(err, &e) || e.StatusCode != 400 || e.Param != "previous_response_id" {
		t.Errorf("%v", err)
	}
}
