package tokenizer

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Metadata is the key-value part of a GGUF file. Each method returns false for a
// key that is missing or of another type; integers of any width convert.
type Metadata interface {
	String(key string) (string, bool)
	Strings(key string) ([]string, bool)
	// Texts yields what Strings returns, n texts, one after the other and each with its
	// number. It holds until the next one is asked for.
	Texts(key string) (n int, all iter.Seq2[int, []byte], ok bool)
	Floats(key string) ([]float32, bool)
	Ints(key string) ([]int32, bool)
	Int(key string) (int, bool)
	Bool(key string) (bool, bool)
	Bytes(key string) ([]byte, bool)
}

const ggml = "tokenizer.ggml."

// FromGGUF makes the tokenizer that a GGUF file describes by its keys
// "tokenizer.ggml.…", as llama.cpp reads them.
func FromGGUF(meta Metadata) (*Tokenizer, error) {
	t, err := fromGGUF(gguf{meta})
	if err != nil {
		return nil, fmt.Errorf("tokenizer: GGUF: %w", err)
	}
	return t, nil
}

type gguf struct{ Metadata }

func fromGGUF(g gguf) (*Tokenizer, error) {
	model, ok := g.String(ggml + "model")
	if !ok {
		return nil, fmt.Errorf("%smodel: missing", ggml)
	}
	list, ok := g.Strings(ggml + "tokens")
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("%stokens: missing", ggml)
	}
	for i, token := range list {
		if len(token) > maxString {
			return nil, fmt.Errorf("%stokens[%d]: %d bytes, over %d", ggml, i, len(token), maxString)
		}
	}
	kinds, err := g.kinds(len(list))
	if err != nil {
		return nil, err
	}
	overrideKinds(list, kinds)
	t := &Tokenizer{names: noSpecials}
	switch model {
	case "llama", "t5":
		err = g.sentencePiece(t, model, list, kinds)
	case "gpt2":
		err = g.bytePairs(t, list, kinds)
	case "bert":
		err = g.wordPiece(t, list, kinds)
	default:
		err = fmt.Errorf("%smodel %.40q: not supported", ggml, model)
	}
	if err != nil {
		return nil, err
	}
	if t.chat, ok = g.String("tokenizer.chat_template"); !ok {
		t.chat = ""
	}
	t.finish()
	return t, t.check()
}

// kinds returns the token types, normal ones where the file has none.
func (g gguf) kinds(n int) ([]pieceKind, error) {
	kinds := make([]pieceKind, n)
	types, ok := g.Ints(ggml + "token_type")
	if ok && len(types) != n {
		return nil, fmt.Errorf("%stoken_type: %d entries for %d tokens", ggml, len(types), n)
	}
	for i := range kinds {
		kinds[i] = normalPiece
		if ok {
			kinds[i] = pieceKind(types[i])
		}
	}
	return kinds, nil
}

// overrideKinds makes tokens control tokens that many files list as others.
func overrideKinds(list []string, kinds []pieceKind) {
	control := append(slices.Clone(turnEnds), "<|fim_prefix|>", "<fim-prefix>", "<｜fim▁begin｜>", "<|fim_suffix|>", "<fim-suffix>",
		"<｜fim▁hole｜>", "<|fim_middle|>", "<fim-middle>", "<｜fim▁end｜>", "<|fim_pad|>", "<fim-pad>", "<|fim_repo|>", "<|repo_name|>",
		"<fim-repo>", "<|file_sep|>")
	for i, token := range list {
		if slices.Contains(control, token) && token != "▁<EOT>" {
			kinds[i] = controlPiece
		}
	}
}

// names reads the ids of special tokens over those in n.
func (g gguf) names(t *Tokenizer, n specials) error {
	t.names = n
	for key, at := range map[string]*int32{
		"bos": &t.names.bos, "eos": &t.names.eos, "padding": &t.names.pad, "unknown": &t.names.unk, "mask": &t.names.mask,
		"seperator": &t.names.sep, "cls": &t.names.cls, "eot": &t.names.eot,
	} {
		if id, ok := g.Int(ggml + key + "_token_id"); ok && id >= 0 && id < len(t.tokens) {
			*at = int32(id)
		}
		if int(*at) >= len(t.tokens) {
			*at = -1
		}
	}
	return nil
}

