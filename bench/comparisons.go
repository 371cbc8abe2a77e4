package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// decoders are the files that decoding and prefill are compared on.
var decoders = []string{
	"qwen2.5-0.5b.q8_0.gguf", "qwen2.5-0.5b.q4_0.gguf", "qwen2.5-0.5b.q4_k_m.gguf", "qwen2.5-0.5b.bf16.gguf", "qwen2.5-0.5b.f16.gguf", "qwen2.5-0.5b.f32.gguf",
	"llama-3.2-1b.q8_0.gguf", "llama-3.2-1b.q4_0.gguf", "llama-3.2-1b.q4_k_m.gguf", "llama-3.2-1b.bf16.gguf",
}

// encoders are the folders that encoding is compared on.
var encoders = []string{"bert-base-uncased", "all-minilm-l6-v2"}

// found returns the paths of the models to measure: those asked for, or those of the
// comparison that are there. Their files are read once, so that they are in memory.
func (s *settings) found(defaults []string) ([]string, error) {
	var paths []string
	for _, name := range s.models {
		if _, err := os.Stat(s.path(name)); err != nil {
			return nil, err
		}
		paths = append(paths, s.path(name))
	}
	if len(s.models) == 0 {
		for _, name := range defaults {
			if _, err := os.Stat(s.path(name)); err == nil {
				paths = append(paths, s.path(name))
			}
		}
	}
	for _, path := range paths {
		if err := warm(path); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// warm reads a file, or the files of a folder.
func warm(path string) error {
	return filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		buf := make([]byte, 1<<20)
		for err == nil {
			_, err = f.Read(buf)
		}
		return f.Close()
	})
}

// orElse returns the numbers given, or others where there are none.
func (v ints) orElse(other ...int) []int {
	if len(v) > 0 {
		return v
	}
	return other
}

// perLlama returns the zoo and each build of llama.cpp.
func (s *settings) perLlama(first contestant, of func(l *llama) contestant) []contestant {
	all := []contestant{first}
	for _, l := range s.llamas {
		all = append(all, of(l))
	}
	return all
}

func none() {}

func decode(_ context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found(decoders)
	n := strconv.Itoa(s.generate)
	for _, path := range paths {
		for _, t := range s.threads {
			all = append(all, contest{
				"decode", filepath.Base(path), "tg" + n + s.zoo.manner(), t, "tokens/s", false,
				s.perLlama(s.zoo.rate(path, t, "bandwidth", "-p", "0", "-n", n, "-r", "1"), func(l *llama) contestant {
					return l.writes(path, t, n)
				}),
			})
		}
	}
	return all, none, err
}

func prefill(_ context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found(decoders)
	for _, path := range paths {
		for _, p := range s.prompt.orElse(512) {
			for _, t := range s.threads {
				n := strconv.Itoa(p)
				all = append(all, contest{
					"prefill", filepath.Base(path), "pp" + n + s.zoo.manner(), t, "tokens/s", false,
					s.perLlama(s.zoo.rate(path, t, "peak", "-p", n, "-n", "0", "-r", "3"), func(l *llama) contestant {
						return l.reads(path, t, n, "-r", "3")
					}),
				})
			}
		}
	}
	return all, none, err
}

func batch(_ context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found(decoders[:2])
	for _, path := range paths {
		for _, rows := range s.batch.orElse(4, 8, 16) {
			for _, t := range s.threads {
				args := []string{"-p", "0", "-n", strconv.Itoa(s.generate), "-d", strconv.Itoa(s.depth), "--batch", strconv.Itoa(rows), "-r", "1"}
				all = append(all, contest{
					"batch", filepath.Base(path), strconv.Itoa(rows) + " rows" + s.zoo.manner(), t, "tokens/s", false,
					s.perLlama(s.zoo.rate(path, t, "bandwidth", args...), func(l *llama) contestant { return l.batched(path, t, rows, s.depth, s.generate) }),
				})
			}
		}
	}
	return all, none, err
}

// passes is how often an encoder reads a text of n tokens in one measurement.
func passes(n int) int { return min(100, max(4, 4096/n)) }

// encode compares encoders: in float32, and with weights of 8 bits where --weights
// says so.
func encode(ctx context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found(encoders)
	var scripts []*script
	int8 := s.zoo.weights != ""
	for _, path := range paths {
		for _, t := range s.threads {
			peers := map[string]*script{}
			for _, name := range []string{"onnxruntime", "torch"} {
				if len(s.peers) > 0 && !slices.Contains(s.peers, name) || int8 && name == "torch" || !has(ctx, s.python, name) {
					continue
				}
				args := []string{name, path, strconv.Itoa(t), "--cache", filepath.Join(s.dir, "onnx")}
				if int8 {
					args = append(args, "--int8")
				}
				peers[name] = newScript(s.python, "encoder.py", args...)
				scripts = append(scripts, peers[name])
			}
			for _, rows := range s.batch.orElse(1) {
				for _, n := range s.prompt.orElse(16, 128, 512) {
					all = append(all, s.encoding(path, t, rows, n, int8, peers))
				}
			}
		}
	}
	return all, closeAll(scripts), err
}

// encoding is the contest of one shape.
func (s *settings) encoding(path string, t, rows, n int, int8 bool, peers map[string]*script) contest {
	count := passes(rows * n)
	sizes := []string{strconv.Itoa(rows), strconv.Itoa(n), strconv.Itoa(count)}
	c := contest{"encode", filepath.Base(path), strconv.Itoa(rows) + "x" + sizes[1] + s.zoo.manner(), t, "tokens/s", false, nil}
	gguf := path + ".f32.gguf"
	if int8 {
		gguf = path + ".q8_0.gguf"
	}
	c.entrants = []contestant{s.zoo.rate(path, t, "peak", "-p", sizes[1], "--batch", sizes[0], "-n", "0", "-r", sizes[2])}
	for _, name := range []string{"onnxruntime", "torch"} {
		if peers[name] != nil {
			c.entrants = append(c.entrants, peers[name].asking(name, strings.Join(sizes, " ")))
		}
	}
	if _, err := os.Stat(gguf); err == nil {
		for _, l := range s.llamas {
			if rows == 1 {
				c.entrants = append(c.entrants, l.reads(gguf, t, sizes[1], "-embd", "1", "-r", sizes[2]))
			} else if l.name == "llama.cpp" { // the fork's program fails on encoders
				c.entrants = append(c.entrants, l.encodes(gguf, t, rows, n))
			}
		}
	}
	return c
}
