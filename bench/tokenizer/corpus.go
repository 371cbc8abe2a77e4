package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"
)

// prose are the texts of the shared data that the corpus begins with.
var prose = []string{
	"authors/bronte.txt", "authors/darwin.txt", "authors/dubois.txt", "tinyshakespeare/input.txt",
	"wikitext-2-raw/wiki.test.raw", "wikitext-2-raw/wiki.valid.raw",
}

// corpus returns size bytes of documents of about 4 KB, prose and Go's standard
// library in turn, as much of the one as of the other.
func corpus(shared string, size int) ([]string, error) {
	var texts, code []string
	for _, name := range prose {
		data, err := os.ReadFile(filepath.Join(shared, "data/corpora/pretrain", name))
		if err != nil {
			return nil, err
		}
		texts = append(texts, pieces(string(data))...)
	}
	err := filepath.WalkDir(filepath.Join(runtime.GOROOT(), "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata") {
			return err
		}
		data, err := os.ReadFile(path)
		if utf8.Valid(data) && !slices.Contains(data, 0) {
			code = append(code, pieces(string(data))...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var docs []string
	for i := range min(len(texts), len(code)) {
		// spread over all of the library, not only the packages that come first
		for _, doc := range []string{texts[i], code[i*len(code)/len(texts)]} {
			if size -= len(doc); size < 0 {
				return docs, nil
			}
			docs = append(docs, doc)
		}
	}
	return docs, fmt.Errorf("the corpus lacks %d bytes", size)
}

// pieces cuts a text at the first line end behind each 4 KB.
func pieces(text string) (all []string) {
	for len(text) > 4096 {
		end := strings.IndexByte(text[4096:], '\n')
		if end < 0 {
			break
		}
		all = append(all, text[:4096+end+1])
		text = text[4096+end+1:]
	}
	if text != "" {
		all = append(all, text)
	}
	return all
}
