package generate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Batch writes several texts at once: each [Batch.Step] adds a token to all of
// them in one pass of the model, which reads its weights once. Texts come and go
// between steps, each with its own prompt and options, and each is the text that
// [Generate] gives alone, to the byte. One goroutine at a time may use a Batch.
type Batch struct {
	step  stepper
	tok   *tokenizer.Tokenizer
	room  int    // positions of a row
	chunk int    // tokens of a prompt that a step reads
	rows  []*Row // nil: free
	kept  [][]int32
	used  []uint64 // when a row was last filled
	clock uint64
	turn  uint64      // of readings
	tree  *prefixTree // what rows have had; nil: nothing outlives its row

	writing []*Row        // what the pass under way adds a token to
	read    int           // tokens of prompts that the last step read
	reading time.Duration // what that took
	tokens  []int32
	slots   []int
	made    []Made
	logits  []float32
	choose  chooseTask

	samplers []*sampler // of the rows
}

// A Row is one text of a Batch.
type Row struct {
	g      *generation
	at     int // the row of the cache
	prompt []int32
	reused int // tokens of the prompt that a row before had read
	last   [1]int32
}

// Reused returns how many tokens of the prompt did not have to be read so far, since
// another text of the batch began with them.
func (r *Row) Reused() int { return r.reused }

// Made is what a step made for one row. After an error or a token that finishes,
// the row is no longer in the batch.
type Made struct {
	Row   *Row
	Token Token
	Err   error
}

// ErrFull tells that a batch has no room for another text now.
var ErrFull = errors.New("generate: batch: every row is in use")

// A PromptError tells that a prompt is too long for a row of a [Batch] or an
// [Engine]: it leaves no room for a token.
type PromptError struct {
	Tokens int // of the prompt
	Room   int // of a row, prompt and completion
}

func (e *PromptError) Error() string {
	return fmt.Sprintf("generate: prompt: %d tokens leave no room in rows of %d", e.Tokens, e.Room)
}

// NewBatch returns a batch of up to rows texts of up to room tokens each, prompts
// included; 0 stands for what the model was made for. Texts need a tokenizer,
// without which tok may be nil.
func NewBatch(net model.Decoder, tok *tokenizer.Tokenizer, rows, room int) (*Batch, error) {
	if c := net.Context(); room == 0 || c > 0 && room > c {
		room = c
	}
	if rows < 1 || rows > 1<<16 || room < 2 {
		return nil, fmt.Errorf("generate: batch: %d rows of %d tokens are not possible", rows, room)
	}
	b := &Batch{tok: tok, room: room, chunk: chunk, rows: make([]*Row, rows), kept: make([][]int32, rows), used: make([]uint64, rows), samplers: make([]*sampler, rows)}
	b.step = stepper{vocab: net.Vocab(), run: net.Logits}
	b.step.pass.Cache, b.step.pass.Last = net.NewCache(rows, room), true
	b.step.prepare()
	return b, nil
}

// SetCacheForm has a batch in which no text has begun keep keys and values in that
// form, see [nn.Cache.SetForm].
func (b *Batch) SetCacheForm(form tensor.DType) error {
	if err := b.step.pass.Cache.SetForm(form); err != nil {
		return fmt.Errorf("generate: batch: %w", err)
	}
	return nil
}

// Len returns how many texts are in the batch.
func (b *Batch) Len() int {
	n := 0
	for _, r := range b.rows {
		if r != nil {
			n++
		}
	}
	return n
}

// Add begins a text after prompt. Where another text of the batch, even one that
// has ended, begins as prompt does, what it has read is used again. Errors are
// ErrFull, a prompt that does not fit, and options that make no sense or that only
// [Generate] knows: beams and speculation.
func (b *Batch) Add(prompt []int32, o Options) (*Row, error) {
	if err := b.check(prompt, &o); err != nil {
		return nil, err
	}
	at := b.free(prompt)
	if at < 0 {
		return nil, ErrFull
	}
	limit := o.MaxTokens
	if limit == 0 {
		limit = DefaultMaxTokens
	}
	if b.samplers[at] == nil {
		b.samplers[at] = newSampler(b.step.vocab)
	}
	r := &Row{at: at, prompt: prompt, g: newGeneration(b.tok, prompt, b.samplers[at], min(limit, b.room-len(prompt)), o)}
	if err := b.begin(r); err != nil {
		return nil, err
	}
	b.clock++
	b.rows[at], b.used[at] = r, b.clock
	return r, nil
}

