package load

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Report is what came of a load.
type Report struct {
	Requests  int            `json:"requests"` // that were answered or failed
	Done      int            `json:"done"`     // answered to their end
	Busy      int            `json:"busy"`     // 503
	Cancelled int            `json:"cancelled"`
	Errors    map[string]int `json:"errors,omitempty"` // all others, by what went wrong
	Seconds   float64        `json:"seconds"`          // without the warm-up

	PromptTokens    int     `json:"prompt_tokens"`
	CachedTokens    int     `json:"cached_tokens"`
	GeneratedTokens int     `json:"generated_tokens"`
	PerSecond       float64 `json:"tokens_per_second"` // generated

	First  Spread   `json:"first_token_seconds"`
	Gap    Spread   `json:"inter_token_seconds"`
	Whole  Spread   `json:"request_seconds"`
	Memory []Memory `json:"memory,omitempty"`

	mu                 sync.Mutex
	begun, counts, end time.Time
	first, gap, whole  []time.Duration
}

// A Spread is a distribution of seconds.
type Spread struct {
	N    int     `json:"n"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Most float64 `json:"max"`
}

// Memory is what a process had in memory at some time.
type Memory struct {
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"`
}

func newReport(o *Options) *Report {
	now := time.Now()
	return &Report{Errors: map[string]int{}, begun: now, counts: now.Add(o.Warmup)}
}

// add counts an answer. What ended in the warm-up counts only if it is an error.
func (r *Report) add(a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case a.cancelled:
		r.Requests++
		r.Cancelled++
		return
	case a.err != nil:
		r.Requests++
		r.Errors[reason(a.err)]++
		return
	case a.status == 503:
		r.Requests++
		r.Busy++
		return
	}
	if a.ended.Before(r.counts) {
		return
	}
	r.Requests++
	r.Done++
	r.end = a.ended
	r.PromptTokens += a.prompt
	r.CachedTokens += a.cached
	r.GeneratedTokens += a.made
	r.first, r.gap, r.whole = append(r.first, a.first), append(r.gap, a.gaps...), append(r.whole, a.ended.Sub(a.begun))
}

// reason shortens an error, so that equal ones are counted together.
func reason(err error) string {
	s := err.Error()
	if len(s) > 160 {
		s = s[:160]
	}
	return strings.ToValidUTF8(s, "?")
}

// finish fills in what follows from all answers.
func (r *Report) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Seconds = r.end.Sub(r.counts).Seconds(); r.Seconds > 0 {
		r.PerSecond = float64(r.GeneratedTokens) / r.Seconds
	} else {
		r.Seconds = 0
	}
	r.First, r.Gap, r.Whole = spread(r.first), spread(r.gap), spread(r.whole)
}

func spread(d []time.Duration) Spread {
	if len(d) == 0 {
		return Spread{}
	}
	slices.Sort(d)
	at := func(p float64) float64 { return d[int(p*float64(len(d)-1)+0.5)].Seconds() }
	return Spread{len(d), at(0.5), at(0.9), at(0.99), at(1)}
}

// watch notes the memory of a process, once a second.
func (r *Report) watch(ctx context.Context, pid int) {
	if pid == 0 {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if n, ok := resident(pid); ok {
			r.Memory = append(r.Memory, Memory{time.Since(r.begun).Seconds(), n})
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Write prints the report for people.
func (r *Report) Write(w io.Writer) error {
	var s strings.Builder
	failed := 0
	for _, n := range r.Errors {
		failed += n
	}
	fmt.Fprintf(&s, "requests  %d: %d done, %d busy (503), %d cancelled, %d failed, in %.1f s\n", r.Requests, r.Done, r.Busy, r.Cancelled, failed, r.Seconds)
	for _, why := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(&s, "  failed  %d: %s\n", r.Errors[why], why)
	}
	fmt.Fprintf(&s, "tokens    %d read (%d of them known), %d written: %.1f a second\n", r.PromptTokens, r.CachedTokens, r.GeneratedTokens, r.PerSecond)
	for _, d := range []struct {
		name string
		Spread
	}{{"first", r.First}, {"next", r.Gap}, {"whole", r.Whole}} {
		fmt.Fprintf(&s, "%-9s p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, most %.1f ms\n", d.name, 1e3*d.P50, 1e3*d.P90, 1e3*d.P99, 1e3*d.Most)
	}
	if n := len(r.Memory); n > 0 {
		s.WriteString("memory   ")
		for i := range 11 {
			m := r.Memory[i*(n-1)/10]
			fmt.Fprintf(&s, " %.0fs %.0f MiB", m.Seconds, float64(m.Bytes)/(1<<20))
		}
		s.WriteString("\n")
	}
	_, err := io.WriteString(w, s.String())
	return err
}