// addedTokens are the tokens found in text before all else.
func (g gguf) addedTokens(t *Tokenizer, list []string, kinds []pieceKind) error {
	phi3 := false
	if name, ok := g.String("general.name"); ok {
		name = strings.ToLower(name)
		phi3 = strings.Contains(name, "phi-3") || strings.Contains(name, "phi3")
	}
	var added []AddedToken
	for i, k := range kinds {
		if k != controlPiece && k != unknownPiece && k != userPiece || list[i] == "" {
			continue
		}
		strip := phi3 && list[i] != "<unk>" && list[i] != "<s>" && list[i] != "<|endoftext|>"
		added = append(added, AddedToken{ID: int32(i), Content: list[i], RStrip: strip, Special: k != userPiece})
	}
	return t.add(added)
}

// around sets the template from the keys that say which tokens go round a text.
func (g gguf) around(t *Tokenizer, bos, eos bool) {
	if v, ok := g.Bool(ggml + "add_bos_token"); ok {
		bos = v
	}
	if v, ok := g.Bool(ggml + "add_eos_token"); ok {
		eos = v
	}
	first, last := int32(-1), int32(-1)
	if bos {
		first = t.names.bos
	}
	if eos {
		last = t.names.eos
	}
	t.template = aroundTemplate(first, last)
}

func (g gguf) sentencePiece(t *Tokenizer, model string, list []string, kinds []pieceKind) error {
	scores, ok := g.Floats(ggml + "scores")
	if !ok || len(scores) != len(list) {
		return fmt.Errorf("%sscores: %d entries for %d tokens", ggml, len(scores), len(list))
	}
	m := &spm{
		pieces: list, scores: scores, kinds: slices.Clone(kinds), bpe: model == "llama", dummyPrefix: true, escape: true,
		unk: -1, unkSurface: " \u2047 ", byteFallback: slices.Contains(kinds, bytePiece),
	}
	for i, s := range scores {
		if s != s {
			return fmt.Errorf("%sscores[%d]: not a number", ggml, i)
		}
		if m.pieces[i] == "" { // cannot be found in a text
			m.kinds[i] = controlPiece
		}
		if kinds[i] == userPiece { // found before the text is looked at
			m.kinds[i] = controlPiece
		}
	}
	if v, ok := g.Bool(ggml + "add_space_prefix"); ok {
		m.dummyPrefix = v
	}
	if v, ok := g.Bool(ggml + "remove_extra_whitespaces"); ok {
		m.squeeze = v
	}
	m.charsmap, _ = g.Bytes(ggml + "precompiled_charsmap")
	n := noSpecials
	if n.bos, n.eos, n.unk = 1, 2, 0; !m.bpe {
		n.bos, n.eos, n.unk, n.pad = -1, 1, 2, 0
	}
	t.tokens = list
	if err := g.names(t, n); err != nil {
		return err
	}
	if m.unk = t.names.unk; m.unk < 0 {
		return fmt.Errorf("%sunknown_token_id: missing", ggml)
	}
	named := t.names
	o := Options{}
	if legacy, ok := g.Bool(legacyKey); ok {
		o.Legacy = &legacy
	}
	if err := m.use(t, o); err != nil {
		return err
	}
	t.names = named
	for i, k := range kinds {
		t.special[i] = k == controlPiece
	}
	if err := g.addedTokens(t, list, kinds); err != nil {
		return err
	}
	g.around(t, m.bpe, !m.bpe)
	return nil
}

