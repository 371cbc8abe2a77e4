package main

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A paragraph is a block of a text that stands between blank lines.
type paragraph struct {
	text  string // its lines as one, or as they are in verse and plays
	entry bool   // short and without speech, as the entries of an index are
}

// characters brings the ways to write the same sign into one, and drops the marks
// that typed books have for italics and bold.
var characters = strings.NewReplacer(
	"\r\n", "\n", "\r", "\n", "\ufeff", "", "\t", " ", "\u00a0", " ",
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "—", "--", "–", "-", "…", "...",
	"_", "", "~", "", "=", "", "`", "'",
)

var (
	note    = regexp.MustCompile(`\[(\d+|[A-Z]|\*+)\]|\{\d+\}`) // the number of a footnote
	spaces  = regexp.MustCompile(` {2,}`)
	speaker = regexp.MustCompile(`^[A-Z][A-Za-z' ]{1,30}:$`)
)

// paragraphs returns the paragraphs of a book that are prose, verse or speech.
// Lists of contents, indexes, tables and headings are left out.
func paragraphs(book string) []string {
	var all []paragraph
	for block := range strings.SplitSeq(characters.Replace(book), "\n\n") {
		if p, ok := read(block); ok {
			all = append(all, p)
		}
	}
	var kept []string
	for i := 0; i < len(all); {
		run := i
		for run < len(all) && all[run].entry {
			run++
		}
		if run-i < 6 { // a few short paragraphs are no index
			run = i
		}
		if i = run; i < len(all) {
			kept = append(kept, all[i].text)
			i++
		}
	}
	return kept
}

// read returns the paragraph that a block of lines is. It is false for one that is
// none.
func read(block string) (paragraph, bool) {
	var lines []string
	for line := range strings.SplitSeq(block, "\n") {
		if line = strings.TrimSpace(spaces.ReplaceAllString(note.ReplaceAllString(line, ""), " ")); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 || strings.HasPrefix(lines[0], "[") || strings.HasPrefix(lines[0], "*") {
		return paragraph{}, false
	}
	play := speaker.MatchString(lines[0])
	if play && len(lines) == 1 {
		return paragraph{}, false
	}
	separator := " "
	if play || verse(lines) {
		separator = "\n"
	}
	text := strings.Join(lines, separator)
	if !prose(text) {
		return paragraph{}, false
	}
	return paragraph{text, !play && len(text) < 90 && text[0] != '"' && text[0] != '\''}, true
}

// verse tells whether lines were broken by their author: all are short and begin
// with capitals.
func verse(lines []string) bool {
	for _, line := range lines {
		first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, `"'(`))
		if len(line) > 60 || !unicode.IsUpper(first) {
			return false
		}
	}
	return len(lines) > 2
}

// prose tells whether a text is mostly words in lower case, and ends as a sentence
// does.
func prose(text string) bool {
	var lower, digits, all int
	for _, r := range text {
		all++
		switch {
		case unicode.IsLower(r) || r == ' ' || r == '\n':
			lower++
		case unicode.IsDigit(r):
			digits++
		}
	}
	end := text[len(text)-1]
	return lower*100 >= all*82 && digits*100 <= all*4 && (strings.IndexByte(`.!?:;"')-,`, end) >= 0 || all > 90)
}
