package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// llama is a build of llama.cpp, or of a fork of it.
type llama struct {
	name  string
	dir   string   // of its programs
	extra []string // options of llama-bench that make it faster
	batch []string // of llama-batched-bench
}

// findLlama returns the build in dir, or the one that env or PATH name; nil if there
// is none.
func findLlama(name, dir, env string, inPath bool) *llama {
	if dir == "" {
		dir = os.Getenv(env)
	}
	if dir == "" && inPath {
		if at, err := exec.LookPath("llama-bench"); err == nil {
			dir = filepath.Dir(at)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "llama-bench")); dir == "" || err != nil {
		return nil
	}
	return &llama{name: name, dir: dir}
}

func (l *llama) program(name string) string { return filepath.Join(l.dir, name) }

// parseBench returns tokens a second from what llama-bench -o json prints.
func parseBench(text []byte) (float64, error) {
	var tests []struct {
		Rate float64 `json:"avg_ts"`
	}
	if err := decodeFrom(text, "[", &tests); err != nil {
		return 0, err
	}
	if len(tests) != 1 || tests[0].Rate <= 0 {
		return 0, fmt.Errorf("llama-bench: %d tests, want one", len(tests))
	}
	return tests[0].Rate, nil
}

// rate measures with llama-bench. Args choose one test.
func (l *llama) rate(model string, threads int, args ...string) contestant {
	return contestant{l.name, func(ctx context.Context) (sample, error) {
		all := append([]string{"-m", model, "-t", strconv.Itoa(threads), "-o", "json"}, args...)
		d, err := execute(ctx, nil, l.program("llama-bench"), append(all, l.extra...)...)
		if err != nil {
			return sample{}, err
		}
		v, err := parseBench(d.stdout)
		return sample{value: v}, err
	}}
}

// parseBatched returns tokens a second from what llama-batched-bench prints as jsonl.
func parseBatched(text []byte) (float64, error) {
	var line struct {
		Rate float64 `json:"speed_tg"`
	}
	if err := decodeFrom(text, "{", &line); err != nil {
		return 0, err
	}
	if line.Rate <= 0 {
		return 0, errors.New("llama-batched-bench: there is no speed_tg")
	}
	return line.Rate, nil
}

// batched measures rows that are continued at once, all tokens together.
func (l *llama) batched(model string, threads, rows, depth, n int) contestant {
	return contestant{l.name, func(ctx context.Context) (sample, error) {
		args := []string{
			"-m", model, "-t", strconv.Itoa(threads), "-c", strconv.Itoa(rows * (depth + n)), "-b", "2048", "-ub", "512",
			"-npp", strconv.Itoa(depth), "-ntg", strconv.Itoa(n), "-npl", strconv.Itoa(rows), "--output-format", "jsonl",
		}
		d, err := execute(ctx, nil, l.program("llama-batched-bench"), append(args, l.batch...)...)
		if err != nil {
			return sample{}, err
		}
		v, err := parseBatched(d.stdout)
		return sample{value: v}, err
	}}
}
