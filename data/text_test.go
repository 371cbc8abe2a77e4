package data

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// all returns what f reads in text, and the error that ends it.
func all[T any](f Format[T], text string) (values []T, err error) {
	next := f(strings.NewReader(text))
	for {
		v, err := next()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		values = append(values, v)
	}
}

func TestText(t *testing.T) {
	text := "\uFEFF\n \none\r\ntwo\n\n\t\n = Title =\n\nthr\xffee\n"
	for _, c := range []struct {
		name string
		f    Format[Document]
		want []Document
	}{
		{"lines", Text(Lines), []Document{{"one", 3}, {"two", 4}, {" = Title =", 7}, {"thr\uFFFDee", 9}}},
		{"paragraphs", Text(Paragraphs), []Document{{"one\ntwo", 3}, {" = Title =", 7}, {"thr\uFFFDee", 9}}},
		{"files", Text(Files), []Document{{"\n \none\ntwo\n\n\t\n = Title =\n\nthr\uFFFDee\n", 1}}},
		{"sections", Sections(func(s string) bool { return strings.HasPrefix(s, " =") }), []Document{{"one\ntwo", 3}, {" = Title =\n\nthr\uFFFDee", 7}}},
	} {
		got, err := all(c.f, text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
		if got, err := all(c.f, " \n\n"); err != nil || got != nil {
			t.Errorf("%s: of nothing: %+v, %v", c.name, got, err)
		}
	}
}

func TestLongLinesAreErrors(t *testing.T) {
	line := strings.Repeat("a", MaxRecord-2)
	for name, f := range map[string]Format[Document]{"lines": Text(Lines), "paragraphs": Text(Paragraphs)} {
		if got, err := all(f, "b\n\n"+line+"\n"); err != nil || len(got) != 2 {
			t.Errorf("%s: %d documents, %v", name, len(got), err)
		}
		if _, err := all(f, "b\n\n"+line+"aaa\n"); err == nil || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: a line too long: %v", name, err)
		}
	}
	half := line[:len(line)/2+5]
	if _, err := all(Text(Paragraphs), half+"\n"+half+"\n"); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a paragraph too long: %v", err)
	}
}

// folder makes files of the same text in every wrapping.
func folder(t *testing.T) string {
	dir := t.TempDir()
	var zipped, packed bytes.Buffer
	z := zip.NewWriter(&zipped)
	for _, name := range []string{"b.txt", "in/a.txt", "other.csv", ".hidden.txt"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "%s\n\nof the archive\n", name)
	}
	g := gzip.NewWriter(&packed)
	fmt.Fprint(g, "packed\n\ntext\n")
	for _, c := range []io.Closer{z, g} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"2.txt": "plain\n\ntext\n", "sub/1.txt.gz": packed.String(), "3.zip": zipped.String(), "no.md": "x", ".git/4.txt": "x", ".5.txt": "x", "6.txt": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	dir := folder(t)
	files, err := Find(dir, ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		name, err := filepath.Rel(dir, f.String())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, filepath.ToSlash(name))
	}
	want := []string{"2.txt", "3.zip!b.txt", "3.zip!in/a.txt", "6.txt", "sub/1.txt.gz"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	docs := resumes(t, 100, func() Stream[Document] { return Read(files, Text(Paragraphs)) })
	var texts []string
	for _, d := range docs {
		texts = append(texts, d.Text)
	}
	if want := []string{"plain", "text", "b.txt", "of the archive", "in/a.txt", "of the archive", "packed", "text"}; !reflect.DeepEqual(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
	for _, path := range []string{filepath.Join(dir, "none"), filepath.Join(dir, ".git")} {
		if files, err := Find(path, ".csv"); err == nil {
			t.Errorf("%s: found %v", path, files)
		}
	}
	before, err := DigestOf(files, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "6.txt"), []byte("more"), 0o644); err != nil {
		t.Fatal(err)
	}
	after, err := DigestOf(files, "a", "b")
	other, err2 := DigestOf(files, "ab")
	if err != nil || err2 != nil || before == after || after == other {
		t.Errorf("digests %x, %x, %x, %v, %v", before, after, other, err, err2)
	}
}

// Errors name the file, and files that are cut short are no ends.
func TestReaderErrors(t *testing.T) {
	dir := folder(t)
	packed, err := os.ReadFile(filepath.Join(dir, "sub", "1.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short.gz")
	for _, n := range []int{2, 5, len(packed) - 3} {
		if err := os.WriteFile(short, packed[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		s := Read([]File{{Path: short}}, Text(Files))
		if d, err := s.Next(); err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "short.gz") {
			t.Errorf("cut to %d: %v, %v", n, d, err)
		}
	}
	s := Read([]File{{Path: filepath.Join(dir, "3.zip"), Member: "none"}}, Text(Files))
	if _, err := s.Next(); err == nil || !strings.Contains(err.Error(), "3.zip!none") {
		t.Errorf("no such member: %v", err)
	}
	plain := []File{{Path: filepath.Join(dir, "2.txt")}}
	if err := Read(plain, Text(Paragraphs)).Restore([]byte(`{"file":0,"record":9}`)); err == nil {
		t.Error("a record past the end was restored")
	}
}

func FuzzText(f *testing.F) {
	f.Add("one\ntwo\n\n \nthree")
	f.Add("\r\n\xff\n\uFEFF\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, unit := range []Unit{Files, Paragraphs, Lines} {
			docs, err := all(Text(unit), text)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range docs {
				if strings.TrimSpace(d.Text) == "" || d.Line < 1 {
					t.Errorf("document %q at line %d", d.Text, d.Line)
				}
			}
		}
	})
}
