package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// llama is a build of llama.cpp, or of a fork of it.
type llama struct {
	name string
	dir  string // of its programs

	// Options that were measured to make it fastest: of llama-bench where it writes and
	// where it reads, and of llama-batched-bench.
	writing, reading, batch []string
}

// findLlama returns the build in dir, or else in PATH; nil if there is none.
func findLlama(name, dir string, inPath bool) *llama {
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

// parseBench returns the median of tokens a second from what llama-bench -o json prints.
func parseBench(text []byte) (float64, error) {
	var tests []struct {
		Rates []float64 `json:"samples_ts"`
	}
	if err := decodeFrom(text, "[", &tests); err != nil {
		return 0, err
	}
	if len(tests) != 1 || len(tests[0].Rates) == 0 {
		return 0, fmt.Errorf("llama-bench: %d tests, want one with samples", len(tests))
	}
	return median(tests[0].Rates), nil
}

// writes measures the writing of n tokens.
func (l *llama) writes(model string, threads int, n string) contestant {
	return l.rate(model, threads, append([]string{"-p", "0", "-n", n, "-r", "1"}, l.writing...))
}

// reads measures the reading of a prompt of n tokens.
func (l *llama) reads(model string, threads int, n string, args ...string) contestant {
	return l.rate(model, threads, slices.Concat([]string{"-p", n, "-n", "0"}, l.reading, args))
}

// rate measures with llama-bench. Args choose one test.
func (l *llama) rate(model string, threads int, args []string) contestant {
	return contestant{l.name, func(ctx context.Context) (sample, error) {
		d, err := execute(ctx, nil, l.program("llama-bench"), append([]string{"-m", model, "-t", strconv.Itoa(threads), "-o", "json"}, args...)...)
		if err != nil {
			return sample{}, err
		}
		v, err := parseBench(d.stdout)
		return sample{value: v}, err
	}}
}

// parseBatched returns a column, such as the tokens a second of writing ("S_TG t/s"), of
// the last line of the table that llama-batched-bench prints.
func parseBatched(text []byte, title string) (v float64, err error) {
	column := -1
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if i := slices.Index(cells, title); i >= 0 {
			column = i
		} else if column >= 0 && len(cells) > column {
			if x, err := strconv.ParseFloat(cells[column], 64); err == nil && x > 0 {
				v = x
			}
		}
	}
	if v == 0 {
		return 0, fmt.Errorf("llama-batched-bench: its table has no %s", title)
	}
	return v, nil
}

// batched measures rows that are continued at once, all tokens together.
func (l *llama) batched(model string, threads, rows, depth, n int) contestant {
	return contestant{l.name, func(ctx context.Context) (sample, error) {
		args := []string{
			"-m", model, "-t", strconv.Itoa(threads), "-c", strconv.Itoa(rows * (depth + n)), "-b", "2048", "-ub", "512",
			"-npp", strconv.Itoa(depth), "-ntg", strconv.Itoa(n), "-npl", strconv.Itoa(rows),
		}
		d, err := execute(ctx, nil, l.program("llama-batched-bench"), append(args, l.batch...)...)
		if err != nil {
			return sample{}, err
		}
		v, err := parseBatched(slices.Concat(d.stdout, d.stderr), "S_TG t/s") // the fork's table is among its log
		return sample{value: v}, err
	}}
}

// encodes measures an encoder on rows of n tokens, the second time that it reads them.
// It reads 512 tokens at once: more or fewer are slower, since attention goes over all
// that are read at once.
func (l *llama) encodes(model string, threads, rows, n int) contestant {
	return contestant{l.name, func(ctx context.Context) (sample, error) {
		at, r := strconv.Itoa(max(n, 512)), strconv.Itoa(rows)
		d, err := execute(ctx, nil, l.program("llama-batched-bench"), "-m", model, "-t", strconv.Itoa(threads), "-tb", strconv.Itoa(threads),
			"-c", strconv.Itoa(rows*max(n, 256)), "-b", at, "-ub", at, "-npp", strconv.Itoa(n), "-ntg", "0", "-npl", r+","+r)
		if err != nil {
			return sample{}, err
		}
		v, err := parseBatched(slices.Concat(d.stdout, d.stderr), "S_PP t/s")
		return sample{value: v}, err
	}}
}
