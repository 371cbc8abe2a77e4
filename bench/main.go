// Command bench measures the zoo side by side with its peers, on the same files, in
// turn, and prints how many times better or worse it is. See README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ints is a flag of numbers, comma separated.
type ints []int

func (v *ints) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*v)), " ", ","), "[]")
}

// Set reads the numbers, each above 0.
func (v *ints) Set(s string) error {
	*v = nil
	for _, word := range strings.Split(s, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number above 0", word)
		}
		*v = append(*v, n)
	}
	return nil
}

// texts is a flag that may be given more than once, or with commas.
type texts []string

func (v *texts) String() string { return strings.Join(*v, ",") }

// Set adds s.
func (v *texts) Set(s string) error {
	*v = append(*v, strings.Split(s, ",")...)
	return nil
}

// settings are what the command line says.
type settings struct {
	rounds    int
	threads   ints
	models    texts
	dir       string // of models
	prompt    ints
	generate  int
	batch     ints
	depth     int
	peers     texts
	text      string // for perplexity
	window    int
	dropout   bool
	jsonPath  string
	zoo       zoo
	llamas    []*llama
	python    string
	llamaDir  string
	ikDir     string
	llamaArgs string
	ikArgs    string

	running texts // services
	seconds float64
}

// comparisons are the kinds of contest, by name.
var comparisons = map[string]func(ctx context.Context, s *settings) ([]contest, func(), error){
	"decode": decode, "prefill": prefill, "batch": batch, "encode": encode, "translate": translate, "start": start, "memory": memory,
	"perplexity": perplexity, "accuracy": accuracy, "train": train, "serve": serve, "serve-embed": serveEmbed,
}

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&s.rounds, "rounds", 5, "times that each contestant measures")
	s.threads = ints{2, 1}
	f.Var(&s.threads, "t", "numbers of threads")
	f.Var(&s.models, "model", "model: a path, or a name in the folder of models (repeat for more; default: those of the comparison)")
	f.StringVar(&s.dir, "models", os.Getenv("ZOO_BENCH_MODELS"), "folder of models (ZOO_BENCH_MODELS)")
	f.Var(&s.prompt, "p", "tokens to read (default: 512 for prefill; 16,128,512 for encode; 128 for translate)")
	f.IntVar(&s.generate, "n", 32, "tokens to write")
	f.Var(&s.batch, "batch", "rows at once (default: 4,8,16 for batch, 1 for encode)")
	f.IntVar(&s.depth, "d", 32, "batch: tokens of each row before those that are written")
	f.Var(&s.peers, "peer", "only these peers: llama.cpp, ik_llama.cpp, onnxruntime, torch (default: those that are installed)")
	f.StringVar(&s.jsonPath, "json", "", "write the outcomes to this file too; those that it has are kept")
	f.StringVar(&s.zoo.path, "zoo", "", "the zoo's binary (default: it is built)")
	f.StringVar(&s.zoo.weights, "weights", "", "weights of the zoo alone: --weights of zoo bench")
	f.BoolVar(&s.zoo.fast, "fast", false, "--fast of zoo bench")
	f.StringVar(&s.llamaDir, "llama", os.Getenv("ZOO_BENCH_LLAMA"), "folder of llama.cpp's programs (ZOO_BENCH_LLAMA; default: PATH)")
	f.StringVar(&s.ikDir, "ik", os.Getenv("ZOO_BENCH_IK"), "folder of ik_llama.cpp's programs (ZOO_BENCH_IK)")
	f.StringVar(&s.llamaArgs, "llama-args", "", "options of llama.cpp's llama-bench instead of the fastest known ones")
	f.StringVar(&s.ikArgs, "ik-args", "", "the same of ik_llama.cpp's")
	f.StringVar(&s.python, "python", "", "interpreter that has onnxruntime, torch and transformers (ZOO_BENCH_PYTHON)")
	f.Var(&s.running, "server", "serve-embed: NAME=URL of a service that runs already, the zoo first (repeat for more; default: they are started)")
	f.Float64Var(&s.seconds, "seconds", 3, "serve-embed: seconds of a measurement")
	f.StringVar(&s.text, "text", "", "perplexity: a file of text")
	f.IntVar(&s.window, "window", 128, "perplexity: tokens of a window, of which the second half counts")
	f.BoolVar(&s.dropout, "dropout", false, "train: with dropout as the configs have it")
	return f
}

