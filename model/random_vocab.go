package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxMadeUp bounds a made-up vocabulary: all strings of three letters of the alphabet
// there is, and more than any published one has.
const maxMadeUp = 1 << 20

// madeUp returns the files of a tokenizer of the kind that models of that type have,
// with as many tokens as config says. Its pieces are short strings in order: it reads
// any text, but nobody would train it.
func madeUp(modelType string, config []byte) (map[string][]byte, error) {
	var c struct {
		Vocab int      `json:"vocab_size"`
		BOS   TokenIDs `json:"bos_token_id"`
		EOS   TokenIDs `json:"eos_token_id"`
		PAD   TokenIDs `json:"pad_token_id"`
	}
	if err := decode(config, &c); err != nil {
		return nil, err
	}
	if c.Vocab < 512 || c.Vocab > maxMadeUp {
		return nil, nil // too small to have one, or too large to be one
	}
	special := map[int32]bool{}
	for _, id := range slices.Concat(c.BOS, c.EOS, c.PAD) {
		special[id] = id >= 0 && int(id) < c.Vocab
	}
	switch modelType {
	case "bert":
		return madeUpWordPiece(c.Vocab), nil
	case "t5", "mt5":
		return madeUpUnigram(c.Vocab)
	}
	return madeUpBPE(c.Vocab, special)
}

const letters = "etaoinsrhldcumfpgwybvkxjqz0123456789"

// strings3 yields n strings of one to three letters, short ones first, that
// alphabet's letters make.
func strings3(alphabet []string, n int, yield func(s, left, right string)) {
	for _, left := range append([]string{""}, alphabet...) {
		for _, right := range alphabet {
			if n--; n < 0 {
				return
			}
			yield(left+right, left, right)
		}
	}
	for _, a := range alphabet {
		for _, b := range alphabet {
			for _, right := range alphabet {
				if n--; n < 0 {
					return
				}
				yield(a+b+right, a+b, right)
			}
		}
	}
}

// madeUpWordPiece has BERT's special tokens in their places.
func madeUpWordPiece(n int) map[string][]byte {
	special := map[int]string{0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
	tokens := make([]string, 0, n)
	for i := range 104 {
		if name, ok := special[i]; ok {
			tokens = append(tokens, name)
		} else {
			tokens = append(tokens, fmt.Sprintf("[unused%d]", i-1))
		}
	}
	for c := '!'; c <= '~'; c++ {
		if !strings.ContainsRune(letters, c) {
			tokens = append(tokens, string(c))
		}
	}
	strings3(strings.Split(letters, ""), (n-len(tokens)+1)/2, func(s, _, _ string) {
		tokens = append(tokens, s, "##"+s)
	})
	return map[string][]byte{
		"vocab.txt":             []byte(strings.Join(tokens[:n], "\n") + "\n"),
		"tokenizer_config.json": []byte(`{"tokenizer_class": "BertTokenizer", "do_lower_case": true}`),
	}
}

// addedToken is a special token as tokenizer.json has it.
type addedToken struct {
	ID      int    `json:"id"`
	Content string `json:"content"`
	Special bool   `json:"special"`
}

// madeUpBPE is byte-level BPE with GPT-2's way to split words.
func madeUpBPE(n int, special map[int32]bool) (map[string][]byte, error) {
	vocab, merges, added := map[string]int{}, []string{}, []addedToken{}
	next := 0
	put := func(s string) bool {
		for ; special[int32(next)]; next++ {
			added = append(added, addedToken{next, fmt.Sprintf("<|special_%d|>", next), true})
		}
		if next >= n {
			return false
		}
		vocab[s] = next
		next++
		return true
	}
	alphabet := byteLetters()
	strings3(alphabet, n, func(s, left, right string) {
		if put(s) && left != "" {
			merges = append(merges, left+" "+right)
		}
	})
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
	model := map[string]any{"type": "BPE", "vocab": vocab, "merges": merges}
	return tokenizerJSON(map[string]any{"added_tokens": added, "pre_tokenizer": level, "decoder": level, "model": model})
}

// byteLetters are GPT-2's letters for the 256 bytes.
func byteLetters() []string {
	var all []string
	other := rune(256)
	for b := range rune(256) {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			all = append(all, string(b))
		} else {
			all = append(all, string(other))
			other++
		}
	}
	return all
}

// madeUpUnigram has T5's special tokens in their places.
func madeUpUnigram(n int) (map[string][]byte, error) {
	pieces := [][2]any{{"<pad>", 0.0}, {"</s>", 0.0}, {"<unk>", 0.0}}
	strings3(append([]string{"▁"}, strings.Split(letters+".,?!'-", "")...), n-len(pieces), func(s, _, _ string) {
		pieces = append(pieces, [2]any{s, -2 - float64(len(pieces))/4096})
	})
	space := map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}
	end := map[string]any{"id": "</s>", "ids": []int{1}, "tokens": []string{"</s>"}}
	single := []any{map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}}, map[string]any{"SpecialToken": map[string]any{"id": "</s>", "type_id": 0}}}
	return tokenizerJSON(map[string]any{
		"added_tokens":  []addedToken{{0, "<pad>", true}, {1, "</s>", true}, {2, "<unk>", true}},
		"pre_tokenizer": space, "decoder": space,
		"post_processor": map[string]any{
			"type": "TemplateProcessing", "single": single, "pair": single, "special_tokens": map[string]any{"</s>": end},
		},
		"model": map[string]any{"type": "Unigram", "unk_id": 2, "vocab": pieces, "byte_fallback": false},
	})
}

func tokenizerJSON(fields map[string]any) (map[string][]byte, error) {
	fields["version"] = "1.0"
	text, err := json.Marshal(fields)
	return map[string][]byte{"tokenizer.json": text}, err
}
