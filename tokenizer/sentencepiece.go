package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Options say what a vocabulary file leaves to the model it is for. The zero
// Options take what the file itself suggests.
type Options struct {
	// Model is config.json's model_type: "t5", "xlm-roberta", "llama" … It decides
	// which special tokens go round a text and how ids are numbered.
	Model string

	AddBOS, AddEOS *bool
	// ExtraIDs is how many sentinels <extra_id_0> … T5 has behind its pieces; nil
	// means 100 for T5 and none for others.
	ExtraIDs *int
	// Legacy puts a space before every text between special tokens, not only before
	// the first; nil means true.
	Legacy *bool

	// LowerCase, StripAccents and SplitChinese are BERT's settings, nil means true,
	// as LowerCase is, and true.
	LowerCase, StripAccents, SplitChinese *bool
	// AddPrefixSpace puts a space before a text that is encoded by GPT-2's rules.
	AddPrefixSpace *bool
	// Pattern is the expression that cuts words for the ranks of tiktoken.
	Pattern string
	// Added are tokens beside the vocabulary; negative ids are given out in order.
	Added []AddedToken
	// Names gives special tokens by task: "bos_token", "eos_token", "cls_token" …
	Names map[string]string
}

func or(p *bool, otherwise bool) bool {
	if p != nil {
		return *p
	}
	return otherwise
}

// FromSentencePiece reads a SentencePiece model (".model").
func FromSentencePiece(data []byte, o Options) (*Tokenizer, error) {
	m, err := parseSPM(data)
	if err == nil {
		err = m.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer: SentencePiece model: %w", err)
	}
	t, err := m.tokenizer(o)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: SentencePiece model: %w", err)
	}
	return t, nil
}

// tokenizer makes a Tokenizer by the conventions of o.
func (m *spm) tokenizer(o Options) (*Tokenizer, error) {
	if o.Model == "" {
		o.Model = m.guess()
	}
	if slices.Contains([]string{"xlm-roberta", "xlm-roberta-xl", "xlm-v"}, o.Model) {
		m.fairseq()
	}
	t := &Tokenizer{names: noSpecials}
	if err := m.use(t, o); err != nil {
		return nil, err
	}
	t.names.unk = m.unk
	for id, at := range map[int32]*int32{m.bos: &t.names.bos, m.eos: &t.names.eos, m.pad: &t.names.pad} {
		if id >= 0 && int(id) < len(m.pieces) && m.kinds[id] == controlPiece {
			*at = id
		}
	}
	if err := t.add(append(m.controls(), m.conventional(o)...)); err != nil {
		return nil, err
	}
	t.special[m.unk] = false // decodes to a sign of its own
	if err := t.add(o.Added); err != nil {
		return nil, err
	}
	t.name(o.Names)
	t.guess()
	t.conventions(o, m)
	t.finish()
	return t, t.check()
}

// guess tells the model by how the vocabulary begins.
func (m *spm) guess() string {
	switch {
	case !m.bpe && len(m.pieces) > 2 && m.pieces[0] == "<pad>" && m.pieces[1] == "</s>":
		return "t5"
	case m.bpe:
		return "llama"
	}
	return ""
}

// use sets the vocabulary, the model and the way in and out.
func (m *spm) use(t *Tokenizer, o Options) error {
	t.setTokens(slices.Clone(m.pieces))
	t.origin.pieces, t.origin.first = m, !or(o.Legacy, true)
	for i, k := range m.kinds {
		t.special[i] = k == controlPiece
	}
	table, err := newCharsmap(m.charsmap)
	if err != nil {
		return fmt.Errorf("normalizer_spec: %w", err)
	}
	in := &spmSplit{table: table, prefix: m.dummyPrefix, first: !or(o.Legacy, true), suffix: m.suffix, squeeze: m.squeeze, space: " "}
	if m.escape {
		in.space = lowBlock
	}
	if m.bpe {
		b, err := newSPMBPE(m)
		if err != nil {
			return err
		}
		t.model, in.user = b, b.user
		t.complete = b.fallback != nil && !m.squeeze && table == nil && !slices.Contains(b.fallback[:], -1)
	} else {
		t.model, in.user = m.unigram()
	}
	t.pre = preTokenizers{in}
	t.steps = []step{spmText{strip: m.dummyPrefix || m.squeeze, squeeze: m.squeeze, unk: m.pieces[m.unk], surface: m.unkSurface, controls: t.special, ids: t.vocab}.step}
	return nil
}

