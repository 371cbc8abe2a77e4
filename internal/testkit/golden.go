package testkit

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Golden holds got against the file at path, byte for byte, and fails t at the
// first line that differs. With -update it writes the file instead.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if Updating() {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if line, a, b, differ := firstDifference(got, want); differ {
		t.Errorf("%s, line %d:\n got %q\nwant %q", path, line, a, b)
	}
}

// firstDifference returns the number, from 1, and the texts of the first line in
// which got and want differ.
func firstDifference(got, want []byte) (line int, a, b []byte, differ bool) {
	if bytes.Equal(got, want) {
		return 0, nil, nil, false
	}
	as, bs := bytes.SplitAfter(got, []byte("\n")), bytes.SplitAfter(want, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return i + 1, as[i], bs[i], true
		}
	}
	// Not reached for texts that differ: equal parts of equal number are equal texts,
	// and SplitAfter leaves a last part without a newline.
	i := min(len(as), len(bs))
	return i + 1, bytes.Join(as[i:], nil), bytes.Join(bs[i:], nil), true
}
