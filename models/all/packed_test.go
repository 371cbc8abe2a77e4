package all_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/modeltest"
)

// copied returns a copy of a checkpoint.
func copied(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if err := os.CopyFS(to, os.DirFS(path)); err != nil {
			t.Fatal(err)
		}
		return to
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// A packed file is mapped, and gives the bytes of a model that is packed anew; one
// that does not fit, or is damaged anywhere, is left aside.
func TestPackedFile(t *testing.T) {
	for _, path := range []string{"../llama/testdata/gguf-mixed/model.gguf", "../llama/testdata/tied", "../bert/testdata/bert-masked", "../t5/testdata/t5"} {
		path = copied(t, path)
		for _, form := range []string{"", "f32", "f16", "bf16", "bf16_fast", "int8", "q8_0", "q4_k_m", "exact"} {
			want := logits(t, path, model.Weights(form))
			file, err := model.WritePacked(path, model.Weights(form))
			if err != nil {
				t.Fatal(err)
			}
			modeltest.Same(t, logits(t, path, model.Weights(form)), want, 0)
			modeltest.Same(t, logits(t, path), logits(t, path, model.Weights("")), 0)
			if !model.HasPacked(path, model.Weights(form)) {
				t.Errorf("%s as %q: the packed file is not used", path, form)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPackedFileRefuses(t *testing.T) {
	path := copied(t, "../llama/testdata/gguf-mixed/model.gguf")
	want := logits(t, path)
	file, err := model.WritePacked(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	used := func(data []byte) bool {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		modeltest.Same(t, logits(t, path), want, 0)
		return model.HasPacked(path)
	}
	if !used(whole) {
		t.Fatal("a packed file is not used")
	}
	for _, cut := range []int{0, 7, 15, 16, 100, 4096, len(whole) / 2, len(whole) - 1} {
		if used(whole[:cut]) {
			t.Errorf("a file cut to %d of %d bytes is used", cut, len(whole))
		}
	}
	for at := 0; at < len(whole); at += len(whole)/60 + 1 {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x11
		// A change of a name in the head has one matrix packed anew; a zero may stand in
		// a gap. The results are the same in any case.
		if used(bad) && at > len(whole)/2 && whole[at] != 0 {
			t.Errorf("a file with another byte %d is used", at)
		}
	}
	for _, change := range [][2]string{{`"layout":1`, `"layout":2`}, {`"rows":`, `"rows":9`}, {`"offset":`, `"offset":9`}, {`"form":"q`, `"form":"x`}, {`"crc32c":`, `"crc32c":1`}} {
		if used(bytes.Replace(whole, []byte(change[0]), []byte(change[1]), 1)) {
			t.Errorf("a file with %s is used", change[1])
		}
	}
	if !used(whole) {
		t.Error("the file is not used any more")
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if used(whole) {
		t.Error("the file of a checkpoint that has changed is used")
	}
}