func run(ctx context.Context, args []string) error {
	s := &settings{}
	f := s.flags()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return fmt.Errorf("bench: want one of models, table, load, %s, and then flags", strings.Join(names(), ", "))
	}
	if args[0] == "load" {
		return loadServer(ctx, args[1:])
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] == "table" {
		return printTable(s.jsonPath)
	}
	if s.rounds < 1 || s.generate < 1 || s.depth < 1 || s.window < 2 {
		return errors.New("bench: --rounds, -n and -d must be above 0, --window above 1")
	}
	cleanup, err := s.find(ctx)
	if err != nil {
		return err
	}
	defer cleanup()
	if args[0] == "models" {
		return makeModels(ctx, s)
	}
	set, ok := comparisons[args[0]]
	if !ok {
		return fmt.Errorf("bench: %s: it is not one of models, table, load, %s", args[0], strings.Join(names(), ", "))
	}
	contests, closing, err := set(ctx, s)
	if err != nil {
		return err
	}
	defer closing()
	return hold(ctx, s, contests)
}

func names() []string {
	var all []string
	for name := range comparisons {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// llama returns llama.cpp if it is there. Flash attention helps it where it reads.
func (s *settings) llama() *llama {
	l := findLlama("llama.cpp", s.llamaDir, true)
	if l == nil {
		return nil
	}
	l.writing, l.reading, l.batch = []string{"-fa", "on"}, []string{"-fa", "on"}, []string{"-fa", "on"}
	if s.llamaArgs != "" {
		l.writing, l.reading = strings.Fields(s.llamaArgs), strings.Fields(s.llamaArgs)
	}
	return l
}

// fork returns ik_llama.cpp if it is there: repacked as it loads, and without flash
// attention where it writes.
func (s *settings) fork() *llama {
	l := findLlama("ik_llama.cpp", s.ikDir, false)
	if l == nil {
		return nil
	}
	l.writing, l.reading, l.batch = []string{"-rtr", "1", "-fa", "0"}, []string{"-rtr", "1", "-fa", "1"}, []string{"-rtr"}
	if s.ikArgs != "" {
		l.writing, l.reading = strings.Fields(s.ikArgs), strings.Fields(s.ikArgs)
	}
	return l
}

// find finds the contestants. The zoo is built if there is no binary of it.
func (s *settings) find(ctx context.Context) (cleanup func(), err error) {
	cleanup = func() {}
	wanted := func(name string) bool { return len(s.peers) == 0 || slices.Contains(s.peers, name) }
	for _, l := range []*llama{s.llama(), s.fork()} {
		if l != nil && wanted(l.name) {
			s.llamas = append(s.llamas, l)
		}
	}
	s.python = findPython(s.python)
	if s.zoo.path != "" {
		return cleanup, nil
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return cleanup, err
	}
	s.zoo.path = filepath.Join(dir, "zoo")
	_, err = execute(ctx, []string{"CGO_ENABLED=0"}, "go", "build", "-C", "..", "-o", s.zoo.path, "./cmd/zoo")
	return func() { _ = os.RemoveAll(dir) }, err
}

// path returns where a model is that is given by path or by name.
func (s *settings) path(model string) string {
	if _, err := os.Stat(model); err == nil || s.dir == "" {
		return model
	}
	return filepath.Join(s.dir, model)
}

// hold holds the contests, and prints and keeps what came out.
func hold(ctx context.Context, s *settings, contests []contest) error {
	if len(contests) == 0 {
		return errors.New("bench: there is nothing to compare: no model was found (see bench models), or no peer")
	}
	var outcomes []outcome
	var failed error
	for _, c := range contests {
		o, err := c.hold(ctx, s.rounds, func(line string) { fmt.Fprintln(os.Stderr, line) })
		if failed = err; failed != nil {
			break
		}
		outcomes = append(outcomes, o)
		if failed = keep(s.jsonPath, o); failed != nil {
			break
		}
	}
	return errors.Join(failed, writeTable(os.Stdout, outcomes))
}

// keep adds an outcome to the file at path, in the place of an earlier one of the same
// contest.
func keep(path string, o outcome) error {
	if path == "" {
		return nil
	}
	all, err := kept(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	all = slices.DeleteFunc(all, func(old outcome) bool {
		return old.Comparison == o.Comparison && old.Model == o.Model && old.What == o.What && old.Threads == o.Threads
	})
	text, err := json.MarshalIndent(append(all, o), "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// kept reads the outcomes of a file.
func kept(path string) ([]outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []outcome
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

// printTable prints the table of the outcomes that a file has.
func printTable(path string) error {
	if path == "" {
		return errors.New("bench: table: --json says which file to read")
	}
	all, err := kept(path)
	if err != nil {
		return err
	}
	return writeTable(os.Stdout, all)
}
