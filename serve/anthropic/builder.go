package anthropic

import "encoding/json"

// An Event is a part of a streamed answer. The fields that an event of its type does not
// have are nil.
type Event struct {
	Type    string  `json:"type"`
	Message *Answer `json:"message,omitempty"`
	Index   *int    `json:"index,omitempty"`
	Block   any     `json:"content_block,omitempty"`
	Delta   any     `json:"delta,omitempty"`
	Usage   *Usage  `json:"usage,omitempty"`
}

// The deltas of events.
type (
	textDelta struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	thinkingDelta struct {
		Type     string `json:"type"`
		Thinking string `json:"thinking"`
	}
	signatureDelta struct {
		Type      string `json:"type"`
		Signature string `json:"signature"`
	}
	inputDelta struct {
		Type string `json:"type"`
		JSON string `json:"partial_json"`
	}
	endDelta struct {
		StopReason   *string `json:"stop_reason"`
		StopSequence *string `json:"stop_sequence"`
	}
)

// A Builder makes an answer of what a model writes, and tells of each change by an event.
// The kinds of what it is told come one after another, each as a block of its own:
// thoughts, text, calls.
type Builder struct {
	A    *Answer
	Emit func(*Event) error // nil: nobody is told

	kind  string // of the open block: thinking, text, tool_use; "": none is open
	text  []byte
	call  ToolBlock
	calls bool // there was one
}

// NewBuilder returns a builder of an answer that has begun.
func NewBuilder(id, model string, u Usage) *Builder {
	return &Builder{A: &Answer{ID: id, Type: "message", Role: "assistant", Model: model, Content: []any{}, Usage: u}}
}

func (b *Builder) emit(e Event) error {
	if b.Emit == nil {
		return nil
	}
	return b.Emit(&e)
}

// of sends an event of the open block.
func (b *Builder) of(e Event) error {
	index := len(b.A.Content)
	e.Index = &index
	return b.emit(e)
}

// Begin tells that the answer has begun.
func (b *Builder) Begin() error { return b.emit(Event{Type: "message_start", Message: b.A}) }

// open begins a block of a kind, unless it is open.
func (b *Builder) open(kind string) error {
	if b.kind == kind {
		return nil
	}
	if err := b.close(); err != nil {
		return err
	}
	b.kind, b.text = kind, nil
	return b.of(Event{Type: "content_block_start", Block: b.block()})
}

// block returns the open block.
func (b *Builder) block() any {
	switch b.kind {
	case "thinking":
		return ThinkingBlock{Type: "thinking", Thinking: string(b.text)}
	case "text":
		return TextBlock{"text", string(b.text)}
	}
	b.call.Type, b.call.Input = "tool_use", json.RawMessage("{}")
	if json.Valid(b.text) { // a call that was cut off has no arguments
		b.call.Input = b.text
	}
	return b.call
}

// close ends the open block.
func (b *Builder) close() error {
	if b.kind == "" {
		return nil
	}
	if b.kind == "thinking" {
		if err := b.of(Event{Type: "content_block_delta", Delta: signatureDelta{"signature_delta", ""}}); err != nil {
			return err
		}
	}
	if err := b.of(Event{Type: "content_block_stop"}); err != nil {
		return err
	}
	b.A.Content = append(b.A.Content, b.block())
	b.kind = ""
	return nil
}

// Thinking adds thoughts.
func (b *Builder) Thinking(delta string) error {
	if err := b.open("thinking"); err != nil {
		return err
	}
	b.text = append(b.text, delta...)
	return b.of(Event{Type: "content_block_delta", Delta: thinkingDelta{"thinking_delta", delta}})
}

// Text adds text.
func (b *Builder) Text(delta string) error {
	if err := b.open("text"); err != nil {
		return err
	}
	b.text = append(b.text, delta...)
	return b.of(Event{Type: "content_block_delta", Delta: textDelta{"text_delta", delta}})
}

// Call begins a call.
func (b *Builder) Call(id, name string) error {
	if err := b.close(); err != nil {
		return err
	}
	b.call, b.calls = ToolBlock{ID: id, Name: name}, true
	return b.open("tool_use")
}

// Arguments adds to the arguments of the call that has begun.
func (b *Builder) Arguments(delta string) error {
	if b.kind != "tool_use" || delta == "" {
		return nil
	}
	b.text = append(b.text, delta...)
	return b.of(Event{Type: "content_block_delta", Delta: inputDelta{"input_json_delta", delta}})
}

// End ends the answer: cut where no more tokens might be made, or by a stop string.
func (b *Builder) End(cut bool, stop string, u Usage) error {
	if err := b.close(); err != nil {
		return err
	}
	reason := "end_turn"
	switch {
	case cut:
		reason = "max_tokens"
	case b.calls:
		reason = "tool_use"
	case stop != "":
		reason, b.A.StopSequence = "stop_sequence", &stop
	}
	b.A.StopReason, b.A.Usage = &reason, u
	if err := b.emit(Event{Type: "message_delta", Delta: endDelta{&reason, b.A.StopSequence}, Usage: &u}); err != nil {
		return err
	}
	return b.emit(Event{Type: "message_stop"})
}
