package generate

import (
	"slices"
	"time"
)

// EngineStats tell what an Engine does, and what it has done since it began.
type EngineStats struct {
	Rows, Room int // texts at once, and most tokens of each
	Queue      int // most requests that wait
	Waiting    int
	Running    int
	Slots      []Slot // of those that run, by row

	Requests  uint64 // taken
	Refused   uint64 // since the queue was full
	Finished  uint64
	Cancelled uint64 // while they ran or waited
	Failed    uint64

	PromptTokens    uint64 // of prompts that have been read
	ReusedTokens    uint64 // of those, the ones that did not have to be read
	GeneratedTokens uint64
	Steps           uint64
	StepTime        time.Duration // of all steps
	CacheBytes      int64         // keys and values of the rows
	PrefixBytes     int64         // keys and values kept for requests to come
}

// A Slot is a text that is being written.
type Slot struct {
	Row    int
	Client string
	Prompt int // tokens
	Reused int // tokens of the prompt that did not have to be read
	Read   int // tokens of the prompt so far
	Made   int // tokens
}

// Stats returns a snapshot, from after the last step.
func (e *Engine) Stats() EngineStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Slots, s.Waiting, s.Running = slices.Clone(s.Slots), e.queue.n, e.queue.popped
	return s
}

// publish tells Stats of the rows. The caller has the lock.
func (e *Engine) publish() {
	e.stats.Slots = e.stats.Slots[:0]
	for at, r := range e.rows {
		if r == nil {
			continue
		}
		prompt := len(r.row.prompt)
		e.stats.Slots = append(e.stats.Slots, Slot{
			Row: at, Client: r.client, Prompt: prompt, Reused: r.row.reused,
			Read: min(len(e.batch.kept[at]), prompt), Made: len(r.row.g.seen.made()),
		})
	}
}
