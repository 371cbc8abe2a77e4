package serve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/grammar"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tune"
)

// A resident is a model that is open. It belongs to a pool, and stays open until its
// lease is released.
type resident struct {
	Name string
	*model.Model
	Info   model.Info
	room   int // tokens of a prompt and what follows it, at most
	opened time.Time
	took   time.Duration // to open it

	engine     generate.Generator         // nil: the model writes no text
	lane       generate.Generator         // for beams, which the engine does not know; may be the engine
	gather     *task.Gatherer             // reads texts that models read whole
	vocabulary func() *grammar.Vocabulary // made when it is first wanted; nil: the model has no tokenizer
	template   *chat.Template             // of the checkpoint, or the form that stands in for one
	form       *chat.ReplyForm            // how it writes thoughts and calls of tools
	marks      []int32                    // special tokens that its parser reads as text
	plain      bool                       // the checkpoint has no template of its own
	base       func()                     // ends the use of the model whose weights these are; the pool's mu is held
}

// options returns how the checkpoint wants to be sampled, with a seed that nothing else
// has, for a dialect to change.
func (m *resident) options() generate.Options {
	o := task.Options(m.Model)
	o.Seed = rand.Uint64()
	return o
}

// special tells whether a text is a special token.
func (m *resident) special(text string) bool {
	if m.Tokenizer == nil {
		return false
	}
	id, ok := m.Tokenizer.ID(text)
	return ok && m.Tokenizer.Special(id)
}

// generator returns what writes texts with such options.
func (m *resident) generator(o generate.Options) generate.Generator {
	if o.Beams > 1 {
		return m.lane
	}
	return m.engine
}

// stats returns what the model writes and has written; zeros if it writes no text.
func (m *resident) stats() generate.EngineStats {
	if m.engine == nil {
		return generate.EngineStats{}
	}
	return m.engine.Stats()
}

// Close ends what runs for the model and closes it.
func (m *resident) Close() error {
	if m.engine != nil {
		m.engine.Close()
		m.lane.Close()
	}
	if m.gather != nil {
		m.gather.Close()
	}
	return m.Model.Close()
}

// plainTemplate is the form of a conversation with a model that was tuned for none.
const plainTemplate = "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}\n\n" +
	"{% else %}{{ m.role | capitalize }}: {{ m.content }}\n{% endif %}{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"

// openSlot opens the model of a slot.
func (p *pool) openSlot(sl *slot) (_ *resident, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("serve: %s: %v", sl.spec.Name, r)
		}
	}()
	begun, held := time.Now(), false
	options := []model.Option{model.Weights(p.o.Weights)}
	if p.o.Fast {
		options = append(options, model.Fast())
	}
	r := &resident{Name: sl.spec.Name, Info: sl.head.info, base: func() {}}
	path := sl.spec.Path
	if sl.spec.Adapter != "" {
		base := p.slots[sl.spec.Base]
		m, release, err := p.lease(context.Background(), base)
		if err != nil {
			return nil, err
		}
		r.base = func() { p.releaseLocked(base) }
		defer func() {
			if !held {
				release()
			}
		}()
		path = base.spec.Path
		options = []model.Option{model.Sharing(m.Model), tune.WithAdapter(sl.spec.Adapter)}
	}
	if r.Model, err = model.Open(path, options...); err != nil {
		return nil, err
	}
	r.opened, r.took = time.Now(), time.Since(begun)
	if err := r.prepare(p.o, sl.head.room); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	held = true
	p.o.Log.Info("model opened", "model", r.Name, "took", r.took, "bytes", sl.head.need)
	return r, nil
}

// prepare makes what stands between requests and the network.
func (m *resident) prepare(o Options, room int) error {
	var err error
	if m.template, err = task.Template(m.Model); errors.Is(err, chat.ErrNoTemplate) {
		m.plain = true
		m.template, err = chat.Parse(plainTemplate)
	}
	if err != nil {
		return err
	}
	source := ""
	if m.Tokenizer != nil {
		source = m.Tokenizer.ChatTemplate()
		m.vocabulary = sync.OnceValue(func() *grammar.Vocabulary { return grammar.NewVocabulary(m.Tokenizer, task.Options(m.Model).EOS) })
	}
	m.form = chat.ReplyFormOf(source)
	for _, mark := range m.form.Marks() {
		if m.special(mark) {
			id, _ := m.Tokenizer.ID(mark)
			m.marks = append(m.marks, id)
		}
	}
	m.room = room
	m.gather = task.NewGatherer(m.Model, 0)
	m.gather.Queue = o.Queue
	switch net := m.Net.(type) {
	case model.Decoder:
		if m.engine, err = generate.NewEngine(net, m.Tokenizer, generate.EngineOptions{Rows: o.Rows, Room: room, Queue: o.Queue, CacheForm: o.CacheForm, PrefixBytes: o.Prefix}); err != nil {
			return err
		}
		if m.lane, err = generate.NewLane(net, m.Tokenizer, 0, o.Queue); err != nil {
			m.engine.Close()
			m.engine = nil
		}
	case model.EncoderDecoder:
		m.engine, err = generate.NewLane(net, m.Tokenizer, o.Rows, o.Queue)
		m.lane = m.engine
	}
	return err
}

// A listing is a model as lists tell of it.
type listing struct {
	Name    string
	Info    model.Info
	Base    string // of an adapter
	Open    bool
	Bytes   int64     // of memory it takes, open
	Expires time.Time // when it is closed if nobody uses it; zero: not known, or never
}

// list returns all models whose headers can be read, in order.
func (s *Server) list() []listing {
	var all []listing
	for _, name := range s.pool.names {
		if l, err := s.describe(name); err == nil {
			all = append(all, l)
		}
	}
	return all
}

// describe tells of a model from its headers, without opening it.
func (s *Server) describe(name string) (listing, error) {
	sl := s.pool.find(name)
	if sl == nil {
		return listing{}, errUnknown(name)
	}
	if err := sl.head.read(s.pool, sl.spec); err != nil {
		return listing{}, err
	}
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	l := listing{Name: sl.spec.Name, Info: sl.head.info, Base: sl.spec.Base, Open: sl.open != nil, Bytes: sl.head.need}
	if l.Open && sl.users == 0 && sl.timer != nil {
		l.Expires = sl.last.Add(sl.keep)
	}
	return l, nil
}

// keep says how long a model stays open unused; negative: for good.
func (s *Server) keep(name string, d time.Duration) {
	sl := s.pool.find(name)
	if sl == nil {
		return
	}
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	sl.keep = d
	if sl.open != nil && sl.users == 0 {
		s.pool.rest(sl)
	}
}
