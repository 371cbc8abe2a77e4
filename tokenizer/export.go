package tokenizer

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Files returns the files by which Hugging Face's libraries and [Open] know t:
// tokenizer.json, or tokenizer.model for a vocabulary of SentencePiece's, and
// tokenizer_config.json. They are read back and held to t's ids on a set of
// texts; it fails if they differ.
func (t *Tokenizer) Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	config := object{
		"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
		"add_bos_token": t.AddBOS(), "add_eos_token": t.addsEOS(),
	}
	for task, at := range tasks {
		if token, ok := t.Token(*at(&t.names)); ok {
			config[task] = token
		}
	}
	if t.chat != "" {
		config["chat_template"] = t.chat
	}
	if t.longest > 0 {
		config["model_max_length"] = t.longest
	}
	var err error
	if t.origin.pieces != nil {
		files["tokenizer.model"], err = t.SentencePiece()
		config["tokenizer_class"], config["legacy"] = "LlamaTokenizer", !t.origin.first
		if !t.origin.pieces.bpe {
			config["tokenizer_class"], config["extra_ids"] = "T5Tokenizer", 0
		}
		added := object{}
		for _, a := range t.added {
			added[strconv.Itoa(int(a.ID))] = entryOf(a)
		}
		config["added_tokens_decoder"] = added
	} else {
		files["tokenizer.json"], err = t.JSON()
	}
	if err != nil {
		return nil, err
	}
	files["tokenizer_config.json"], err = json.MarshalIndent(config, "", "  ")
	return files, err
}

// addsEOS reports whether Encode puts EOS behind a text.
func (t *Tokenizer) addsEOS() bool {
	last := t.template.single[len(t.template.single)-1]
	return t.names.eos >= 0 && slices.Contains(last.ids, t.names.eos)
}

func entryOf(a AddedToken) addedEntry {
	return addedEntry{a.ID, a.Content, a.SingleWord, a.LStrip, a.RStrip, &a.Normalized, a.Special}
}

// JSON returns t as a tokenizer.json of Hugging Face's tokenizers, which
// [FromJSON] reads. It fails for a vocabulary of SentencePiece's, see
// [Tokenizer.SentencePiece], and for one whose rules that file cannot say.
func (t *Tokenizer) JSON() ([]byte, error) {
	if t.origin.split == nil && t.origin.normalizer == nil && t.origin.decoder == nil {
		return nil, errors.New("tokenizer: tokenizer.json: there is no form in it for this kind of vocabulary")
	}
	model, err := t.modelJSON()
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	added := []addedEntry{}
	for _, a := range t.added {
		added = append(added, entryOf(a))
	}
	data, err := json.Marshal(object{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer": orNull(t.origin.normalizer), "pre_tokenizer": orNull(t.origin.split), "decoder": orNull(t.origin.decoder),
		"post_processor": t.templateJSON(), "model": model,
	})
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	back, err := FromJSON(data)
	if err == nil {
		err = t.same(back, 0, Bare, Literal)
	}
	if err != nil {
		return nil, fmt.Errorf("%w (as it was written)", err)
	}
	return data, nil
}

func orNull(part json.RawMessage) json.RawMessage {
	if len(part) == 0 {
		return json.RawMessage("null")
	}
	return part
}

// modelJSON returns the model's part of tokenizer.json.
func (t *Tokenizer) modelJSON() (object, error) {
	switch m := t.model.(type) {
	case *bpe:
		o := object{
			"type": "BPE", "dropout": nil, "unk_token": nil, "fuse_unk": m.fuse, "byte_fallback": m.fallback != nil, "ignore_merges": m.whole != nil,
			"continuing_subword_prefix": nil, "end_of_word_suffix": nil, "vocab": m.vocab.all(), "merges": m.pairs(t.tokens),
		}
		for name, text := range map[string]string{"continuing_subword_prefix": m.prefix, "end_of_word_suffix": m.suffix} {
			if text != "" {
				o[name] = text
			}
		}
		if m.unk >= 0 {
			o["unk_token"] = t.tokens[m.unk]
		}
		return o, nil
	case *wordPiece:
		return object{"type": "WordPiece", "unk_token": t.tokens[m.unk], "continuing_subword_prefix": "##", "max_input_chars_per_word": m.longest, "vocab": t.vocab.all()}, nil
	case *wordLevel:
		o := object{"type": "WordLevel", "vocab": m.vocab, "unk_token": ""}
		if m.unk >= 0 {
			o["unk_token"] = t.tokens[m.unk]
		}
		return o, nil
	case *unigram:
		var vocab [][2]any
		for i, score := range m.scores {
			vocab = append(vocab, [2]any{t.tokens[i], score})
		}
		return object{"type": "Unigram", "unk_id": m.unk, "byte_fallback": m.fallback != nil, "vocab": vocab}, nil
	}
	return nil, errors.New("there is no form in it for this kind of model")
}

// pairs returns the merges by rank, as their two tokens.
func (m *bpe) pairs(tokens []string) [][2]string {
	all := slices.SortedFunc(m.merges.all(), func(a, b merge) int { return cmp.Compare(a.rank, b.rank) })
	list := make([][2]string, len(all))
	for i, s := range all {
		left, right := s.tokens()
		list[i] = [2]string{tokens[left], tokens[right]}
	}
	return list
}

