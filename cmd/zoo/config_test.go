package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/nlp-zoo/zoo/serve"
)

// parsed returns the settings of a command line, an environment and a file.
func parsed(t *testing.T, args []string, env map[string]string, file string) (*server, error) {
	t.Helper()
	s := &server{g: &global{}, o: serve.Defaults()}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	s.flags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "zoo.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s, configure(flags, path, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
}

// The command line goes before the environment, and that before the file.
func TestConfigOrder(t *testing.T) {
	file := "addr: file:1\nqueue: 3\nrows: 3\nmodel: [a=b, c]\ndrain: 3s\nmemory: 3GiB\npprof: true\nhosts: one\n"
	s, err := parsed(t, []string{"--addr", "flag:1"}, map[string]string{"ZOO_ADDR": "env:1", "ZOO_QUEUE": "2", "ZOO_API_KEY": "k1,k2"}, file)
	if err != nil {
		t.Fatal(err)
	}
	if s.addr != "flag:1" || s.o.Queue != 2 || s.o.Rows != 3 || s.o.Drain != 3*time.Second || s.memory != 3<<30 || !s.o.Pprof {
		t.Errorf("addr %s, queue %d, rows %d, drain %v, memory %d, pprof %v", s.addr, s.o.Queue, s.o.Rows, s.o.Drain, s.memory, s.o.Pprof)
	}
	if !slices.Equal(s.models, []string{"a=b", "c"}) || !slices.Equal(s.o.Keys, []string{"k1", "k2"}) || !slices.Equal(s.o.Hosts, []string{"one"}) {
		t.Errorf("models %q, keys %q, hosts %q", s.models, s.o.Keys, s.o.Hosts)
	}
	if s, err = parsed(t, []string{"-m", "x"}, map[string]string{"ZOO_MODEL": "y,z"}, "model: [w]\n"); err != nil || !slices.Equal(s.models, []string{"x"}) {
		t.Errorf("models %q: %v", s.models, err)
	}
	if s, err = parsed(t, nil, map[string]string{"ZOO_MODEL": "y,z"}, "model: [w]\n"); err != nil || !slices.Equal(s.models, []string{"y", "z"}) {
		t.Errorf("models %q: %v", s.models, err)
	}
}

// A mistake in a file or the environment is told with its place.
func TestConfigMistakes(t *testing.T) {
	for file, want := range map[string]string{
		"addr: x\ncolour: red\n":      "zoo.yaml:2: colour: there is no such setting",
		"queue: many\n":               `zoo.yaml:1: queue: "many"`,
		"queue: [1, 2]\n":             "zoo.yaml:1: queue: it is no single value",
		"queue: {a: 1}\n":             "zoo.yaml:1: queue: it is no single value",
		"model: {a: 1}\n":             "zoo.yaml:1: model: it is no single value",
		"model: [[1]]\n":              "zoo.yaml:1: model: line 1: it is no single value",
		"queue:\n":                    "zoo.yaml:1: queue: it has no value",
		"queue: 1\nqueue: 2\n":        "zoo.yaml:2: queue: it stands there twice",
		"- addr\n":                    "zoo.yaml:1: it is no list of settings",
		"addr: [\n":                   "zoo.yaml: ",
		"memory: much\n":              "zoo.yaml:1: memory: ",
		"memory: -1\n":                "zoo.yaml:1: memory: ",
		"config: other.yaml\n":        "zoo.yaml:1: config: there is no such setting",
		"drain: soon\n":               "zoo.yaml:1: drain: ",
		"max-body: 99999999999999g\n": "zoo.yaml:1: max-body: ",
	} {
		_, err := parsed(t, nil, nil, file)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
	if _, err := parsed(t, nil, map[string]string{"ZOO_QUEUE": "many"}, ""); err == nil || !strings.Contains(err.Error(), "ZOO_QUEUE: ") {
		t.Errorf("environment: %v", err)
	}
	if _, err := parsed(t, nil, nil, "# nothing\n"); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

// Sizes are read as people write them, and written so that they are read again.
func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "17": 17, "1k": 1024, "1 KiB": 1024, "2MB": 2 << 20, "512MiB": 512 << 20, "1.5g": 3 << 29, "8G": 8 << 30, "1e9": 1e9, "3B": 3} {
		var b, again byteSize
		if err := b.Set(text); err != nil || int64(b) != want {
			t.Errorf("%s: %d, %v, want %d", text, b, err, want)
		}
		if err := again.Set(b.String()); err != nil || again != b {
			t.Errorf("%s: %s is read as %d, %v", text, b.String(), again, err)
		}
	}
	for _, text := range []string{"", "g", "-1", "NaN", "1e30", "Inf", "1x"} {
		var b byteSize
		if err := b.Set(text); err == nil {
			t.Errorf("%q: %d", text, b)
		}
	}
}

// A folder's models have the names of their files and folders.
func TestModelsIn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mo[d]els")
	for _, file := range []string{"a.gguf", "b/config.json", "org/c/config.json", "org/d.gguf", "e/readme.md"} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &server{folder: dir, adapters: []string{"x=/lora@1@b", "y=/lora"}, models: []string{"n=/m", "/p/q.gguf"}}
	specs, err := s.specs([]string{"hatchling/bert"})
	if err != nil {
		t.Fatal(err)
	}
	want := []serve.ModelSpec{{Name: "hatchling/bert", Path: "hatchling/bert"}, {Name: "n", Path: "/m"}, {Name: "q", Path: "/p/q.gguf"},
		{Name: "a", Path: filepath.Join(dir, "a.gguf")}, {Name: "b", Path: filepath.Join(dir, "b")},
		{Name: "org/c", Path: filepath.Join(dir, "org/c")}, {Name: "org/d", Path: filepath.Join(dir, "org/d.gguf")},
		{Name: "x", Adapter: "/lora@1", Base: "b"}, {Name: "y", Adapter: "/lora", Base: "hatchling/bert"}}
	if !slices.Equal(specs, want) {
		t.Errorf("%+v\nwant %+v", specs, want)
	}
	for _, s := range []*server{{models: []string{"=x"}}, {models: []string{"x="}}, {adapters: []string{"x"}}, {adapters: []string{"x=@b"}}, {folder: "/nowhere"}, {folder: t.TempDir()}} {
		if specs, err := s.specs(nil); err == nil {
			t.Errorf("%+v: no error", specs)
		}
	}
}
