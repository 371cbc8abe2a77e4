package tokenizer

import (
	"slices"
	"unsafe"
)

// Tokenizer encodes text as ids and decodes ids as text. It never changes, and
// may be used by many goroutines.
type Tokenizer struct {
	vocab   lexicon
	tokens  []string // by id; "" for an id without a token
	special []bool   // by id: left out where decoding skips special tokens

	added      []AddedToken     // by id
	raw        *finder          // added tokens looked for in the text as it came
	normalized *finder          // and those in the normalised text
	forms      map[int32]string // of the latter, what they are in it, which is what they decode to
	norm       normalizers
	pre        preTokenizers
	model      model
	chunk      chunk         // finds words where no places are asked for; nil: pre does
	rest       preTokenizers // of the steps of pre, those behind chunk's
	segments   *starts       // words may be encoded in parts that begin with ▁; nil: they may not
	traced     bool          // cutting words needs to know where in the input they come from
	template   template
	trim       *trimming // how offsets leave white space out; nil: not at all
	steps      []step    // of decoding

	origin   origin      // what writing it needs
	cut      *Truncation // what the file asks for; nil: nothing
	fill     *Padding
	names    specials
	chat     string // template
	longest  int    // tokens, by the file; 0 unknown
	complete bool   // every text can be written, so that decoding gives it back

	scratches scratches
}

// Option changes how a text is encoded.
type Option uint8

const (
	// Bare leaves out the tokens that the vocabulary's template puts around a text,
	// such as BOS or [CLS] and [SEP].
	Bare Option = 1 << iota
	// Literal takes special tokens that stand in the text for plain text. Added
	// tokens that are not special are still found.
	Literal
)

func join(opts []Option) (all Option) {
	for _, o := range opts {
		all |= o
	}
	return all
}

// Encode returns the ids of a text, with the special tokens of the vocabulary's
// template around them. Special tokens in the text become their ids, unless
// Literal is given. Bytes that are not UTF-8 are kept by vocabularies of bytes
// and are U+FFFD to the others.
func (t *Tokenizer) Encode(text string, opts ...Option) []int32 {
	return t.AppendEncode(nil, text, opts...)
}

// AppendEncode appends the ids of a text to dst. In a steady state it allocates
// nothing but what dst needs to grow.
func (t *Tokenizer) AppendEncode(dst []int32, text string, opts ...Option) []int32 {
	o := join(opts)
	s := t.scratches.take(t.traced)
	t.run(s, text, o&Literal != 0)
	dst = slices.Grow(dst, len(s.ids)+8)
	for _, p := range t.template.single {
		if p.text == 0 {
			dst = append(dst, s.ids...)
		} else if o&Bare == 0 {
			dst = append(dst, p.ids...)
		}
	}
	t.scratches.give(s)
	return dst
}

// EncodePair returns the ids of two texts in one sequence, and the segment of
// each id.
func (t *Tokenizer) EncodePair(a, b string, opts ...Option) (ids, types []int32) {
	e := t.encode([]string{a, b}, join(opts), false)
	return e.IDs, e.Types
}

// run encodes in to s.ids.
func (t *Tokenizer) run(s *scratch, in string, literal bool) {
	if s.seen += len(in); s.seen > useCache && s.cache == nil && !s.track {
		s.cache = new(wordCache)
	}
	if t.raw == nil {
		t.fragment(s, in, 0, literal)
		return
	}
	b := unsafe.Slice(unsafe.StringData(in), len(in)) // only read
	done, from := 0, 0
	for {
		f, next, ok := t.raw.next(b, from, done, literal)
		if !ok {
			break
		}
		if done < f.start {
			t.fragment(s, in[done:f.start], done, literal)
		}
		t.emitAdded(s, f, span{int32(f.start), int32(f.end)}, b)
		done, from = f.end, next
	}
	if done < len(in) {
		t.fragment(s, in[done:], done, literal)
	}
}

// emitAdded emits an added token that was found in b, with the white space it took.
func (t *Tokenizer) emitAdded(s *scratch, f found, at span, b []byte) {
	s.emit(f.token.ID, 0, 0)
	if s.track {
		s.at[len(s.at)-1] = at
		s.word, s.forms = append(s.word, s.n), append(s.forms, string(b[f.start:f.end]))
	}
	s.n++
}

