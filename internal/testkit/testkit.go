// Package testkit holds what tests of several packages need: the way to shared
// data, golden files and the switch for long tests. Only tests import it.
//
// It adds two flags to the test binary: -update rewrites golden files from what
// the code yields, and -long runs the tests that take minutes.
package testkit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var (
	update = flag.Bool("update", false, "rewrite golden files from what the code yields")
	long   = flag.Bool("long", false, "run the tests that take minutes")
)

// Updating reports whether the flag -update was given: golden files are to be
// rewritten rather than compared.
func Updating() bool { return *update }

// Long skips t unless the flag -long was given.
func Long(t testing.TB) {
	t.Helper()
	if !*long {
		t.Skip("a long test: give -long to run it")
	}
}

// Root returns the folder of the module's go.mod, walking up from the working
// directory, which for a test is its package's folder.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatalf("testkit: working directory: %v", err)
	}
	root, ok := moduleRoot(start)
	if !ok {
		t.Fatalf("testkit: no go.mod in %s or above it", start)
	}
	return root
}

// moduleRoot returns the nearest folder at or above dir that holds a go.mod.
func moduleRoot(dir string) (string, bool) {
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && info.Mode().IsRegular() {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// Shared returns the path of data that is too large to be committed, such as
// published checkpoints: path below the folder named by $ZOO_SHARED, or else
// below the folder "shared" beside the module. It skips t when it is absent.
func Shared(t testing.TB, path string) string {
	t.Helper()
	base := os.Getenv("ZOO_SHARED")
	if base == "" {
		base = filepath.Join(filepath.Dir(Root(t)), "shared")
	}
	full := filepath.Join(base, filepath.FromSlash(path))
	if _, err := os.Stat(full); err != nil {
		t.Skipf("shared data %q is not on this machine: set ZOO_SHARED to the folder that holds it", path)
	}
	return full
}
