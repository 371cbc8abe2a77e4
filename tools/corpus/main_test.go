package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParagraphs(t *testing.T) {
	for _, c := range []struct {
		name, book string
		want       []string
	}{
		{"lines of prose are one", "It was  the best\r\nof times, it was the “worst” of times.", []string{`It was the best of times, it was the "worst" of times.`}},
		{"notes and italics go", "She had _read_ the book[12] twice, and then once more{3}.", []string{"She had read the book twice, and then once more."}},
		{"verse stays in lines", "The sun went down,\nAnd all was still,\nUpon the hill.", []string{"The sun went down,\nAnd all was still,\nUpon the hill."}},
		{"plays stay in lines", "First Citizen:\nbefore we go on, hear me speak.", []string{"First Citizen:\nbefore we go on, hear me speak."}},
		{"a speaker alone", "First Citizen:", nil},
		{"headings and rules", "CHAPTER II\n\n* * *\n\n[Illustration: a tree]", nil},
		{"tables", "1901 12 14 16\n1902 13 15 17", nil},
		{"an index", strings.Repeat("apples, red and green, of the garden,\n\n", 6), nil},
		{"a few short ones", strings.Repeat("and so they went home again.\n\n", 2), []string{"and so they went home again.", "and so they went home again."}},
	} {
		if got := paragraphs(c.book); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRun: every fiftieth document is set apart, none is lost, and a book gives the
// same files always.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	var book strings.Builder
	const n = 1000
	for i := range n {
		fmt.Fprintf(&book, "paragraph number %d of this book %s\n\n", i, strings.Repeat("goes on and on and on ", 40)+"to its end.")
	}
	path := filepath.Join(dir, "book.txt")
	if err := os.WriteFile(path, []byte(book.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	var before []byte
	for range 2 {
		if err := run(dir, []string{path}); err != nil {
			t.Fatal(err)
		}
		train, err1 := os.ReadFile(filepath.Join(dir, "train.txt"))
		held, err2 := os.ReadFile(filepath.Join(dir, "heldout.txt"))
		if err1 != nil || err2 != nil || len(held) < pages/2 || len(held) > len(train)/20 {
			t.Fatalf("%d bytes to train, %d held out: %v, %v", len(train), len(held), err1, err2)
		}
		all := string(train) + string(held)
		if got := strings.Count(all, "paragraph number"); got != n {
			t.Errorf("%d paragraphs, want %d", got, n)
		}
		if before != nil && string(before) != all {
			t.Error("the second time it is another text")
		}
		before = []byte(all)
	}
	if err := run(dir, []string{filepath.Join(dir, "absent.txt")}); err == nil {
		t.Error("an absent book is no error")
	}
}
