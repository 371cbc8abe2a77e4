package tokenizer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// FromLlama2C reads tokenizer.bin of llama2.c. The file does not say how many
// tokens it has: vocabSize is that of the model; 0 reads to the end.
func FromLlama2C(r io.Reader, vocabSize int) (*Tokenizer, error) {
	m, err := parseLlama2C(bufio.NewReader(r), vocabSize)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.bin: %w", err)
	}
	t, err := m.tokenizer(Options{Model: "llama"})
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.bin: %w", err)
	}
	return t, nil
}

func parseLlama2C(r *bufio.Reader, vocabSize int) (*spm, error) {
	m := &spm{bpe: true, byteFallback: true, dummyPrefix: true, escape: true, unk: 0, bos: 1, eos: 2, pad: -1, unkSurface: " \u2047 "}
	longest, err := readUint32(r)
	if err != nil {
		return nil, err
	}
	if longest > maxString {
		return nil, fmt.Errorf("max_token_length %d: over %d", longest, maxString)
	}
	for i := 0; vocabSize <= 0 || i < vocabSize; i++ {
		score, err := readUint32(r)
		if errors.Is(err, io.EOF) && vocabSize <= 0 && i > 0 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("token %d: score: %w", i, err)
		}
		piece, err := readPiece(r, longest)
		if err != nil {
			return nil, fmt.Errorf("token %d: %w", i, err)
		}
		s := math.Float32frombits(score)
		if s != s {
			return nil, fmt.Errorf("token %d: score is not a number", i)
		}
		m.add(i, piece, s)
	}
	if len(m.pieces) < 259 {
		return nil, fmt.Errorf("%d tokens: the first 259 must be unknown, BOS, EOS and bytes", len(m.pieces))
	}
	return m, nil
}

// add appends a piece. The file writes spaces as they are, and the control
// tokens with line breaks around them.
func (m *spm) add(i int, piece string, score float32) {
	kind := normalPiece
	switch {
	case i == 0:
		kind = unknownPiece
	case i <= 2:
		kind, piece = controlPiece, strings.TrimSpace(piece)
	case i < 259:
		kind = bytePiece
	default:
		piece = strings.ReplaceAll(piece, " ", lowBlock)
	}
	m.pieces, m.scores, m.kinds = append(m.pieces, piece), append(m.scores, score), append(m.kinds, kind)
}

func readUint32(r io.Reader) (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(r, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

func readPiece(r io.Reader, longest uint32) (string, error) {
	n, err := readUint32(r)
	if err != nil {
		return "", err
	}
	if n > max(longest, 32) { // the control tokens are longer than max_token_length in small files
		return "", fmt.Errorf("length %d: over max_token_length %d", n, longest)
	}
	// Grown as it is read: a length is no promise that the bytes are there.
	b, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(b) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	return string(b), err
}
