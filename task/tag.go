package task

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// Aggregation says how the classes of tokens become entities.
type Aggregation string

// The ways of aggregation, those of transformers' token-classification pipeline.
const (
	Simple  Aggregation = "simple"  // neighbours of one class, by their B- and I-, are an entity
	FirstOf Aggregation = "first"   // a word has the class of its first token
	MaxOf   Aggregation = "max"     // a word has the class of its surest token
	Average Aggregation = "average" // a word has the class of its tokens' mean probabilities
	NoneOf  Aggregation = "none"    // each token is an entity
)

// TagOptions say how a text is tagged.
type TagOptions struct {
	Aggregation Aggregation // "" stands for Simple
	Stride      int         // tokens that windows of a long text share; 0: a quarter, up to 128
	Outside     bool        // what has class O is told too
}

// An Entity is a part of a text that has a class.
type Entity struct {
	Label string  `json:"label"` // without B- and I-, unless tokens are told by themselves
	Score float64 `json:"score"` // mean probability of the class
	Text  string  `json:"text"`
	Place
}

// Tag returns the entities in a text, in order. A text that is too long for the model
// is read in windows; of entities that overlap the longest counts, then the surest.
func Tag(ctx context.Context, m *model.Model, text string, o TagOptions) ([]Entity, error) {
	return tag(ctx, m, alone(m), text, o)
}

// Tag is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Tag(ctx context.Context, text string, o TagOptions) ([]Entity, error) {
	return tag(ctx, g.m, g.run, text, o)
}

func tag(ctx context.Context, m *model.Model, run run, text string, o TagOptions) ([]Entity, error) {
	if _, ok := m.Net.(model.TokenClassifier); !ok {
		return nil, unable(m, "tag tokens")
	}
	if err := ready(m, "tag"); err != nil {
		return nil, err
	}
	if o.Aggregation == "" {
		o.Aggregation = Simple
	}
	if !slices.Contains([]Aggregation{Simple, FirstOf, MaxOf, Average, NoneOf}, o.Aggregation) {
		return nil, refuse("aggregation", "%.40q is not one of none, simple, first, average, max", string(o.Aggregation))
	}
	s, err := settingsOf(m)
	if err != nil {
		return nil, err
	}
	stride, err := stridden(m, o.Stride)
	if err != nil {
		return nil, err
	}
	encodings, err := windows(m, 0, stride, text)
	if err != nil {
		return nil, err
	}
	parts := make([][]Entity, len(encodings))
	var all []*sequence
	for i, e := range encodings {
		if len(e.IDs) == 0 {
			continue
		}
		all = append(all, &sequence{head: tagHead, ids: e.IDs, types: s.typed(e.Types), take: func(y, _ []float32, width int) {
			parts[i] = entities(m, &s, o, text, &encodings[i], y, width)
		}})
	}
	if err := run(ctx, all); err != nil {
		return nil, err
	}
	found := slices.Concat(parts...)
	if len(parts) > 1 {
		found = apart(found)
	}
	return found, nil
}

// mark is a token, or a word, with the probabilities of its classes.
type mark struct {
	p      []float64
	within bool // it goes on the word of the one before
	at     Place
}

// entities returns the entities of one window.
func entities(m *model.Model, s *settings, o TagOptions, text string, e *tokenizer.Encoding, y []float32, width int) []Entity {
	marks := tokenMarks(m, text, e, y, width)
	if o.Aggregation != Simple && o.Aggregation != NoneOf {
		marks = words(marks, o.Aggregation)
	}
	var all []Entity
	count := 0 // of marks in the last one
	last, begun := "", false
	for _, k := range marks {
		best := argmax(k.p)
		name := s.label(best)
		kind, class := affix(name)
		if o.Aggregation == NoneOf {
			all = append(all, Entity{Label: name, Score: k.p[best], Place: k.at})
			continue
		}
		if begun && class == last && kind != "B" {
			now := &all[len(all)-1]
			now.Score += (k.p[best] - now.Score) / float64(count+1)
			now.End, now.EndByte = k.at.End, k.at.EndByte
			count++
			continue
		}
		_, short, cut := strings.Cut(name, "-")
		if !cut {
			short = name
		}
		all = append(all, Entity{Label: short, Score: k.p[best], Place: k.at})
		last, begun, count = class, true, 1
	}
	all = slices.DeleteFunc(all, func(x Entity) bool { return x.Label == "O" && !o.Outside })
	for i := range all {
		all[i].Text = text[all[i].StartByte:all[i].EndByte]
	}
	return all
}

// affix parts a class from the letter that says where in an entity a token stands.
func affix(name string) (kind, class string) {
	if class, ok := strings.CutPrefix(name, "B-"); ok {
		return "B", class
	}
	if class, ok := strings.CutPrefix(name, "I-"); ok {
		return "I", class
	}
	return "I", name
}

// tokenMarks returns the tokens of a window that stand for text.
func tokenMarks(m *model.Model, text string, e *tokenizer.Encoding, y []float32, width int) []mark {
	characters := e.RuneOffsets(text)
	unk, hasUnk := m.Tokenizer.UNK()
	pieces := wordPieces(m.Tokenizer)
	var marks []mark
	for i, id := range e.IDs {
		if e.Special[i] {
			continue
		}
		at := e.Offsets[i]
		k := mark{p: softmax(y[i*width : (i+1)*width]), at: Place{characters[i].Start, characters[i].End, at.Start, at.End}}
		switch {
		case hasUnk && id == unk: // a word of its own
		case pieces:
			token, _ := m.Tokenizer.Token(id)
			k.within = strings.HasPrefix(token, "##") && len(token) > 2
		default: // only spaces tell words apart
			k.within = at.Start > 0 && text[at.Start-1] != ' ' && !strings.HasPrefix(text[at.Start:], " ")
		}
		marks = append(marks, k)
	}
	return marks
}

// wordPieces reports whether tokens say by ## that they go on a word.
func wordPieces(t *tokenizer.Tokenizer) bool {
	for letter := 'a'; letter <= 'z'; letter++ {
		if _, ok := t.ID("##" + string(letter)); ok {
			return true
		}
	}
	return false
}

// words joins the tokens of each word.
func words(tokens []mark, how Aggregation) []mark {
	var all []mark
	for lo := 0; lo < len(tokens); {
		hi := lo + 1
		for hi < len(tokens) && tokens[hi].within {
			hi++
		}
		group := tokens[lo:hi]
		word := mark{p: group[0].p, at: group[0].at}
		word.at.End, word.at.EndByte = group[len(group)-1].at.End, group[len(group)-1].at.EndByte
		switch how {
		case MaxOf:
			word.p = slices.MaxFunc(group, func(a, b mark) int { return cmp.Compare(slices.Max(a.p), slices.Max(b.p)) }).p
		case Average:
			word.p = make([]float64, len(group[0].p))
			for _, k := range group {
				for c, p := range k.p {
					word.p[c] += p / float64(len(group))
				}
			}
		}
		all = append(all, word)
		lo = hi
	}
	return all
}

// apart leaves of entities that overlap the longest, and of equals the surest.
func apart(all []Entity) []Entity {
	slices.SortStableFunc(all, func(a, b Entity) int { return a.StartByte - b.StartByte })
	var left []Entity
	for _, x := range all {
		if len(left) == 0 || x.Start >= left[len(left)-1].End {
			left = append(left, x)
			continue
		}
		last := &left[len(left)-1]
		if by := (x.End - x.Start) - (last.End - last.Start); by > 0 || by == 0 && x.Score > last.Score {
			*last = x
		}
	}
	return left
}
