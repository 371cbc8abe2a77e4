package openai

import (
	"slices"
	"time"
)

// A ResponseEvent is a part of a streamed response. The fields that an event of its type
// does not have are nil or empty.
type ResponseEvent struct {
	Type         string          `json:"type"`
	Sequence     int             `json:"sequence_number"`
	Response     *Response       `json:"response,omitempty"`
	ItemID       string          `json:"item_id,omitempty"`
	OutputIndex  *int            `json:"output_index,omitempty"`
	ContentIndex *int            `json:"content_index,omitempty"`
	Item         any             `json:"item,omitempty"`
	Part         *OutputText     `json:"part,omitempty"`
	Delta        *string         `json:"delta,omitempty"`
	Text         *string         `json:"text,omitempty"`
	LogProbs     *[]TokenLogProb `json:"logprobs,omitempty"`
	Name         string          `json:"name,omitempty"`
	Arguments    *string         `json:"arguments,omitempty"`
}

// A ResponseBuilder makes a response of what a model writes, and tells of each change by
// an event. The kinds of what it is told come one after another, each as an item of its
// own: thoughts, text, calls.
type ResponseBuilder struct {
	R     *Response
	Emit  func(*ResponseEvent) error // nil: nobody is told
	NewID func(prefix string) string // gives items their names

	sequence int
	kind     string // of the open item: reasoning, message, call; "": none is open
	id       string
	text     []byte // its text or arguments
	logProbs []TokenLogProb
	call     OutputCall
}

// emit sends an event, which belongs to the open item if it has an index.
func (b *ResponseBuilder) emit(e ResponseEvent) error {
	e.Sequence = b.sequence
	b.sequence++
	if b.Emit == nil {
		return nil
	}
	return b.Emit(&e)
}

// of sends an event of the open item; content ones have the index of its only content.
func (b *ResponseBuilder) of(content bool, e ResponseEvent) error {
	index, zero := len(b.R.Output), 0
	e.OutputIndex = &index
	if e.Item == nil {
		e.ItemID = b.id
	}
	if content {
		e.ContentIndex = &zero
	}
	return b.emit(e)
}

// Begin tells that the response has begun.
func (b *ResponseBuilder) Begin() error {
	if err := b.emit(ResponseEvent{Type: "response.created", Response: b.R}); err != nil {
		return err
	}
	return b.emit(ResponseEvent{Type: "response.in_progress", Response: b.R})
}

// open begins an item of a kind, unless it is open.
func (b *ResponseBuilder) open(kind, prefix string) error {
	if b.kind == kind {
		return nil
	}
	if err := b.close("completed"); err != nil {
		return err
	}
	b.kind, b.id, b.text, b.logProbs = kind, b.NewID(prefix), nil, []TokenLogProb{}
	if err := b.of(false, ResponseEvent{Type: "response.output_item.added", Item: b.item("in_progress", true)}); err != nil {
		return err
	}
	if kind == "call" {
		return nil
	}
	return b.of(true, ResponseEvent{Type: "response.content_part.added", Part: b.part()})
}

// item returns the open item; one that begins has no content.
func (b *ResponseBuilder) item(status string, begins bool) any {
	content := []OutputText{}
	if !begins {
		content = append(content, *b.part())
	}
	switch b.kind {
	case "reasoning":
		return OutputReasoning{b.id, "reasoning", status, []any{}, content}
	case "message":
		return OutputMessage{b.id, "message", status, "assistant", content}
	}
	b.call.ID, b.call.Type, b.call.Status, b.call.Arguments = b.id, "function_call", status, string(b.text)
	return b.call
}

// part returns the content of the open item.
func (b *ResponseBuilder) part() *OutputText {
	if b.kind == "reasoning" {
		return &OutputText{Type: "reasoning_text", Text: string(b.text)}
	}
	return &OutputText{Type: "output_text", Text: string(b.text), Annotations: &[]any{}, LogProbs: ptr(slices.Clone(b.logProbs))}
}

func ptr[T any](v T) *T { return &v }

// close ends the open item.
func (b *ResponseBuilder) close(status string) error {
	if b.kind == "" {
		return nil
	}
	text := string(b.text)
	var events []ResponseEvent
	switch b.kind {
	case "reasoning":
		events = []ResponseEvent{{Type: "response.reasoning_text.done", Text: &text}, {Type: "response.content_part.done", Part: b.part()}}
	case "message":
		events = []ResponseEvent{{Type: "response.output_text.done", Text: &text, LogProbs: &b.logProbs}, {Type: "response.content_part.done", Part: b.part()}}
	case "call":
		events = []ResponseEvent{{Type: "response.function_call_arguments.done", Name: b.call.Name, Arguments: &text}}
	}
	item := b.item(status, false)
	for _, e := range append(events, ResponseEvent{Type: "response.output_item.done", Item: item}) {
		if err := b.of(b.kind != "call" && e.Item == nil, e); err != nil {
			return err
		}
	}
	b.R.Output = append(b.R.Output, item)
	b.kind = ""
	return nil
}

// Reasoning adds thoughts.
func (b *ResponseBuilder) Reasoning(delta string) error {
	if err := b.open("reasoning", "rs_"); err != nil {
		return err
	}
	b.text = append(b.text, delta...)
	return b.of(true, ResponseEvent{Type: "response.reasoning_text.delta", Delta: &delta})
}

// Text adds text, with the tokens that it is of where they are asked for.
func (b *ResponseBuilder) Text(delta string, tokens []TokenLogProb) error {
	if err := b.open("message", "msg_"); err != nil {
		return err
	}
	if tokens == nil {
		tokens = []TokenLogProb{}
	}
	b.text, b.logProbs = append(b.text, delta...), append(b.logProbs, tokens...)
	return b.of(true, ResponseEvent{Type: "response.output_text.delta", Delta: &delta, LogProbs: &tokens})
}

// Call begins a call.
func (b *ResponseBuilder) Call(id, name string) error {
	if err := b.close("completed"); err != nil {
		return err
	}
	b.call = OutputCall{CallID: id, Name: name}
	return b.open("call", "fc_")
}

// Arguments adds to the arguments of the call that has begun.
func (b *ResponseBuilder) Arguments(delta string) error {
	if b.kind != "call" || delta == "" {
		return nil
	}
	b.text = append(b.text, delta...)
	return b.of(false, ResponseEvent{Type: "response.function_call_arguments.delta", Delta: &delta})
}

// End ends the response: whole, or (cut) when no more tokens might be made.
func (b *ResponseBuilder) End(cut bool, u ResponseUsage) error {
	if b.kind == "" && len(b.R.Output) == 0 {
		if err := b.open("message", "msg_"); err != nil {
			return err
		}
	}
	status := "completed"
	if cut {
		status = "incomplete"
		b.R.IncompleteDetails = &Incomplete{"max_output_tokens"}
	} else {
		b.R.CompletedAt = ptr(time.Now().Unix())
	}
	if err := b.close(status); err != nil {
		return err
	}
	b.R.Status, b.R.Usage = status, &u
	return b.emit(ResponseEvent{Type: "response." + status, Response: b.R})
}

// Fail tells that the response ends by an error.
func (b *ResponseBuilder) Fail(message string) error {
	b.R.Status, b.R.Error = "failed", &ResponseError{"server_error", message}
	return b.emit(ResponseEvent{Type: "response.failed", Response: b.R})
}
