package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readModel reads the model and its vocabulary.
func (t *Tokenizer) readModel(raw json.RawMessage) error {
	name, ok, err := kind(raw)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("missing")
	}
	if name == "" {
		if name, err = guessModel(raw); err != nil {
			return err
		}
	}
	switch name {
	case "BPE":
		return t.readBPE(raw)
	case "WordPiece":
		return t.readWordPiece(raw)
	case "WordLevel":
		return t.readWordLevel(raw)
	case "Unigram":
		return t.readUnigram(raw)
	}
	return fmt.Errorf("type %.40q: not known", name)
}

// guessModel tells the kind of a model whose file is from before it was named.
func guessModel(raw json.RawMessage) (string, error) {
	fields, err := read[map[string]json.RawMessage](raw)
	if err != nil {
		return "", err
	}
	has := func(name string) bool { return fields[name] != nil }
	switch {
	case has("merges"):
		return "BPE", nil
	case has("max_input_chars_per_word"), has("continuing_subword_prefix"):
		return "WordPiece", nil
	case has("unk_id"):
		return "Unigram", nil
	}
	return "WordLevel", nil
}

func (t *Tokenizer) readBPE(raw json.RawMessage) error {
	m, err := read[struct {
		bpeOptions
		Vocab  map[string]int32 `json:"vocab"`
		Merges json.RawMessage  `json:"merges"`
	}](raw)
	if err != nil {
		return err
	}
	if err := t.setVocab(m.Vocab); err != nil {
		return fmt.Errorf("vocab: %w", err)
	}
	merges, err := readMerges(m.Merges)
	if err != nil {
		return err
	}
	model, err := newBPE(t.vocab, merges, m.bpeOptions)
	if err != nil {
		return err
	}
	t.model, t.names.unk = model, model.unk
	return nil
}

// readMerges reads merges in either way they are written: "a b" or ["a","b"].
func readMerges(raw json.RawMessage) ([][2]string, error) {
	if pairs, err := read[[][]string](raw); err == nil {
		merges := make([][2]string, len(pairs))
		for i, p := range pairs {
			if len(p) != 2 {
				return nil, fmt.Errorf("merges[%d]: %d tokens instead of 2", i, len(p))
			}
			merges[i] = [2]string{p[0], p[1]}
		}
		return merges, nil
	}
	lines, err := read[[]string](raw)
	if err != nil {
		return nil, fmt.Errorf("merges: %w", err)
	}
	return splitMerges(lines)
}

// splitMerges splits lines of two tokens and leaves out "#version".
func splitMerges(lines []string) ([][2]string, error) {
	merges := make([][2]string, 0, len(lines))
	for i, line := range lines {
		if strings.HasPrefix(line, "#version") {
			continue
		}
		a, b, ok := strings.Cut(line, " ")
		if !ok || strings.Contains(b, " ") {
			return nil, fmt.Errorf("merges[%d]: %.80q: not two tokens", i, line)
		}
		merges = append(merges, [2]string{a, b})
	}
	return merges, nil
}

func (t *Tokenizer) readWordPiece(raw json.RawMessage) error {
	m, err := read[struct {
		Vocab   map[string]int32 `json:"vocab"`
		Unk     *string          `json:"unk_token"`
		Prefix  *string          `json:"continuing_subword_prefix"`
		Longest *int             `json:"max_input_chars_per_word"`
	}](raw)
	if err != nil {
		return err
	}
	unk, prefix, longest := "[UNK]", "##", 100
	if m.Unk != nil {
		unk = *m.Unk
	}
	if m.Prefix != nil {
		prefix = *m.Prefix
	}
	if m.Longest != nil {
		longest = *m.Longest
	}
	return t.useWordPiece(m.Vocab, unk, prefix, longest)
}

func (t *Tokenizer) useWordPiece(vocab map[string]int32, unk, prefix string, longest int) error {
	if err := t.setVocab(vocab); err != nil {
		return fmt.Errorf("vocab: %w", err)
	}
	id, ok := vocab[unk]
	if !ok {
		return fmt.Errorf("unk_token %.40q: not in the vocabulary", unk)
	}
	t.model, t.names.unk = newWordPiece(vocab, prefix, id, longest), id
	return nil
}

func (t *Tokenizer) readWordLevel(raw json.RawMessage) error {
	m, err := read[struct {
		Vocab map[string]int32 `json:"vocab"`
		Unk   string           `json:"unk_token"`
	}](raw)
	if err != nil {
		return err
	}
	if err := t.setVocab(m.Vocab); err != nil {
		return fmt.Errorf("vocab: %w", err)
	}
	id, ok := m.Vocab[m.Unk]
	if !ok {
		id = -1
	}
	t.model, t.names.unk = &wordLevel{m.Vocab, id}, id
	return nil
}

// scored is a piece with its log-probability, in the file a list of the two.
type scored struct {
	piece string
	score float64
}

// UnmarshalJSON reads ["piece", score].
func (s *scored) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[2]any{&s.piece, &s.score})
}

func (t *Tokenizer) readUnigram(raw json.RawMessage) error {
	m, err := read[struct {
		Vocab        []scored `json:"vocab"`
		Unk          *int32   `json:"unk_id"`
		ByteFallback bool     `json:"byte_fallback"`
	}](raw)
	if err != nil {
		return err
	}
	if len(m.Vocab) == 0 {
		return errors.New("vocab: empty")
	}
	if m.Unk == nil || *m.Unk < 0 || int(*m.Unk) >= len(m.Vocab) {
		return errors.New("unk_id: not in the vocabulary")
	}
	pieces, scores := make([]string, len(m.Vocab)), make([]float64, len(m.Vocab))
	lowest := m.Vocab[0].score
	for i, p := range m.Vocab {
		pieces[i], scores[i] = p.piece, p.score
		lowest = min(lowest, p.score)
	}
	t.setTokens(slices.Clone(pieces))
	model := newUnigram(pieces, scores, *m.Unk, nil)
	model.penal = lowest - unknownPenalty
	if m.ByteFallback {
		model.fallback = byteTokens(t.vocab)
	}
	t.model, t.names.unk = model, *m.Unk
	return nil
}
