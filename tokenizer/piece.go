package tokenizer

import (
	"errors"
	"fmt"
	"math"
)

// pieceKind is what a piece of a SentencePiece vocabulary is for. GGUF numbers
// its token types the same.
type pieceKind int32

const (
	normalPiece  pieceKind = 1
	unknownPiece pieceKind = 2
	controlPiece pieceKind = 3 // never comes of text
	userPiece    pieceKind = 4 // is always kept whole
	unusedPiece  pieceKind = 5 // is taken apart again
	bytePiece    pieceKind = 6
)

// spm is a SentencePiece model: sentencepiece_model.proto.
type spm struct {
	pieces []string
	scores []float32
	kinds  []pieceKind

	bpe          bool // else unigram
	byteFallback bool
	suffix       bool // the space goes behind words
	charsmap     []byte
	dummyPrefix  bool
	squeeze      bool // runs of spaces become one, none stay at the ends
	escape       bool // spaces are written ▁
	unk          int32
	bos, eos     int32
	pad          int32
	unkSurface   string
}

// maxString bounds a single string of a file.
const maxString = 16 << 20

// parseSPM reads a model.
func parseSPM(data []byte) (*spm, error) {
	m := &spm{dummyPrefix: true, squeeze: true, escape: true, unk: -1, bos: 1, eos: 2, pad: -1, unkSurface: " \u2047 "}
	modelType := int32(1)
	err := eachField(data, func(f field) error {
		if f.kind != 2 {
			return nil
		}
		switch f.number {
		case 1:
			return m.parsePiece(f.bytes)
		case 2:
			return m.parseTrainer(f.bytes, &modelType)
		case 3:
			return m.parseNormalizer(f.bytes)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	switch modelType {
	case 1:
	case 2:
		m.bpe = true
	default:
		return nil, fmt.Errorf("trainer_spec.model_type %d: only unigram and bpe are supported", modelType)
	}
	return m, nil
}

func (m *spm) parsePiece(b []byte) error {
	piece, score, kind := "", float32(0), normalPiece
	err := eachField(b, func(f field) error {
		switch {
		case f.number == 1 && f.kind == 2:
			if len(f.bytes) > maxString {
				return fmt.Errorf("%d bytes", len(f.bytes))
			}
			piece = string(f.bytes)
		case f.number == 2 && f.kind == 5:
			score = f.float()
		case f.number == 3 && f.kind == 0:
			kind = pieceKind(f.int())
		}
		return nil
	})
	switch {
	case err != nil:
	case piece == "":
		err = errors.New("empty")
	case math.IsNaN(float64(score)):
		err = errors.New("score is not a number")
	}
	if err != nil {
		return fmt.Errorf("pieces[%d]: %w", len(m.pieces), err)
	}
	m.pieces, m.scores, m.kinds = append(m.pieces, piece), append(m.scores, score), append(m.kinds, kind)
	return nil
}

func (m *spm) parseTrainer(b []byte, modelType *int32) error {
	err := eachField(b, func(f field) error {
		switch f.number {
		case 3:
			*modelType = f.int()
		case 24:
			m.suffix = f.bool()
		case 35:
			m.byteFallback = f.bool()
		case 41:
			m.bos = f.int()
		case 42:
			m.eos = f.int()
		case 43:
			m.pad = f.int()
		case 44:
			m.unkSurface = string(f.bytes)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("trainer_spec: %w", err)
	}
	return nil
}

func (m *spm) parseNormalizer(b []byte) error {
	err := eachField(b, func(f field) error {
		switch f.number {
		case 2:
			m.charsmap = f.bytes
		case 3:
			m.dummyPrefix = f.bool()
		case 4:
			m.squeeze = f.bool()
		case 5:
			m.escape = f.bool()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("normalizer_spec: %w", err)
	}
	return nil
}

// text reports whether text may become piece i.
func (m *spm) text(i int) bool {
	k := m.kinds[i]
	return k == normalPiece || k == userPiece || k == unusedPiece
}

// validate finds the unknown piece and refuses doubles.
func (m *spm) validate() error {
	if len(m.pieces) == 0 {
		return errors.New("pieces: none")
	}
	seen := [2]map[string]int{make(map[string]int, len(m.pieces)), {}}
	for i, p := range m.pieces {
		set := seen[0]
		if !m.text(i) {
			set = seen[1]
		}
		if first, ok := set[p]; ok {
			return fmt.Errorf("pieces[%d]: %.40q: is pieces[%d] already", i, p, first)
		}
		set[p] = i
		if m.kinds[i] == unknownPiece {
			if m.unk >= 0 {
				return fmt.Errorf("pieces[%d]: a second unknown piece", i)
			}
			m.unk = int32(i)
		}
	}
	if m.unk < 0 {
		return errors.New("pieces: none is the unknown one")
	}
	return nil
}