func (g gguf) bytePairs(t *Tokenizer, list []string, kinds []pieceKind) error {
	t.setTokens(list)
	merges, err := g.merges(t.vocab)
	if err != nil {
		return err
	}
	pre, _ := g.String(ggml + "pre")
	p, err := preOf(pre)
	if err != nil {
		return err
	}
	ignore := p.ignoreMerges
	m, err := bpeOf(t.vocab, merges, bpeOptions{bytes: true, IgnoreMerges: &ignore})
	if err != nil {
		return fmt.Errorf("%smerges: %w", ggml, err)
	}
	t.model, t.norm, t.pre, t.steps = m, p.norm, p.split, []step{fromBytes}
	t.origin = patternOrigin(p.norm != nil, p.patterns...)
	if err := g.addedTokens(t, list, kinds); err != nil {
		return err
	}
	t.complete = t.lossless()
	n := noSpecials
	n.bos, n.eos = 11, 11
	if err := g.names(t, n); err != nil {
		return err
	}
	g.around(t, p.bos, false)
	return nil
}

// merges reads the merges of tokens of the vocabulary. Of a pair that comes twice
// the first counts.
func (g gguf) merges(vocab lexicon) (*pairs, error) {
	n, lines, ok := g.Texts(ggml + "merges")
	if !ok {
		return nil, fmt.Errorf("%smerges: missing", ggml)
	}
	all := newPairs(n)
	var whole []byte
	for i, line := range lines {
		// The first character of a line may be a space that is part of a token.
		at := -1
		if len(line) > 1 {
			at = bytes.IndexByte(line[1:], ' ') + 1
		}
		if at <= 0 {
			return nil, fmt.Errorf("%smerges[%d]: %.80q: not two tokens", ggml, i, line)
		}
		whole = append(append(whole[:0], line[:at]...), line[at+1:]...)
		left, lok := vocab.idOf(line[:at])
		right, rok := vocab.idOf(line[at+1:])
		made, ok := vocab.idOf(whole)
		if !lok || !rok || !ok {
			continue
		}
		if rank, _ := all.get(left, right); rank == none {
			all.put(left, right, uint32(i), made)
		}
	}
	return all, nil
}

// wordPiece reads BERT's vocabulary, in which words begin with ▁ and the rest has
// no mark.
func (g gguf) wordPiece(t *Tokenizer, list []string, kinds []pieceKind) error {
	vocab := make(map[string]int32, len(list))
	tokens := make([]string, len(list))
	for i, token := range list {
		word, begins := strings.CutPrefix(token, lowBlock)
		switch {
		case kinds[i] != normalPiece || token == "":
			tokens[i] = token
		case begins && word != "":
			tokens[i] = word
		default:
			tokens[i] = "##" + token
		}
		if tokens[i] != "" {
			vocab[tokens[i]] = int32(i)
		}
	}
	// Files leave out the ids that published vocabularies share.
	usual := func(token string, id int32) int32 {
		if own, ok := vocab[token]; ok {
			return own
		}
		return id
	}
	unk := int(usual("[UNK]", 100))
	if id, ok := g.Int(ggml + "unknown_token_id"); ok {
		unk = id
	}
	if unk < 0 || unk >= len(tokens) {
		return fmt.Errorf("%sunknown_token_id %d: not in the vocabulary", ggml, unk)
	}
	t.setTokens(tokens)
	t.vocab = mapped(vocab)
	t.model = newWordPiece(vocab, "##", int32(unk), 100)
	t.norm, t.pre, t.steps = bertNormalizer(true, true, true, true), bertPreTokenizer, []step{wordPieces("##", true)}
	t.origin = bertOrigin(true, true, true)
	if err := g.addedTokens(t, tokens, kinds); err != nil {
		return err
	}
	n := noSpecials
	n.cls, n.sep, n.pad, n.mask = usual("[CLS]", 101), usual("[SEP]", 102), usual("[PAD]", 0), usual("[MASK]", 103)
	n.unk = int32(unk)
	if err := g.names(t, n); err != nil {
		return err
	}
	if t.names.bos >= 0 { // older files name [CLS] so
		t.names.cls = t.names.bos
	}
	if t.names.cls >= 0 && t.names.sep >= 0 {
		t.template = bertTemplate(t.names.cls, t.names.sep)
	}
	return nil
}
