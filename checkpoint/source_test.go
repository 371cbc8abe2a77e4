package checkpoint

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// llama returns the path of a case of the Llama family's test data.
func llama(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(testkit.Root(t), "models/llama/testdata", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the case %s is not among the test data", name)
	}
	return path
}

func open(t testing.TB, path string) Source {
	t.Helper()
	src, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

// equal holds two sources to the same tensors, byte by byte.
func equal(t *testing.T, got, want Source) {
	t.Helper()
	if !slices.Equal(got.Names(), want.Names()) {
		t.Fatalf("names are\n%v, want\n%v", got.Names(), want.Names())
	}
	for _, name := range want.Names() {
		a, errA := got.Tensor(name)
		b, errB := want.Tensor(name)
		if errA != nil || errB != nil {
			t.Fatal(name, errA, errB)
		}
		if a.DType() != b.DType() || !slices.Equal(a.Shape(), b.Shape()) || !bytes.Equal(rawOf(a), rawOf(b)) {
			t.Errorf("%s: %v %v differs from %v %v", name, a.DType(), a.Shape(), b.DType(), b.Shape())
		}
		if info, ok := got.Info(name); !ok || info.DType != a.DType() || !slices.Equal(info.Shape, a.Shape()) {
			t.Errorf("%s: Info says %v, %v", name, info, ok)
		}
	}
}

// One checkpoint, saved by the reference in each of its ways.
func TestFormatsAgree(t *testing.T) {
	want := open(t, llama(t, "mha"))
	for _, name := range []string{"mha-bin", "mha-bin-legacy", "mha-sharded"} {
		t.Run(name, func(t *testing.T) { equal(t, open(t, llama(t, name)), want) })
	}
}

// Every checkpoint and golden file of the models' test data opens, as do all its tensors.
func TestOpensAll(t *testing.T) {
	opened := 0
	for _, pattern := range []string{"*.gguf", "*.bin", "*.safetensors", "*.safetensors.index.json"} {
		paths, err := filepath.Glob(filepath.Join(testkit.Root(t), "models/*/testdata/*", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, ".json") {
				path = filepath.Dir(path)
			}
			src := open(t, path)
			opened++
			for _, name := range src.Names() {
				x, err := src.Tensor(name)
				if err != nil {
					t.Error(err)
				} else if info, ok := src.Info(name); !ok || !slices.Equal(info.Shape, x.Shape()) || x.Dense().Len() != x.Len() {
					t.Errorf("%s: %s: Info says %v", path, name, info)
				}
			}
		}
	}
	t.Logf("%d checkpoints", opened)
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "absent"), "no such file"},
		{dir, "no weights"},
		{write("empty", ""), "none of safetensors"},
		{write("text", "hello"), "none of safetensors"},
		{write("pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:"), "Git LFS"},
	} {
		src, err := Open(c.path)
		if err == nil || src != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v, %v", c.path, src, err)
		}
	}
}

// shardedCopy copies a checkpoint in several files to a folder, with another
// text of its index.
func shardedCopy(t *testing.T, from, to string, edit func(string) string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name(), "index.json") {
			content = []byte(edit(string(content)))
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIndexIsChecked(t *testing.T) {
	from := llama(t, "mha-sharded")
	replace := func(old, by string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, by, 1) }
	}
	for name, c := range map[string]struct {
		edit func(string) string
		want string
	}{
		"out of the folder": {replace("model-00001-of-00004.safetensors", "../../../etc/passwd"), "leads out of the folder"},
		"absolute":          {replace("model-00001-of-00004.safetensors", "/etc/passwd"), "leads out of the folder"},
		"absent file":       {replace("model-00001-of-00004.safetensors", "model-00009.safetensors"), "no such file"},
		"folder":            {replace("model-00001-of-00004.safetensors", "."), "not a regular file"},
		"another's tensor":  {replace("model-00001-of-00004.safetensors", "model-00002-of-00004.safetensors"), "is not in"},
		"unknown tensor":    {replace(`"weight_map": {`, `"weight_map": {"x": "model-00001-of-00004.safetensors",`), "tensor x: it is not in"},
		"twice":             {replace(`"weight_map": {`, `"weight_map": {"x": "a", "x": "b",`), "x is there twice"},
		"two maps":          {replace(`"weight_map": {`, `"weight_map": {"x": "a"}, "weight_map": {`), "weight_map is there twice"},
		"no map":            {replace(`"weight_map"`, `"weightmap"`), "weight_map is missing"},
		"not JSON":          {replace(`"weight_map"`, `weight_map`), "JSON"},
		"number":            {replace(`"weight_map": {`, `"weight_map": {"x": 3,`), "is expected"},
		"cut short":         {func(s string) string { return s[:len(s)/2] }, "JSON"},
		"empty":             {func(string) string { return "" }, "JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shardedCopy(t, from, dir, c.edit)
			src, err := Open(dir)
			if err == nil || src != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// In the cache of Hugging Face's hub a snapshot holds links to its blobs; a link
// that leads elsewhere is not followed.
func TestHubCache(t *testing.T) {
	cache := t.TempDir()
	snapshot := filepath.Join(cache, "snapshots", "0123")
	for _, dir := range []string{snapshot, filepath.Join(cache, "blobs")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(filepath.Join(llama(t, "mha"), "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cache, "blobs", "abc"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(snapshot, "model.safetensors")
	if err := os.Symlink("../../blobs/abc", link); err != nil {
		t.Skip("no links here:", err)
	}
	equal(t, open(t, snapshot), open(t, llama(t, "mha")))
	equal(t, open(t, link), open(t, llama(t, "mha"))) // a file that the user names may be any link
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(llama(t, "mha"), "model.safetensors"), link); err != nil {
		t.Fatal(err)
	}
	if src, err := Open(snapshot); err == nil {
		t.Errorf("a link out of the cache was followed: %d tensors", len(src.Names()))
	}
}
