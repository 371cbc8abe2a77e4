// Command casing learns the tokenizer of hatchling/t5: a vocabulary in which a word
// and the same word with a capital differ by a token that stands before it, and in
// which marks of punctuation are tokens of their own. A text without capitals and
// punctuation then has the tokens of the whole text, but for some that are left out,
// which is what the model learns to put back.
//
//	go run ./tools/casing --size 4096 --out DIR TEXT...
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer/train"
)

// raised stands before a word whose first letter is a capital.
const raised = "⇧"

type object = map[string]any

func main() {
	size := flag.Int("size", 4096, "tokens")
	out := flag.String("out", "", "folder to write")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "casing: usage: casing [--size N] --out DIR TEXT...")
		os.Exit(2)
	}
	if err := run(*size, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "casing: "+err.Error())
		os.Exit(1)
	}
}

func run(size int, out string, texts []string) error {
	c := train.Config{
		Kind: train.BPE, VocabSize: size, MinFrequency: 2, Special: []string{"<pad>", "</s>", "<unk>"}, Unknown: "<unk>",
		LimitAlphabet: 80, Normalizer: raw(sequence("normalizers", normalizers())), PreTokenizer: raw(sequence("pretokenizers", cuts())),
		Decoder:  raw(sequence("decoders", decoders())),
		Template: train.Template{After: []string{"</s>"}},
	}
	var sources []train.Source
	for _, path := range texts {
		sources = append(sources, train.File(path))
	}
	v, err := train.Train(context.Background(), c, sources...)
	if err != nil {
		return err
	}
	files, err := v.Files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func replace(from, to string) object {
	return object{"type": "Replace", "pattern": object{"String": from}, "content": to}
}

func replaceAll(expression, to string) object {
	return object{"type": "Replace", "pattern": object{"Regex": expression}, "content": to}
}

// normalizers drop accents, quotes and brackets, set dashes apart, and write capitals
// as the mark and a small letter: "He said--No" becomes "▁⇧he"... with the mark first.
func normalizers() []object {
	list := []object{
		{"type": "NFKD"}, {"type": "StripAccents"}, replaceAll(`["“”()\[\]{}*_]`, ""), replaceAll(`--+|—`, " -- "), replaceAll(`\s+`, " "),
		{"type": "Strip", "strip_left": true, "strip_right": true}, {"type": "Prepend", "prepend": " "},
	}
	for letter := 'A'; letter <= 'Z'; letter++ {
		small := strings.ToLower(string(letter))
		list = append(list, replace(" "+string(letter), raised+" "+small), replace(string(letter), raised+small))
	}
	return append(list, replace(" ", "▁"))
}

// cuts set the mark apart, then words with the space before them, numbers, and marks
// of punctuation.
func cuts() []object {
	split := func(pattern object) object {
		return object{"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": false}
	}
	return []object{split(object{"String": raised}), split(object{"Regex": `▁?[\p{L}']+|▁?\p{N}+|▁?[^▁\p{L}\p{N}']+|▁`})}
}

// decoders are the way back.
func decoders() []object {
	list := []object{{"type": "Fuse"}, replace("▁", " ")}
	for letter := 'A'; letter <= 'Z'; letter++ {
		small := strings.ToLower(string(letter))
		list = append(list, replace(raised+" "+small, " "+string(letter)), replace(raised+small, string(letter)))
	}
	return append(list, object{"type": "Strip", "content": " ", "start": 1, "stop": 0})
}

func sequence(key string, parts []object) object {
	return object{"type": "Sequence", key: parts}
}

func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // nothing in it that JSON does not have
	}
	return text
}
