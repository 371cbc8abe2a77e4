package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/tokenizer/train"
)

func tokenizerCommand(g *global) *cobra.Command {
	c := &cobra.Command{
		Use:   "tokenizer",
		Short: "Make and compare tokenizers",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	for _, add := range []func(*global) *cobra.Command{trainTokenizerCommand, compareTokenizersCommand} {
		sub := add(g)
		sub.Args = usageArgs(sub.Args)
		c.AddCommand(sub)
	}
	return c
}

// trainFlags are the flags of zoo tokenizer train.
type trainFlags struct {
	kind, preset, out, normalizer, preTokenizer string
	prefix, suffix, unknown, alphabet, tempDir  string
	special                                     []string
	vocab, frequency, limit, longest, memory    int
	coverage                                    float64
	force                                       bool
}

func trainTokenizerCommand(g *global) *cobra.Command {
	var f trainFlags
	c := &cobra.Command{
		Use:   "train CORPUS... --kind KIND --vocab-size N --out DIR",
		Short: "Learn a vocabulary from text",
		Long: "Learn a vocabulary from files of UTF-8 text, or from standard input (-). DIR gets a tokenizer.json\n" +
			"that Hugging Face's library and zoo read. Without --preset, KIND stands for the settings of llama (bpe),\n" +
			"gpt2 (byte-bpe), bert (wordpiece), t5 (unigram), char or byte; other flags change them.\n" +
			"Presets: " + strings.Join(train.Presets(), ", ") + ".",
		Example: "  zoo tokenizer train corpus.txt --kind byte-bpe --vocab-size 8000 --out ./tokenizer\n" +
			"  zoo tokenizer train *.txt --preset bert-uncased --vocab-size 30000 --out ./tokenizer",
		RunE: func(c *cobra.Command, args []string) error {
			config, err := f.config(c)
			if err != nil {
				return err
			}
			return f.train(c, g, config, args)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.kind, "kind", "", "what is learnt: bpe, byte-bpe, wordpiece, unigram, char or byte")
	flags.StringVar(&f.preset, "preset", "", "settings of a known family")
	flags.IntVar(&f.vocab, "vocab-size", 0, "tokens, special ones and alphabet included")
	flags.StringVar(&f.out, "out", "", "folder to write")
	flags.BoolVar(&f.force, "force", false, "replace the tokenizer that is in the folder")
	flags.StringArrayVar(&f.special, "special", nil, "a special token; may be given again, in the order of ids")
	flags.StringVar(&f.unknown, "unknown", "", "token for what the vocabulary cannot write")
	flags.IntVar(&f.frequency, "min-frequency", 0, "how often a pair occurs that is merged")
	flags.IntVar(&f.limit, "limit-alphabet", 0, "largest number of characters; 0 for no limit")
	flags.StringVar(&f.alphabet, "initial-alphabet", "", "characters that are in the vocabulary at any rate")
	flags.StringVar(&f.prefix, "prefix", "", "stands before tokens that do not begin a word")
	flags.StringVar(&f.suffix, "suffix", "", "stands behind tokens that end a word")
	flags.IntVar(&f.longest, "max-token-length", 0, "longest token, in characters")
	flags.Float64Var(&f.coverage, "coverage", 0, "share of the characters that a unigram vocabulary covers")
	flags.StringVar(&f.normalizer, "normalizer", "", "none, nfc, nfkc, bert, sentencepiece …, or an object of tokenizer.json")
	flags.StringVar(&f.preTokenizer, "pre-tokenizer", "", "none, gpt2, llama3, bert, metaspace …, or an object of tokenizer.json")
	flags.IntVar(&f.memory, "memory", 0, "memory for the words of the corpus, in MiB (default 2048)")
	flags.StringVar(&f.tempDir, "temp-dir", "", "folder for words that do not fit in memory")
	return c
}

// config returns what the flags say.
func (f *trainFlags) config(c *cobra.Command) (train.Config, error) {
	if f.out == "" {
		return train.Config{}, usagef("tokenizer train: --out: not given")
	}
	config, err := f.start()
	if err != nil {
		return config, usageError{err}
	}
	if config.Normalizer, err = part(f.normalizer, config.Normalizer, train.Normalizer); err != nil {
		return config, usageError{err}
	}
	if config.PreTokenizer, err = part(f.preTokenizer, config.PreTokenizer, train.PreTokenizer); err != nil {
		return config, usageError{err}
	}
	given := c.Flags().Changed
	set(given("vocab-size"), &config.VocabSize, f.vocab)
	set(given("min-frequency"), &config.MinFrequency, f.frequency)
	set(given("limit-alphabet"), &config.LimitAlphabet, f.limit)
	set(given("prefix"), &config.Prefix, f.prefix)
	set(given("suffix"), &config.Suffix, f.suffix)
	set(given("unknown"), &config.Unknown, f.unknown)
	set(given("max-token-length"), &config.MaxTokenLength, f.longest)
	set(given("coverage"), &config.Coverage, f.coverage)
	if given("special") {
		config.Special = f.special
		config.Template = train.Template{}
	}
	config.Alphabet = append(config.Alphabet, []rune(f.alphabet)...)
	config.Memory, config.TempDir = int64(f.memory)<<20, f.tempDir
	if given("vocab-size") && f.vocab < 1 {
		return config, usagef("tokenizer train: --vocab-size %d: not positive", f.vocab)
	}
	return config, nil
}

// start returns the settings of the preset or the kind.
func (f *trainFlags) start() (train.Config, error) {
	if f.preset == "" {
		if f.kind == "" {
			return train.Config{}, errors.New("tokenizer train: --kind: not given, nor --preset")
		}
		return train.Default(train.Kind(f.kind))
	}
	config, err := train.Preset(f.preset)
	if err == nil && f.kind != "" && train.Kind(f.kind) != config.Kind {
		err = fmt.Errorf("tokenizer train: --kind %.40q: preset %s is of kind %s", f.kind, f.preset, config.Kind)
	}
	return config, err
}

func set[T any](given bool, to *T, value T) {
	if given {
		*to = value
	}
}

// part returns the part of a tokenizer that a flag names, or what it is without.
func part[T any](name string, without T, get func(string) (T, error)) (T, error) {
	if name == "" {
		return without, nil
	}
	return get(name)
}

func (f *trainFlags) train(c *cobra.Command, g *global, config train.Config, args []string) error {
	if err := vacant(f.out, f.force); err != nil {
		return err
	}
	sources := make([]train.Source, len(args))
	for i, path := range args {
		sources[i] = train.File(path)
		if path == "-" {
			sources[i] = train.Source{Name: "standard input", Open: func() (io.ReadCloser, error) { return io.NopCloser(c.InOrStdin()), nil }}
		}
	}
	bar := newProgress(c.ErrOrStderr())
	config.Progress = bar.show
	start := time.Now()
	v, err := train.Train(c.Context(), config, sources...)
	bar.clear()
	if err != nil {
		return err
	}
	files, err := v.Files()
	if err != nil {
		return err
	}
	if err := writeFiles(f.out, files); err != nil {
		return err
	}
	if v.Dropped > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "left out: %d occurrences of rare words, for lack of memory (see --memory)\n", v.Dropped)
	}
	if g.json {
		return writeJSON(c.OutOrStdout(), map[string]any{
			"path": f.out, "kind": config.Kind, "vocab_size": len(v.Tokens), "merges": len(v.Merges), "words": v.Words,
			"dropped": v.Dropped, "seconds": time.Since(start).Seconds(), "files": slices.Sorted(maps.Keys(files)),
		})
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s, %d tokens, from %d distinct words\n", f.out, config.Kind, len(v.Tokens), v.Words)
	return err
}

// vacant fails where dir holds a tokenizer that is not to be replaced.
func vacant(dir string, force bool) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("tokenizer train: %w", err)
	case !info.IsDir():
		return fmt.Errorf("tokenizer train: %s: not a folder", dir)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 && !force {
		err = fmt.Errorf("tokenizer train: %s: the folder is not empty (--force to write into it)", dir)
	}
	return err
}

func writeFiles(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("tokenizer train: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := w.Write(files[name])
			return err
		})
		if err != nil {
			return fmt.Errorf("tokenizer train: %w", err)
		}
	}
	return nil
}