// fragment encodes a text without raw added tokens; base is its place in the input.
func (t *Tokenizer) fragment(s *scratch, in string, base int, literal bool) {
	s.cur.reset(in, base, s.track)
	t.norm.apply(s)
	if t.normalized == nil {
		t.words(s, 0, len(s.cur.b), base == 0)
		return
	}
	done, from := 0, 0
	for {
		f, next, ok := t.normalized.next(s.cur.b, from, done, literal)
		if !ok {
			break
		}
		if done < f.start {
			t.words(s, done, f.start, base == 0 && done == 0)
		}
		t.emitAdded(s, f, s.cur.origin(f.start, f.end), s.cur.b)
		done, from = f.end, next
	}
	t.words(s, done, len(s.cur.b), base == 0 && done == 0)
}

// words cuts s.cur.b[i:j] into words and encodes each.
func (t *Tokenizer) words(s *scratch, i, j int, start bool) {
	if i >= j {
		return
	}
	if !s.track && t.chunk != nil {
		t.appendChunks(s, s.cur.b[i:j])
		return
	}
	w := &s.words
	if s.track {
		w.text.begin(&s.cur)
		w.text.keep(&s.cur, i, j)
	} else {
		w.text.borrow(s.cur.b[i:j])
	}
	w.at = append(w.at[:0], span{0, int32(j - i)})
	t.pre.split(s, start)
	w = &s.words
	surface := int32(-1) // an unknown piece of a unigram model is called by its text
	if u, ok := t.model.(*unigram); ok {
		surface = u.unk
	}
	if !s.track {
		for _, at := range w.at {
			if t.segments != nil {
				t.appendSegments(s, w.text.b, int(at.start), int(at.end))
			} else {
				t.appendWord(s, w.text.b, int(at.start), int(at.end))
			}
		}
		return
	}
	for _, at := range w.at {
		n := len(s.ids)
		word := w.text.b[at.start:at.end]
		t.model.encode(s, word)
		for k := n; k < len(s.ids); k++ {
			form := ""
			if s.ids[k] == surface {
				form = string(word[s.at[k].start:s.at[k].end])
			}
			s.at[k] = w.text.origin(int(at.start+s.at[k].start), int(at.start+s.at[k].end))
			s.word, s.forms = append(s.word, s.n), append(s.forms, form)
		}
		s.n++
	}
}

// Token returns the token of an id as the vocabulary writes it.
func (t *Tokenizer) Token(id int32) (string, bool) {
	if uint64(id) >= uint64(len(t.tokens)) || t.tokens[id] == "" {
		return "", false
	}
	return t.tokens[id], true
}

// ID returns the id of a token that the vocabulary writes so.
func (t *Tokenizer) ID(token string) (int32, bool) {
	id, ok := t.vocab.id(token)
	return id, ok
}

// VocabSize returns one more than the largest id.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// Special reports whether id is a special token, such as BOS.
func (t *Tokenizer) Special(id int32) bool {
	return uint64(id) < uint64(len(t.special)) && t.special[id]
}

// Added returns the tokens that are found in a text before it is cut into words,
// by id.
func (t *Tokenizer) Added() []AddedToken { return slices.Clone(t.added) }

// MaxLength returns the most tokens the file allows a text, 0 if it does not say.
func (t *Tokenizer) MaxLength() int { return t.longest }

// Truncation returns how the file wants texts cut. Encode does not do it, since
// what reads the file decides; give it to EncodeWindows. ok is false if the file
// says nothing.
func (t *Tokenizer) Truncation() (cut Truncation, ok bool) {
	if t.cut == nil {
		return Truncation{}, false
	}
	return *t.cut, true
}

// Padding returns how the file wants rows of a batch filled up, which Encode does
// not do either. ok is false if the file says nothing; Padding then fills with PAD.
func (t *Tokenizer) Padding() (p Padding, ok bool) {
	if t.fill == nil {
		return Padding{ID: max(t.names.pad, 0)}, false
	}
	return *t.fill, true
}

// ByteComplete reports whether the vocabulary can write every text, so that
// decoding gives back what was encoded with Bare and Literal. SentencePiece's
// vocabularies do so but for the sign ▁, which comes back as a space.
func (t *Tokenizer) ByteComplete() bool { return t.complete }
