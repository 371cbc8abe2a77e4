// Command corpus makes the training text of the hatchlings from books that are in
// the public domain: one paragraph a line, documents of some pages between blank
// lines, and every fiftieth document set apart to measure with.
//
//	go run ./tools/corpus --out DIR BOOK.txt...
//
// writes DIR/train.txt and DIR/heldout.txt, the same for the same books.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	pages = 8000 // bytes of a document, about
	apart = 50   // one document in so many is held out
)

func main() {
	out := flag.String("out", "", "folder to write train.txt and heldout.txt into")
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "corpus: usage: corpus --out DIR BOOK.txt...")
		os.Exit(2)
	}
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "corpus: "+err.Error())
		os.Exit(1)
	}
}

func run(out string, books []string) error {
	var all []string
	for _, path := range books {
		book, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		all = append(all, documents(paragraphs(string(book)))...)
	}
	train, heldOut := split(all)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for name, documents := range map[string][]string{"train.txt": train, "heldout.txt": heldOut} {
		text := strings.Join(documents, "\n\n") + "\n"
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d documents, %d bytes\n", name, len(documents), len(text))
	}
	return nil
}

// documents joins paragraphs that follow each other to documents of some pages.
func documents(paragraphs []string) []string {
	var all []string
	var b strings.Builder
	for i, p := range paragraphs {
		b.WriteString(p)
		if b.Len() >= pages || i == len(paragraphs)-1 {
			all = append(all, b.String())
			b.Reset()
			continue
		}
		b.WriteByte('\n')
	}
	return all
}

// split sets documents apart, evenly over all books.
func split(all []string) (train, heldOut []string) {
	for i, d := range all {
		if i%apart == apart/2 {
			heldOut = append(heldOut, d)
		} else {
			train = append(train, d)
		}
	}
	return train, heldOut
}