// templateJSON returns the tokens around a text as tokenizer.json has them.
func (t *Tokenizer) templateJSON() any {
	named := object{}
	parts := func(in []part) []object {
		out := []object{}
		for _, p := range in {
			if p.text >= 0 {
				out = append(out, object{"Sequence": object{"id": string(rune('A' + p.text)), "type_id": p.kind}})
			}
			for _, id := range p.ids {
				token := t.tokens[id]
				named[token] = object{"id": token, "ids": []int32{id}, "tokens": []string{token}}
				out = append(out, object{"SpecialToken": object{"id": token, "type_id": p.kind}})
			}
		}
		return out
	}
	around := object{"type": "TemplateProcessing", "single": parts(t.template.single), "pair": parts(t.template.pair), "special_tokens": named}
	if t.trim == nil {
		return around
	}
	trim := object{"type": "ByteLevel", "add_prefix_space": t.trim.prefixed, "trim_offsets": true, "use_regex": true}
	return object{"type": "Sequence", "processors": []object{trim, around}}
}

// SentencePiece returns t, whose vocabulary is of SentencePiece's, as a model
// file that [FromSentencePiece] and the reference read.
func (t *Tokenizer) SentencePiece() ([]byte, error) {
	m := t.origin.pieces
	if m == nil {
		return nil, errors.New("tokenizer: SentencePiece model: the vocabulary is of another kind")
	}
	data := m.encode(t)
	o := Options{Model: "t5", ExtraIDs: new(int)}
	if m.bpe {
		bos, eos := t.AddBOS(), t.addsEOS()
		o = Options{Model: "llama", AddBOS: &bos, AddEOS: &eos}
	}
	legacy := !t.origin.first
	o.Legacy, o.Added = &legacy, t.added
	back, err := FromSentencePiece(data, o)
	if err == nil {
		err = t.same(back, 0, Bare, Literal)
	}
	if err != nil {
		return nil, fmt.Errorf("%w (as it was written)", err)
	}
	return data, nil
}

// encode writes the pieces and their rules as sentencepiece_model.proto has them.
func (m *spm) encode(t *Tokenizer) []byte {
	kinds := slices.Clone(m.kinds)
	for _, a := range t.added {
		if int(a.ID) < len(kinds) && kinds[a.ID] == controlPiece && !a.Special {
			kinds[a.ID] = userPiece
		}
	}
	var out []byte
	for i, piece := range m.pieces {
		kind := kinds[i]
		switch {
		case piece == "":
			piece, kind = unusedName(i), unusedPiece
		case int32(i) == m.unk:
			kind = unknownPiece
		case kind == unknownPiece: // a second one, which GGUF files may have, and models not
			kind = controlPiece
		}
		p := appendMessage(nil, 1, []byte(piece))
		p = binary.LittleEndian.AppendUint32(append(p, 2<<3|5), math.Float32bits(m.scores[i]))
		out = appendMessage(out, 1, appendNumber(p, 3, int64(kind)))
	}
	modelType := int64(1)
	if m.bpe {
		modelType = 2
	}
	trainer := appendNumber(nil, 3, modelType)
	trainer = appendNumber(trainer, 4, int64(len(m.pieces)))
	trainer = appendNumber(trainer, 24, truth(m.suffix))
	trainer = appendNumber(trainer, 35, truth(m.byteFallback))
	for i, id := range []int32{m.unk, t.names.bos, t.names.eos, t.names.pad} {
		trainer = appendNumber(trainer, 40+i, int64(id))
	}
	out = appendMessage(out, 2, appendMessage(trainer, 44, []byte(m.unkSurface)))
	norm := appendMessage(nil, 1, []byte("identity"))
	if len(m.charsmap) > 0 {
		norm = appendMessage(nil, 1, []byte("nmt_nfkc"))
		norm = appendMessage(norm, 2, m.charsmap)
	}
	norm = appendNumber(norm, 3, truth(m.dummyPrefix))
	norm = appendNumber(norm, 4, truth(m.squeeze))
	return appendMessage(out, 3, appendNumber(norm, 5, truth(m.escape)))
}

// unusedName is the name of an id without a token, as llama.cpp gives it.
func unusedName(id int) string { return "[PAD" + strconv.Itoa(id) + "]" }

func truth(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// appendNumber appends a whole number as a protocol buffer's field.
func appendNumber(b []byte, field int, v int64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), uint64(v))
}

// appendMessage appends bytes as a protocol buffer's field.
func appendMessage(b []byte, field int, v []byte) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// probes are texts on which what was written is held to the original.
var probes = []string{
	"", " ", "a", "Hello, world!", "  two  spaces  ", "don't I'll WE'VE they're", "tabs\tand\nlines\r\n\r\n  end ", "1 23 456 7890 3.14", "naïve café Zürich",
	"e\u0301 \u212b ﬁ", "漢字かな カタカナ 한국어", "Привет, мир", "مرحبا שלום", "🙂👩‍👩‍👧 ¶§†", "x_y=f(a[0])+{b};//c", "\u00a0\u200b\u2028", "a\x00b\ufffd", "The quick brown fox jumps over the lazy dog.",
	"<s> </s> [CLS] [MASK]", "ALL CAPS and MiXed", "don’t “quote” … — –",
}

// same fails if other gives other ids than t for one of the probes, or around
// one of t's added tokens, with one of the options, or other tokens to t's ids.
func (t *Tokenizer) same(other *Tokenizer, options ...Option) error {
	texts := slices.Clone(probes)
	for i, a := range t.added {
		if i < 64 {
			texts = append(texts, "a "+a.Content+" b"+a.Content+"c")
		}
	}
	for _, text := range texts {
		for _, o := range options {
			if a, b := t.Encode(text, o), other.Encode(text, o); !slices.Equal(a, b) {
				return fmt.Errorf("tokenizer: the form cannot say how %.60q becomes ids: %.8v instead of %.8v", text, b, a)
			}
		}
	}
	for id, token := range t.tokens {
		if got, _ := other.Token(int32(id)); token != "" && got != token {
			return fmt.Errorf("tokenizer: the form has %.40q as token %d, not %.40q", got, id, token)
		}
	}
	return nil
}
