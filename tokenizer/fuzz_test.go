package tokenizer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// probe is text of all kinds that a vocabulary just read must take.
const probe = "Hello, wörld! 12345\r\n  don't\t中文 ▁🦙\u200d e\u0301 <s>[MASK]\x00\xff\xc3 <0x41>"

// use encodes and decodes with a tokenizer that was read from arbitrary bytes.
func use(t *testing.T, tok *Tokenizer, text string) {
	t.Helper()
	for _, o := range []Option{0, Bare, Literal, Bare | Literal} {
		ids := tok.Encode(text, o)
		e := tok.EncodeWithOffsets(text, o)
		if !slices.Equal(ids, e.IDs) {
			t.Fatalf("%q: %v, and with offsets %v", text, ids, e.IDs)
		}
		for i, at := range e.Offsets {
			if at.Start < 0 || at.End < at.Start || at.End > len(text) {
				t.Fatalf("%q: id %d stands for bytes %d to %d", text, e.IDs[i], at.Start, at.End)
			}
		}
		e.RuneOffsets(text)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("%q: id %d of %d", text, id, tok.VocabSize())
			}
		}
		for _, skip := range []bool{false, true} {
			want := tok.Decode(ids, skip)
			s := tok.NewStream(skip)
			var got strings.Builder
			for _, id := range ids {
				got.WriteString(s.Push(id))
			}
			got.WriteString(s.Flush())
			if got.String() != want || !utf8.ValidString(want) {
				t.Fatalf("%q: streamed %q, at once %q", text, got.String(), want)
			}
		}
	}
	tok.EncodePair(text, "b")
	tok.Stops()
}

func FuzzJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := FromJSON(data); err == nil {
			use(t, tok, probe)
		}
	})
}

func FuzzSentencePiece(f *testing.F) {
	for _, bpe := range []bool{false, true} {
		f.Add(smallModel(bpe))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, model := range []string{"", "t5", "xlm-roberta", "xlnet"} {
			if tok, err := FromSentencePiece(data, Options{Model: model}); err == nil {
				use(t, tok, probe)
			}
		}
	})
}

func FuzzVocab(f *testing.F) {
	f.Add([]byte(`{"a":0,"b":1,"ab":2,"Ġ":3,"<s>":4,"</s>":5}`), []byte("#version: 0.2\na b\n"), []byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n"), "roberta")
	f.Fuzz(func(t *testing.T, vocab, merges, lines []byte, model string) {
		if tok, err := FromVocab(vocab, merges, Options{Model: model}); err == nil {
			use(t, tok, probe)
		}
		if tok, err := FromVocabText(lines, Options{}); err == nil {
			use(t, tok, probe)
		}
	})
}

func FuzzLlama2C(f *testing.F) {
	f.Add(smallBinary(), 0)
	f.Add(smallBinary(), 260)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if tok, err := FromLlama2C(bytes.NewReader(data), size); err == nil {
			use(t, tok, probe)
		}
	})
}

// FuzzText gives any text to a small vocabulary of each kind. What a complete one
// encodes it decodes again, but for the sign that SentencePiece writes spaces as.
func FuzzText(f *testing.F) {
	var all []*Tokenizer
	for _, s := range jsonSeeds {
		tok, err := FromJSON([]byte(s))
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, tok)
	}
	for _, bpe := range []bool{false, true} {
		tok, err := FromSentencePiece(smallModel(bpe), Options{})
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, tok)
	}
	f.Add(probe)
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range all {
			use(t, tok, text)
			if tok.ByteComplete() && utf8.ValidString(text) && !strings.Contains(text, lowBlock) {
				if got := tok.Decode(tok.Encode(text, Bare, Literal), false); got != text {
					t.Fatalf("%q comes back as %q", text, got)
				}
			}
		}
	})
}

