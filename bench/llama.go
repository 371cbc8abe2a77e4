package main

import (
	"context"
	"errors"
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

// parseBatched returns tokens a second from the table that llama-batched-bench prints.
func parseBatched(text []byte) (float64, error) {
	column := -1
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if i := slices.Index(cells, "S_TG t/s"); i >= 0 {
			column = i
		} else if column >= 0 && len(cells) > column {
			if v, err := strconv.ParseFloat(cells[column], 64); err == nil && v > 0 {
				return v, nil
			}
		}
	}
	return 0, errors.New("llama-batched-bench: its table has no S_TG")
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
		v, err := parseBatched(slices.Concat(d.stdout, d.stderr)) // the fork's table is among its log
		return sample{value: v}, err
	}}
}
