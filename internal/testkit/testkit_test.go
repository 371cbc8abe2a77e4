package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSharedFindsAndSkips(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ZOO_SHARED", dir)
	if err := os.WriteFile(filepath.Join(dir, "there"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := Shared(t, "there"), filepath.Join(dir, "there"); got != want {
		t.Errorf("Shared = %q, want %q", got, want)
	}
	skipped := false
	t.Run("absent", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Shared(t, "data/absent")
		t.Error("Shared returned for an absent path")
	})
	if !skipped {
		t.Error("Shared did not skip for an absent path")
	}
}

func TestRootHoldsModule(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Root(t), "internal", "testkit", "testkit.go")); err != nil {
		t.Error(err)
	}
	if root, ok := moduleRoot(t.TempDir()); ok {
		t.Errorf("moduleRoot of an empty folder = %q", root)
	}
}

func TestFirstDifference(t *testing.T) {
	for _, c := range []struct {
		got, want string
		line      int
	}{
		{"a\nb\n", "a\nb\n", 0},
		{"a\nb\n", "a\nc\n", 2},
		{"a\nb", "a\nb\n", 2},
		{"a\n", "a\nb\n", 2},
		{"", "a", 1},
	} {
		line, _, _, differ := firstDifference([]byte(c.got), []byte(c.want))
		if line != c.line || differ != (c.line > 0) {
			t.Errorf("firstDifference(%q, %q) = line %d, %v; want line %d", c.got, c.want, line, differ, c.line)
		}
	}
}

func TestGoldenReadsWhatUpdateWrote(t *testing.T) {
	defer func(old bool) { *update = old }(*update)
	path := filepath.Join(t.TempDir(), "sub", "g")
	*update = true
	Golden(t, path, []byte("x\n"))
	*update = false
	Golden(t, path, []byte("x\n"))
	if t.Failed() {
		return
	}
	probe := &recorder{TB: t}
	Golden(probe, path, []byte("y\n"))
	if !probe.failed {
		t.Error("Golden passed on a text that differs")
	}
}

// recorder notes an error instead of failing the test.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }
