package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve"
)

// specs returns the models that are to be served: those of the command line and the
// settings, those of a folder, and adapters; the embedded ones if there are none.
func (s *server) specs(args []string) ([]serve.ModelSpec, error) {
	var specs []serve.ModelSpec
	for _, arg := range slices.Concat(args, s.models) {
		name, path, named := strings.Cut(arg, "=")
		if _, err := os.Stat(arg); !named || err == nil { // of a path that has the sign in it
			name, path = modelName(arg), arg
		}
		if name == "" || path == "" {
			return nil, usagef("serve: --model: %q is neither PATH nor NAME=PATH", arg)
		}
		specs = append(specs, serve.ModelSpec{Name: name, Path: path})
	}
	if s.folder != "" {
		found, err := modelsIn(s.folder)
		if err != nil {
			return nil, fmt.Errorf("serve: --models: %w", err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("serve: --models: %s: there is no model in it", s.folder)
		}
		specs = append(specs, found...)
	}
	if len(specs) == 0 {
		for _, name := range model.Embedded() {
			specs = append(specs, serve.ModelSpec{Name: name, Path: name})
		}
		if s.o.Default == "" {
			s.o.Default = hatchling.Default
		}
	}
	if s.o.Default == "" {
		s.o.Default = specs[0].Name
	}
	for _, arg := range s.adapters {
		name, dir, _ := strings.Cut(arg, "=")
		base := s.o.Default
		if at := strings.LastIndexByte(dir, '@'); at >= 0 {
			dir, base = dir[:at], dir[at+1:]
		}
		if name == "" || dir == "" || base == "" {
			return nil, usagef("serve: --adapter: %q is not NAME=DIR or NAME=DIR@BASE", arg)
		}
		specs = append(specs, serve.ModelSpec{Name: name, Adapter: dir, Base: base})
	}
	return specs, nil
}

// modelName returns the name of the model at a path: that of its file or folder.
func modelName(path string) string {
	if slices.Contains(model.Embedded(), path) {
		return path
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return strings.TrimSuffix(filepath.Base(path), ".gguf")
}

// modelsIn returns the models in a folder: each file that ends in .gguf, each folder with
// a config.json, and those in folders of it, whose names have the folder's before them.
func modelsIn(dir string) ([]serve.ModelSpec, error) {
	var specs []serve.ModelSpec
	for _, pattern := range []string{"*.gguf", "*/config.json", "*/*.gguf", "*/*/config.json", "*/*/*.gguf"} {
		paths, err := filepath.Glob(filepath.Join(escaped(dir), filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			if filepath.Base(path) == "config.json" {
				path = filepath.Dir(path)
			}
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return nil, err
			}
			specs = append(specs, serve.ModelSpec{Name: filepath.ToSlash(strings.TrimSuffix(name, ".gguf")), Path: path})
		}
	}
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	slices.SortFunc(specs, func(a, b serve.ModelSpec) int { return strings.Compare(a.Name, b.Name) })
	return specs, nil
}

// escaped returns a pattern that stands for a path alone.
func escaped(path string) string {
	return strings.NewReplacer(`[`, `[[]`, `*`, `[*]`, `?`, `[?]`).Replace(path)
}
