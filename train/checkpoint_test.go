package train

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// publishAt publishes a checkpoint of that step with one small file.
func publishAt(t *testing.T, dir string, step int) {
	t.Helper()
	err := publish(dir, manifest{Step: step}, map[string]content{"a/b": bytesOf([]byte(fmt.Sprint("step ", step)))})
	if err != nil {
		t.Fatal(err)
	}
}

func folders(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestPublish: the last stays last, those before keep their steps, and a run that
// was set back writes over what it did before.
func TestPublish(t *testing.T) {
	dir := t.TempDir()
	for step := 1; step <= 4; step++ {
		publishAt(t, dir, step)
		if err := tidy(dir, 2); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := folders(t, dir), []string{"last", "step-00000002", "step-00000003"}; !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
	publishAt(t, dir, 3)
	s, err := newest(dir)
	if err != nil || s.name != lastName || s.Step != 3 {
		t.Errorf("newest is %+v, %v", s, err)
	}
}

// TestFailedWrite: a checkpoint that cannot be written leaves nothing, and the one
// before as it was.
func TestFailedWrite(t *testing.T) {
	dir := t.TempDir()
	publishAt(t, dir, 1)
	failing := map[string]content{"a": bytesOf([]byte("a")), "b": func(io.Writer) error { return io.ErrShortWrite }}
	for _, write := range []func(string, manifest, map[string]content) error{publish, publishBest} {
		if err := write(dir, manifest{Step: 2}, failing); err == nil {
			t.Error("no error")
		}
	}
	if s, err := newest(dir); err != nil || s.Step != 1 || len(folders(t, dir)) != 1 {
		t.Errorf("left are %v: %+v, %v", folders(t, dir), s, err)
	}
}

// TestTidy: a best checkpoint that was whole but for its name gets it; parts of
// others go.
func TestTidy(t *testing.T) {
	dir := t.TempDir()
	if err := publishBest(dir, manifest{Step: 1}, map[string]content{"a": bytesOf([]byte("old"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := freshFolder(dir, manifest{Step: 2, Best: true}, map[string]content{"a": bytesOf([]byte("new"))}); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, newPrefix+"part"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := tidy(dir, 1); err != nil {
		t.Fatal(err)
	}
	if got := folders(t, dir); !slices.Equal(got, []string{bestName}) {
		t.Errorf("there are %v", got)
	}
	if text, err := os.ReadFile(filepath.Join(dir, bestName, "a")); string(text) != "new" {
		t.Errorf("best has %q, %v", text, err)
	}
}

// TestPromote: a whole checkpoint that had no name yet when the run was killed is the
// newest.
func TestPromote(t *testing.T) {
	dir := t.TempDir()
	publishAt(t, dir, 1)
	if _, err := freshFolder(dir, manifest{Step: 2}, map[string]content{"a": bytesOf([]byte("new"))}); err != nil {
		t.Fatal(err)
	}
	s, err := newest(dir)
	if err != nil || s.Step != 2 || !strings.HasPrefix(s.name, newPrefix) {
		t.Fatalf("newest is %+v, %v", s, err)
	}
	if err := promote(dir, s.dir, s.Step); err != nil {
		t.Fatal(err)
	}
	if got, want := folders(t, dir), []string{"last", "step-00000001"}; !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
}

// FuzzManifest: whatever a manifest says, nothing outside of the folder is read, and
// there is no panic.
func FuzzManifest(f *testing.F) {
	dir := f.TempDir()
	if err := publish(dir, manifest{Step: 5}, map[string]content{"a": bytesOf([]byte("text"))}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, lastName, manifestName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"format":1,"step":1,"files":[{"name":"../../secret","bytes":6,"sha256":""}]}`))
	f.Add([]byte(`{"format":1,"step":-1,"files":[{"name":"a","bytes":-6}]}`))
	f.Add([]byte(`{"format":1,"step":1,"files":[{"name":"a","bytes":9223372036854775807}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte("text"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, manifestName), text, 0o666); err != nil {
			t.Fatal(err)
		}
		m, err := verify(dir)
		if err != nil {
			return
		}
		for _, f := range m.Files {
			if n := filepath.Clean(f.Name); n != "a" && n != manifestName {
				t.Errorf("%q verified", f.Name)
			}
		}
	})
}