func (b *Batch) check(prompt []int32, o *Options) error {
	switch {
	case len(prompt) == 0:
		return fmt.Errorf("generate: prompt: empty: give at least the token that begins a text")
	case len(prompt) >= b.room:
		return &PromptError{len(prompt), b.room}
	case o.Beams > 1 || o.Speculation.Draft != nil || o.Speculation.Lookup > 0:
		return fmt.Errorf("generate: batch: beams and speculation are for one text alone")
	}
	if err := inVocab(prompt, b.step.vocab); err != nil {
		return err
	}
	return o.Check(b.step.vocab)
}

// Step adds a token to each text whose prompt has been read, and reads on in
// prompts that have not, 512 tokens at most: so a long prompt does not hold up the
// texts beside it. What it returns holds until the next call. An error is
// a cancelled ctx, after which Step may be called again, or a fault of the model;
// what had been made before is returned with it.
func (b *Batch) Step(ctx context.Context) ([]Made, error) {
	b.made = b.made[:0]
	err := b.write(ctx)
	b.read, b.reading = 0, 0
	if err == nil {
		start := time.Now()
		err = b.readOn(ctx)
		b.reading = time.Since(start)
	}
	return b.made, err
}

// write adds a token to each text whose last one is not in the cache.
func (b *Batch) write(ctx context.Context) error {
	b.writing, b.tokens, b.slots = b.writing[:0], b.tokens[:0], b.slots[:0]
	for _, r := range b.rows {
		if r != nil && len(b.kept[r.at]) >= len(r.prompt) {
			b.writing, b.slots = append(b.writing, r), append(b.slots, r.at)
			b.tokens = append(b.tokens, r.last[0])
		}
	}
	if len(b.writing) == 0 {
		return nil
	}
	return b.feed(ctx, len(b.writing))
}

// feed runs the model on b.tokens, for the rows b.slots of the cache, and chooses
// a token for each text of b.writing.
func (b *Batch) feed(ctx context.Context, rows int) error {
	b.step.pass.Slots = b.slots
	var err error
	if b.logits, err = b.step.feed(ctx, rows, b.tokens); err != nil {
		return err
	}
	each := len(b.tokens) / rows
	for i, at := range b.slots {
		b.kept[at] = append(b.kept[at], b.tokens[i*each:(i+1)*each]...)
		if each > 1 {
			b.keep(at) // others may begin as it does
		}
	}
	first := len(b.made)
	for _, r := range b.writing {
		b.made = append(b.made, Made{Row: r})
	}
	b.choose = chooseTask{b.made[first:], b.logits, b.step.vocab}
	parallel.Default().Do(len(b.writing), 1, &b.choose)
	for _, m := range b.made[first:] {
		if m.Err != nil {
			b.samplers[m.Row.at] = nil // who knows what a panic left there
		}
		if m.Err != nil || m.Token.Finish != FinishNone {
			b.Remove(m.Row)
		}
	}
	return nil
}

// chooseTask chooses the tokens of rows, each by itself.
type chooseTask struct {
	made   []Made
	logits []float32
	vocab  int
}

func (t *chooseTask) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		t.row(&t.made[i], t.logits[i*t.vocab:(i+1)*t.vocab])
	}
}

// row chooses the token of a row. What panics, as a Processor may, ends that row.
func (t *chooseTask) row(m *Made, logits []float32) {
	defer func() {
		if r := recover(); r != nil {
			m.Err = &PanicError{r, debug.Stack()}
		}
	}()
	g := m.Row.g
	if m.Token, m.Err = g.choose(logits); m.Err == nil {
		g.finish(&m.Token)
		m.Row.last[0] = m.Token.ID
	}
}

// A PanicError is a panic of a [Processor] or of the model, which ended a text of a
// [Batch] or an [Engine].
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("generate: panic: %v", e.Value) }