// unigram makes the model and the trie of pieces that stay whole.
func (m *spm) unigram() (*unigram, *trie) {
	lowest, highest := float32(math.MaxFloat32), float32(0x1p-126)
	var user []string
	var userID []int32
	for i, k := range m.kinds {
		switch k {
		case normalPiece:
			lowest, highest = min(lowest, m.scores[i]), max(highest, m.scores[i])
		case userPiece:
			user, userID = append(user, m.pieces[i]), append(userID, int32(i))
		}
	}
	scores := make([]float64, len(m.scores))
	for i, s := range m.scores {
		scores[i] = float64(s)
		if m.kinds[i] == userPiece { // such a piece beats all others
			scores[i] = float64(float32(len(m.pieces[i]))*highest) - 0.1
		}
	}
	u := newUnigram(m.pieces, scores, m.unk, func(i int) bool { return !m.text(i) || m.kinds[i] == unusedPiece })
	u.single, u.penal = true, float64(lowest-unknownPenalty)
	if m.byteFallback {
		u.fallback = m.byteIDs()
	}
	if len(user) == 0 {
		return u, nil
	}
	return u, newTrie(user, userID)
}

// controls returns the pieces that no text becomes as special tokens, which are
// found in text unless Literal is given.
func (m *spm) controls() (added []AddedToken) {
	for i, k := range m.kinds {
		if k == controlPiece || k == unknownPiece {
			added = append(added, AddedToken{ID: int32(i), Content: m.pieces[i], Special: true})
		}
	}
	return added
}

// fairseq renumbers the pieces as XLM-R does: <s> <pad> </s> <unk>, then the
// pieces from the fourth on.
func (m *spm) fairseq() {
	if len(m.pieces) < 3 {
		return
	}
	m.pieces = append([]string{"<s>", "<pad>", "</s>", "<unk>"}, m.pieces[3:]...)
	m.scores = append([]float32{0, 0, 0, 0}, m.scores[3:]...)
	m.kinds = append([]pieceKind{controlPiece, controlPiece, controlPiece, unknownPiece}, m.kinds[3:]...)
	m.bos, m.pad, m.eos, m.unk = 0, 1, 2, 3
}

// conventional returns the tokens a model has beside its pieces.
func (m *spm) conventional(o Options) (added []AddedToken) {
	special := func(content string) {
		added = append(added, AddedToken{ID: -1, Content: content, Special: true})
	}
	switch o.Model {
	case "t5", "mt5", "umt5", "switch_transformers", "longt5":
		n := 100
		if o.Model == "mt5" || o.Model == "umt5" {
			n = 0
		}
		if o.ExtraIDs != nil {
			n = min(*o.ExtraIDs, 1<<16)
		}
		for i := n - 1; i >= 0; i-- {
			special("<extra_id_" + strconv.Itoa(i) + ">")
		}
	case "xlm-roberta", "xlm-roberta-xl", "xlm-v":
		added = append(added, AddedToken{ID: -1, Content: "<mask>", LStrip: true, Special: true})
	case "deberta-v2", "deberta-v3":
		special("[MASK]")
	}
	return added
}

// conventions sets the template and the normaliser that the model is known for.
func (t *Tokenizer) conventions(o Options, m *spm) {
	bos, eos := int32(-1), int32(-1)
	n := &t.names
	switch o.Model {
	case "t5", "mt5", "umt5", "switch_transformers", "longt5":
		eos = n.eos
		t.template = aroundTemplate(-1, eos)
		for i := range t.template.pair {
			t.template.pair[i].kind = 0
		}
	case "xlm-roberta", "xlm-roberta-xl", "xlm-v":
		n.cls, n.sep = n.bos, n.eos
		t.template = robertaTemplate(n.bos, n.eos)
	case "xlnet":
		t.xlnet(o)
	case "albert", "deberta-v2", "deberta-v3":
		if n.cls >= 0 && n.sep >= 0 {
			t.template = bertTemplate(n.cls, n.sep)
		}
		if o.Model == "albert" {
			t.norm = quotes(!or(o.StripAccents, true), or(o.LowerCase, true))
		}
	default:
		if or(o.AddBOS, m.bpe) {
			bos = n.bos
		}
		if or(o.AddEOS, false) {
			eos = n.eos
		}
		t.template = aroundTemplate(bos, eos)
	}
}
