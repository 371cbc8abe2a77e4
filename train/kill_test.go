package train

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/internal/testkit"
)

// The environment of a process that trains and is killed.
const (
	childRecipe  = "ZOO_TEST_TRAIN_RECIPE"
	childDir     = "ZOO_TEST_TRAIN_DIR"
	childThreads = "ZOO_TEST_TRAIN_THREADS"
)

// TestMain trains, where the environment says so, in place of testing.
func TestMain(m *testing.M) {
	flag.Parse()
	path := os.Getenv(childRecipe)
	if path == "" {
		os.Exit(m.Run())
	}
	parallel.SetThreads(len(os.Getenv(childThreads)))
	r, err := Read(path)
	if err == nil {
		_, err = Run(context.Background(), r, Options{Dir: os.Getenv(childDir), Resume: true})
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// victim is a process that trains; its threads are as many as the letters given.
func victim(t *testing.T, recipe, dir, threads string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), childRecipe+"="+recipe, childDir+"="+dir, childThreads+"="+threads)
	c.Stderr = os.Stderr
	return c
}

// TestKill kills runs at random moments, some of them again while they resume with
// another number of threads. They come to the bytes of the run that was not killed.
func TestKill(t *testing.T) { kill(t, 2, "steps=16") }

// TestKillOften does so at 20 moments.
func TestKillOften(t *testing.T) {
	testkit.Long(t)
	kill(t, 20, "steps=40")
}

func kill(t *testing.T, points int, steps string) {
	r := recipe(t, "llama", steps, "save.every=2", "log.every=3", "eval.every=4", "model.config.attention_dropout=0.1")
	path, want := written(t, r), filepath.Join(t.TempDir(), "whole")
	start := time.Now()
	if err := victim(t, path, want, "a").Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(start)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, a run takes %v", seed, whole)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range points {
		dir, kills := filepath.Join(t.TempDir(), "killed"), 1+i%2
		for k := range kills {
			c := victim(t, path, dir, "aa"[:1+k])
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			after := time.Duration(random.Int64N(int64(whole)))
			time.Sleep(after)
			_ = c.Process.Kill()
			err := c.Wait()
			s, bad := newest(dir)
			if bad != nil && !errors.Is(bad, os.ErrNotExist) {
				t.Errorf("killed after %v (%v): %v", after, err, bad)
			}
			if s != nil {
				t.Logf("killed after %v, at step %d or later, which is in %s", after, s.Step, s.name)
			}
		}
		if err := victim(t, path, dir, "aaa").Run(); err != nil {
			t.Fatalf("resumed: %v", err)
		}
		sameState(t, dir, want)
		if entries, _ := filepath.Glob(filepath.Join(dir, newPrefix+"*")); len(entries) > 0 {
			t.Errorf("left over: %v", entries)
		}
	}
}

// TestInstructionSets: the same bytes with every instruction set that the processor
// has, and without any.
func TestInstructionSets(t *testing.T) {
	for _, family := range []string{"llama", "bert", "t5"} {
		r := recipe(t, family, "steps=6", "eval.every=3", "save.every=3", "log.every=1")
		path, want := written(t, r), ""
		for _, level := range []string{"generic", "avx2", "avx512", "neon"} { // one that is not there stands for the best
			dir := filepath.Join(t.TempDir(), level)
			c := victim(t, path, dir, "aa")
			c.Env = append(c.Env, "ZOO_KERNEL="+level)
			if err := c.Run(); err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = dir
			}
			sameState(t, dir, want)
		}
	}
}

// written returns a file with the recipe.
func written(t *testing.T, r *Recipe) string {
	t.Helper()
	text, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "recipe.yaml")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHeld: two processes do not train in one folder.
func TestHeld(t *testing.T) {
	r := recipe(t, "gpt2")
	dir := t.TempDir()
	lock, err := hold(filepath.Join(dir, lockName))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if _, err := Run(context.Background(), r, Options{Dir: dir}); !errors.Is(err, errHeld) {
			t.Errorf("in a folder that is held: %v", err)
		}
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	trained(t, r, Options{Dir: dir})
}
