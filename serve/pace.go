package serve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/nlp-zoo/zoo/generate"
)

// A pacer tells metrics and traces how one text of a reply comes along.
type pacer struct {
	re     *reply
	choice int
	begun  time.Time // it was asked for
	placed time.Time // it had a row
	first  time.Time // its first token was there
	last   time.Time
	made   int
	text   strings.Builder // with Options.LogText
}

// token is told of each token as it comes.
func (p *pacer) token(ctx context.Context, t *generate.Token) {
	now := time.Now()
	p.made++
	p.re.made.Add(1)
	if p.re.s.o.LogText {
		p.text.WriteString(t.Text)
	}
	m, name := p.re.s.metrics, p.re.m.Name
	if p.made > 1 {
		m.between.WithLabelValues(name).Observe(now.Sub(p.last).Seconds())
		p.last = now
		return
	}
	p.placed, p.first, p.last = p.begun.Add(t.Waited), now, now
	if p.choice == 0 {
		p.re.cached.Store(int64(t.Reused))
		p.re.first.Store(int64(now.Sub(p.re.begun)))
	}
	m.waited.WithLabelValues(name).Observe(t.Waited.Seconds())
	m.first.WithLabelValues(name).Observe(now.Sub(requestOf(ctx).started).Seconds())
	m.prompt(name, len(p.re.prompt), t.Reused)
	spanOf(ctx, "queue", p.begun, p.placed)
	spanOf(ctx, "prefill", p.placed, now, attribute.Int("zoo.tokens", len(p.re.prompt)), attribute.Int("zoo.tokens.cached", t.Reused))
}

// end is told that nothing more comes.
func (p *pacer) end(ctx context.Context) {
	if s := p.re.s; s.o.LogText {
		prompt := fmt.Sprint(p.re.prompt)
		if tok := p.re.m.Tokenizer; tok != nil {
			prompt = tok.Decode(p.re.prompt, false)
		}
		s.log.InfoContext(ctx, "text", "request", requestOf(ctx).id, "choice", p.choice, "prompt", prompt, "text", p.text.String())
	}
	if p.made > 0 {
		p.re.s.metrics.tokens.WithLabelValues(p.re.m.Name, "generated").Add(float64(p.made))
		spanOf(ctx, "decode", p.first, time.Now(), attribute.Int("zoo.tokens", p.made))
	}
}
