package tokenizer

import "slices"

// specials holds the ids of the tokens that have a task; -1 none.
type specials struct {
	bos, eos, pad, unk, mask, sep, cls, eot int32
	stops                                   []int32
}

var noSpecials = specials{bos: -1, eos: -1, pad: -1, unk: -1, mask: -1, sep: -1, cls: -1, eot: -1}

func known(id int32) (int32, bool) { return id, id >= 0 }

// BOS returns the token a text begins with.
func (t *Tokenizer) BOS() (int32, bool) { return known(t.names.bos) }

// EOS returns the token a text ends with.
func (t *Tokenizer) EOS() (int32, bool) { return known(t.names.eos) }

// PAD returns the token that fills short rows of a batch.
func (t *Tokenizer) PAD() (int32, bool) { return known(t.names.pad) }

// UNK returns the token of what the vocabulary cannot write.
func (t *Tokenizer) UNK() (int32, bool) { return known(t.names.unk) }

// MASK returns the token of masked places.
func (t *Tokenizer) MASK() (int32, bool) { return known(t.names.mask) }

// SEP returns the token between two texts.
func (t *Tokenizer) SEP() (int32, bool) { return known(t.names.sep) }

// CLS returns the token whose hidden state stands for the whole text.
func (t *Tokenizer) CLS() (int32, bool) { return known(t.names.cls) }

// EOT returns the token that ends a turn of a conversation.
func (t *Tokenizer) EOT() (int32, bool) { return known(t.names.eot) }

// Stops returns all tokens that end a completion: EOS and those that end a turn
// or a message.
func (t *Tokenizer) Stops() []int32 { return slices.Clone(t.names.stops) }

// AddBOS reports whether Encode puts BOS before a text.
func (t *Tokenizer) AddBOS() bool {
	return t.names.bos >= 0 && t.template.adds(t.names.bos)
}

// ChatTemplate returns the Jinja template of conversations that came with the
// vocabulary, or "".
func (t *Tokenizer) ChatTemplate() string { return t.chat }

// turnEnds are tokens that end a turn or a completion, under the names that
// published vocabularies have for them.
var turnEnds = []string{
	"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|eom_id|>", "<EOT>", "▁<EOT>", "<｜end▁of▁sentence｜>",
	"<|end_of_text|>", "<|endoftext|>",
}

// usual are names of special tokens that tell their task.
var usual = []struct {
	name string
	of   func(*specials) *int32
}{
	{"[CLS]", func(s *specials) *int32 { return &s.cls }},
	{"[SEP]", func(s *specials) *int32 { return &s.sep }},
	{"[PAD]", func(s *specials) *int32 { return &s.pad }},
	{"[UNK]", func(s *specials) *int32 { return &s.unk }},
	{"[MASK]", func(s *specials) *int32 { return &s.mask }},
	{"<s>", func(s *specials) *int32 { return &s.bos }},
	{"</s>", func(s *specials) *int32 { return &s.eos }},
	{"<pad>", func(s *specials) *int32 { return &s.pad }},
	{"<unk>", func(s *specials) *int32 { return &s.unk }},
	{"<mask>", func(s *specials) *int32 { return &s.mask }},
	{"<|begin_of_text|>", func(s *specials) *int32 { return &s.bos }},
	{"<|end_of_text|>", func(s *specials) *int32 { return &s.eos }},
	{"<|startoftext|>", func(s *specials) *int32 { return &s.bos }},
	{"<|endoftext|>", func(s *specials) *int32 { return &s.eos }},
	{"<bos>", func(s *specials) *int32 { return &s.bos }},
	{"<eos>", func(s *specials) *int32 { return &s.eos }},
}

// guess fills in what no file named, from special tokens with usual names.
func (t *Tokenizer) guess() {
	for _, u := range usual {
		if id, ok := t.vocab.id(u.name); ok && *u.of(&t.names) < 0 && t.special[id] {
			*u.of(&t.names) = id
		}
	}
}

// finish works out the tokens that end a completion. It is called when all else
// is known.
func (t *Tokenizer) finish() {
	n := &t.names
	n.stops = nil
	if n.eos >= 0 {
		n.stops = append(n.stops, n.eos)
	}
	for _, name := range turnEnds {
		id, ok := t.vocab.id(name)
		if !ok || !t.special[id] {
			continue
		}
		if n.eot < 0 && name != "<|eom_id|>" {
			n.eot = id
		}
		if !slices.Contains(n.stops, id) {
			n.stops = append(n.stops, id)
		}
	}
	if n.eot >= 0 && !slices.Contains(n.stops, n.eot) {
		n.stops = append(n.stops, n.eot)
	}
}

// tasks are the names configuration files have for special tokens.
var tasks = map[string]func(*specials) *int32{
	"bos_token":  func(s *specials) *int32 { return &s.bos },
	"eos_token":  func(s *specials) *int32 { return &s.eos },
	"pad_token":  func(s *specials) *int32 { return &s.pad },
	"unk_token":  func(s *specials) *int32 { return &s.unk },
	"mask_token": func(s *specials) *int32 { return &s.mask },
	"sep_token":  func(s *specials) *int32 { return &s.sep },
	"cls_token":  func(s *specials) *int32 { return &s.cls },
}

// name sets special tokens by task. Names that are not in the vocabulary are
// passed over.
func (t *Tokenizer) name(names map[string]string) {
	for task, token := range names {
		if at := tasks[task]; at != nil {
			if id, ok := t.vocab.id(token); ok {
				*at(&t.names) = id
			}
		}
	}
}