// jsonSeeds are small files of every model, with every kind of step in one.
var jsonSeeds = []string{
	`{"added_tokens":[{"id":256,"content":"<s>","special":true},{"id":257,"content":"[MASK]","lstrip":true,"rstrip":true,"special":true},{"id":258,"content":"don","normalized":true,"single_word":true}],
	"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]},
	"model":{"type":"BPE","vocab":{` + byteVocab() + `},"merges":[]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
	"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[256],"tokens":["<s>"]}}},"decoder":{"type":"ByteLevel"}}`,
	`{"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":{"<unk>":0,"▁":1,"a":2,"b":3,"ab":4,"<0x41>":5},"merges":["a b"]},
	"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
	"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}}`,
	`{"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##b":4,"hello":5,",":6}},
	"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},
	"post_processor":{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true}}`,
	`{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-2],["a",-3],["▁a",-4.5],["ab",-5]]},"normalizer":{"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":true}]},
	"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}]},"decoder":{"type":"Metaspace","replacement":"▁"}}`,
	`{"model":{"type":"WordLevel","unk_token":"u","vocab":{"u":0,"a":1}},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Whitespace"},{"type":"UnicodeScripts"},{"type":"Punctuation","behavior":"Contiguous"},{"type":"FixedLength","length":3},
	{"type":"CharDelimiterSplit","delimiter":"a"},{"type":"Split","pattern":{"Regex":"(a|b)+?"},"behavior":"MergedWithPrevious","invert":false}]},"decoder":{"type":"CTC","pad_token":"p","word_delimiter_token":"|","cleanup":true}}`,
	`{"model":{"type":"BPE","unk_token":"u","end_of_word_suffix":"</w>","continuing_subword_prefix":"#","vocab":{"u":0,"a":1,"#b":2,"#b</w>":3,"ab</w>":4},"merges":[["a","#b</w>"]]},"decoder":{"type":"BPEDecoder","suffix":"</w>"},
	"post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":true},{"type":"RobertaProcessing","sep":["u",0],"cls":["a",1],"trim_offsets":true,"add_prefix_space":true}]}}`,
}

func byteVocab() string {
	var entries []string
	for b := range 256 {
		entries = append(entries, fmt.Sprintf("%q:%d", string(byteRune[b]), b))
	}
	return strings.Join(entries, ",")
}

// smallModel writes a SentencePiece model with pieces of every kind.
func smallModel(bpe bool) []byte {
	message := func(number int, b []byte) []byte {
		return append(binary.AppendUvarint([]byte{byte(number<<3 | 2)}, uint64(len(b))), b...)
	}
	var out []byte
	piece := func(text string, score float32, kind byte) {
		b := append(message(1, []byte(text)), 2<<3|5)
		var bits [4]byte
		if _, err := binary.Encode(bits[:], binary.LittleEndian, score); err != nil {
			panic(err)
		}
		out = append(out, message(1, append(append(b, bits[:]...), 3<<3, kind))...)
	}
	piece("<unk>", 0, 2)
	piece("<s>", 0, 3)
	piece("</s>", 0, 3)
	for b := range 256 {
		if bpe {
			piece(fmt.Sprintf("<0x%02X>", b), 0, 6)
		}
	}
	for i, text := range []string{"▁", "a", "b", "l", "o", "ab", "▁a", "lo", "abab"} {
		piece(text, -float32(i), 1)
	}
	piece("ll", -0.5, 5)
	piece("12", 0, 4)
	trainer := []byte{3 << 3, 1}
	if bpe {
		trainer = append([]byte{3 << 3, 2}, 0x98, 0x02, 1) // field 35, byte_fallback
	}
	out = append(out, message(2, trainer)...)
	squeeze := byte(1)
	if bpe {
		squeeze = 0
	}
	return append(out, message(3, []byte{3 << 3, 1, 4 << 3, squeeze})...)
}

// smallBinary writes a tokenizer.bin.
func smallBinary() []byte {
	out := binary.LittleEndian.AppendUint32(nil, 8)
	add := func(text string) {
		out = append(out, 0, 0, 0, 0)
		out = append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...)
	}
	add("<unk>")
	add("\n<s>\n")
	add("\n</s>\n")
	for b := range 256 {
		add(fmt.Sprintf("<0x%02X>", b))
	}
	for _, text := range []string{" ", "a", "b", "ab", " ab"} {
		add(text)
	}
	return out
}
