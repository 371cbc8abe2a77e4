package task

import (
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Gap is what a code model is to fill: what stands before and after it, and
// what else it may know.
type Gap struct {
	Prefix, Suffix string
	Start          string // how the text between begins; the model goes on from there
	Files          []File // that the text refers to
}

// A File is a named text.
type File struct{ Name, Text string }

// fillForm is how a family writes what is missing in a text ("Efficient Training
// of Language Models to Fill in the Middle", arXiv:2207.14255): the tokens before
// the prefix, the suffix and the middle.
type fillForm struct {
	prefix, suffix, middle string
	ends                   []string // further tokens that no middle has
	repo, file             string   // that begin a repository and each of its files, where the model knows them
	spaced                 bool     // a suffix goes on within a line, without the space that SentencePiece puts before a text
}

// fillForms are the forms of published models, in the order in which they are
// looked for. Of Mistral's, whose middle is "", the suffix comes first.
var fillForms = []fillForm{
	// Qwen2.5-Coder (arXiv:2409.12186), CodeGemma (arXiv:2406.11409), and OpenAI's vocabularies
	{prefix: "<|fim_prefix|>", suffix: "<|fim_suffix|>", middle: "<|fim_middle|>", repo: "<|repo_name|>", file: "<|file_sep|>",
		ends: []string{"<|fim_pad|>", "<|file_separator|>"}},
	// StarCoder (arXiv:2305.06161), StarCoder 2, Granite
	{prefix: "<fim_prefix>", suffix: "<fim_suffix>", middle: "<fim_middle>", repo: "<repo_name>", file: "<file_sep>",
		ends: []string{"<fim_pad>", "<reponame>", "<filename>"}},
	// SantaCoder (arXiv:2301.03988)
	{prefix: "<fim-prefix>", suffix: "<fim-suffix>", middle: "<fim-middle>", ends: []string{"<fim-pad>"}},
	// DeepSeek-Coder (arXiv:2401.14196)
	{prefix: "<｜fim▁begin｜>", suffix: "<｜fim▁hole｜>", middle: "<｜fim▁end｜>"},
	// Code Llama (arXiv:2308.12950)
	{prefix: "▁<PRE>", suffix: "▁<SUF>", middle: "▁<MID>", ends: []string{"▁<EOT>"}, spaced: true},
	// GLM-4.5
	{prefix: "<|code_prefix|>", suffix: "<|code_suffix|>", middle: "<|code_middle|>"},
	// Codestral
	{prefix: "[PREFIX]", suffix: "[SUFFIX]", spaced: true},
}

// Infills reports whether m has tokens for the parts of a text with a gap.
func Infills(m *model.Model) bool {
	_, err := formOf(m)
	return err == nil
}

// formOf finds the form whose tokens m's vocabulary has.
func formOf(m *model.Model) (fillForm, error) {
	if m.Tokenizer != nil {
		for _, f := range fillForms {
			has := func(token string) bool { return token == "" || f.id(m.Tokenizer, token) >= 0 }
			if has(f.prefix) && has(f.suffix) && has(f.middle) {
				return f, nil
			}
		}
	}
	return fillForm{}, fmt.Errorf("task: %s: infill: its vocabulary has no tokens for the parts of a text with a gap", m.Path)
}

// id returns the id of a token, or -1.
func (f fillForm) id(t *tokenizer.Tokenizer, token string) int32 {
	if id, ok := t.ID(token); ok && token != "" {
		return id
	}
	return -1
}

// Infill returns the ids that m reads to write what stands in a gap, and the
// tokens that end it beside those of Options. Special tokens in the texts are
// plain text. A model whose vocabulary has no tokens for this is an error.
func Infill(m *model.Model, gap Gap) (prompt, ends []int32, err error) {
	f, err := formOf(m)
	if err != nil {
		return nil, nil, err
	}
	t := m.Tokenizer
	text := func(s string) []int32 { return t.Encode(s, tokenizer.Bare, tokenizer.Literal) }
	on := text
	if f.spaced {
		on = func(s string) []int32 { return t.EncodeOn(s, tokenizer.Literal) }
	}
	if bos, ok := t.BOS(); ok && t.AddBOS() {
		prompt = append(prompt, bos)
	}
	prompt = append(prompt, f.files(t, gap.Files, text)...)
	prefix := append([]int32{f.id(t, f.prefix)}, text(gap.Prefix)...)
	suffix := append([]int32{f.id(t, f.suffix)}, on(gap.Suffix)...)
	if f.middle == "" {
		prompt = slices.Concat(prompt, suffix, prefix)
	} else {
		prompt = slices.Concat(prompt, prefix, suffix, []int32{f.id(t, f.middle)})
	}
	if gap.Start != "" {
		prompt = append(prompt, on(gap.Start)...)
	}
	for _, token := range append([]string{f.prefix, f.suffix, f.middle, f.repo, f.file}, f.ends...) {
		if id := f.id(t, token); id >= 0 {
			ends = append(ends, id)
		}
	}
	return prompt, ends, nil
}

// files writes further files as Qwen2.5-Coder and StarCoder 2 know a repository,
// or one after the other where a model knows no such form.
func (f fillForm) files(t *tokenizer.Tokenizer, files []File, text func(string) []int32) []int32 {
	repo, file := f.id(t, f.repo), f.id(t, f.file)
	if len(files) == 0 {
		return nil
	}
	var ids []int32
	if repo >= 0 && file >= 0 {
		ids = append(append(ids, repo), text("repository\n")...)
	}
	for _, each := range files {
		if file >= 0 {
			ids = append(append(ids, file), text(each.Name+"\n"+each.Text+"\n")...)
		} else {
			ids = append(ids, text(each.Text+"\n\n")...)
		}
	}
	if file >= 0 {
		ids = append(append(ids, file), text("file\n")...)
	}
	return ids
}
