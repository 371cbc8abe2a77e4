package tokenizer

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// legacyKey is a key of the zoo's own for what llama.cpp has no key for: false
// where the space before a text does not go before what follows a special token.
const legacyKey = "tokenizer.huggingface.legacy"

// GGUF returns the keys, from "tokenizer.ggml.model" on, by which [FromGGUF] and
// llama.cpp know t. Values have the types of GGUF: string, uint32, bool, []string,
// []float32, []int32, []uint8. The list of tokens is filled up to that many with
// unused ones, since llama.cpp wants one for each row of the embedding. The keys
// are read back and held to t's ids on a set of texts; it fails if they differ.
func (t *Tokenizer) GGUF(tokens int) (map[string]any, error) {
	w := &ggufWriter{t: t, keys: table{}, n: max(tokens, len(t.tokens))}
	if err := w.write(); err != nil {
		return nil, fmt.Errorf("tokenizer: GGUF: %w", err)
	}
	back, err := FromGGUF(w.keys)
	if err == nil {
		err = t.same(back, 0, Bare) // llama.cpp takes some tokens for special whatever the file says
	}
	if err != nil {
		return nil, fmt.Errorf("%w (as GGUF)", err)
	}
	return w.keys, nil
}

// ggufWriter is one call of GGUF.
type ggufWriter struct {
	t    *Tokenizer
	keys table
	n    int // tokens
}

func (w *ggufWriter) write() error {
	t := w.t
	var err error
	switch m := t.model.(type) {
	case *bpe:
		err = w.bytePairs(m)
	case *wordPiece:
		w.wordPiece()
	default:
		if t.origin.pieces == nil {
			return errors.New("llama.cpp has no such kind of vocabulary")
		}
		w.pieces(t.origin.pieces)
	}
	if err != nil {
		return err
	}
	for key, id := range map[string]int32{
		"bos": t.names.bos, "eos": t.names.eos, "padding": t.names.pad, "unknown": t.names.unk, "mask": t.names.mask,
		"seperator": t.names.sep, "cls": t.names.cls, "eot": t.names.eot,
	} {
		if id >= 0 {
			w.keys[ggml+key+"_token_id"] = uint32(id)
		}
	}
	if _, ok := t.model.(*wordPiece); !ok {
		w.keys[ggml+"add_bos_token"], w.keys[ggml+"add_eos_token"] = t.AddBOS(), t.addsEOS()
	}
	if t.chat != "" {
		w.keys["tokenizer.chat_template"] = t.chat
	}
	return nil
}

// list sets the tokens and their kinds, by id, and returns both for changes.
func (w *ggufWriter) list() ([]string, []int32) {
	tokens, kinds := make([]string, w.n), make([]int32, w.n)
	for id := range tokens {
		token, ok := w.t.Token(int32(id))
		tokens[id], kinds[id] = token, int32(normalPiece)
		if !ok {
			tokens[id], kinds[id] = unusedName(id), int32(unusedPiece)
		}
	}
	for _, a := range w.t.added {
		kinds[a.ID] = int32(userPiece)
		if a.Special {
			kinds[a.ID] = int32(controlPiece)
		}
	}
	w.keys[ggml+"tokens"], w.keys[ggml+"token_type"] = tokens, kinds
	return tokens, kinds
}

// preNames are names for pre-tokenizers, of which the first that has the same rules
// is written.
var preNames = []string{
	"llama-bpe", "qwen2", "gpt-2", "mpt", "starcoder", "gpt-4o", "tekken", "deepseek-llm", "deepseek-coder", "deepseek-v3", "dbrx", "stablelm2", "qwen35",
	"falcon", "bloom", "viking", "chameleon", "default",
}

func (w *ggufWriter) bytePairs(m *bpe) error {
	if !m.bytes || m.prefix != "" || m.suffix != "" {
		return errors.New("llama.cpp has no byte-pair vocabulary that is not of bytes")
	}
	patterns, composed, err := w.t.origin.expressions()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(preNames, func(name string) bool {
		p := preNamed(name)
		return slices.Equal(p.patterns, patterns) && (p.norm != nil) == composed && p.ignoreMerges == (m.whole != nil)
	})
	if at < 0 {
		return fmt.Errorf("llama.cpp has no name for words cut out by %.200q", patterns)
	}
	w.keys[ggml+"model"], w.keys[ggml+"pre"] = "gpt2", preNames[at]
	w.list()
	lines := []string{}
	for _, p := range m.pairs(w.t.tokens) {
		lines = append(lines, p[0]+" "+p[1])
	}
	w.keys[ggml+"merges"] = lines
	return nil
}

// wordPiece marks pieces that begin a word with ▁, and others not.
func (w *ggufWriter) wordPiece() {
	tokens, kinds := w.list()
	for i, token := range tokens {
		if kinds[i] != int32(normalPiece) {
			continue
		}
		rest, ok := strings.CutPrefix(token, "##")
		if ok && rest != "" {
			tokens[i] = rest
		} else {
			tokens[i] = lowBlock + token
		}
	}
	w.keys[ggml+"model"] = "bert"
}

func (w *ggufWriter) pieces(m *spm) {
	_, kinds := w.list()
	scores := make([]float32, w.n)
	for i := range scores {
		if i >= len(m.pieces) {
			scores[i] = -10000 // below any other, as unused ones are only found by their whole text
			continue
		}
		scores[i] = m.scores[i]
		if k := m.kinds[i]; k != normalPiece && kinds[i] != int32(userPiece) && m.pieces[i] != "" {
			kinds[i] = int32(k)
		}
	}
	w.keys[ggml+"model"], w.keys[ggml+"pre"] = "t5", "default"
	if m.bpe {
		w.keys[ggml+"model"] = "llama"
	}
	w.keys[ggml+"scores"] = scores
	w.keys[ggml+"add_space_prefix"], w.keys[ggml+"remove_extra_whitespaces"] = m.dummyPrefix, m.squeeze
	if w.t.origin.first {
		w.keys[legacyKey] = false
	}
	if len(m.charsmap) > 0 {
		w.keys[ggml+"precompiled_charsmap"] = slices.Clone(m.charsmap)
	}
}

// table is the metadata of a GGUF file in memory.
type table map[string]any

func lookup[T any](k table, key string) (v T, ok bool) {
	v, ok = k[key].(T)
	return v, ok
}

func (k table) String(key string) (string, bool)    { return lookup[string](k, key) }
func (k table) Floats(key string) ([]float32, bool) { return lookup[[]float32](k, key) }
func (k table) Ints(key string) ([]int32, bool)     { return lookup[[]int32](k, key) }
func (k table) Bool(key string) (bool, bool)        { return lookup[bool](k, key) }
func (k table) Bytes(key string) ([]byte, bool)     { return lookup[[]byte](k, key) }

// Strings returns a copy, as reading a file would.
func (k table) Strings(key string) ([]string, bool) {
	all, ok := lookup[[]string](k, key)
	return slices.Clone(all), ok
}

func (k table) Texts(key string) (int, iter.Seq2[int, []byte], bool) {
	all, ok := lookup[[]string](k, key)
	return len(all), func(yield func(int, []byte) bool) {
		for i, text := range all {
			if !yield(i, []byte(text)) {
				return
			}
		}
	}, ok
}

func (k table) Int(key string) (int, bool) {
	v, ok := lookup[uint32](k, key)
	return int(v), ok
}
