package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/nlp-zoo/zoo/tokenizer/train"
)

// progress shows on one line of a terminal how far some work is; on anything but
// a terminal it shows nothing.
type progress struct {
	out   io.Writer // nil: no terminal
	last  time.Time
	stage train.Stage
}

func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &progress{out: f}
	}
	return &progress{}
}

// every is how often the line changes.
const every = 100 * time.Millisecond

func (p *progress) show(now train.Progress) {
	if p.out == nil || now.Stage == p.stage && time.Since(p.last) < every {
		return
	}
	p.stage, p.last = now.Stage, time.Now()
	fmt.Fprintf(p.out, "\r\x1b[K%s %d", now.Stage, now.Done)
	if now.Total > 0 {
		fmt.Fprintf(p.out, " of %d (%d %%)", now.Total, now.Done*100/now.Total)
	}
}

// clear takes the line away.
func (p *progress) clear() {
	if p.out != nil && p.stage != "" {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
