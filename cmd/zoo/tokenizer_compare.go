package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

func compareTokenizersCommand(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "compare A B FILE...",
		Short: "Print how many tokens two tokenizers make of texts",
		Long: "Print how many tokens two tokenizers make of each text, line by line and without special tokens, and how\n" +
			"many bytes a token holds: by file, so that with a file for each language the languages are compared, and by\n" +
			"the script that most letters of a line are of.",
		Example: "  zoo tokenizer compare ./gpt2 ./tokenizer english.txt german.txt",
		Args:    cobra.MinimumNArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			pair := make([]*tokenizer.Tokenizer, 2)
			for i := range pair {
				var err error
				if pair[i], err = model.OpenTokenizer(args[i]); err != nil {
					return err
				}
			}
			files, scripts, err := compareOn(c.Context(), pair, args[2:])
			if err != nil {
				return fmt.Errorf("tokenizer compare: %w", err)
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), map[string]any{"tokenizers": args[:2], "files": files, "scripts": scripts})
			}
			return printComparison(c.OutOrStdout(), append(files, scripts...))
		},
	}
}

// comparison is what two tokenizers make of one file, or of the lines of one script.
type comparison struct {
	File          string     `json:"file,omitempty"`
	Script        string     `json:"script,omitempty"`
	Bytes         int64      `json:"bytes"`
	Tokens        [2]int64   `json:"tokens"`
	BytesPerToken [2]float64 `json:"bytes_per_token"`
	TokensPerByte [2]float64 `json:"tokens_per_byte"`
}

func (c *comparison) add(n tokenizer.Count) {
	c.Bytes += n.Bytes
	for i, tokens := range n.Tokens {
		c.Tokens[i] += tokens
		c.BytesPerToken[i] = float64(c.Bytes) / float64(max(1, c.Tokens[i]))
		c.TokensPerByte[i] = float64(c.Tokens[i]) / float64(max(1, c.Bytes))
	}
}

// compareOn returns a row for each file, one for all if there are more, and one
// for each script.
func compareOn(ctx context.Context, pair []*tokenizer.Tokenizer, paths []string) (files, scripts []comparison, err error) {
	total := comparison{File: "total"}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		counts, err := tokenizer.CountTokens(ctx, f, parallel.Threads(), pair...)
		f.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		row := comparison{File: path}
		for _, n := range counts {
			row.add(n)
			total.add(n)
			name := cmp.Or(n.Script, "none")
			at := slices.IndexFunc(scripts, func(c comparison) bool { return c.Script == name })
			if at < 0 {
				at = len(scripts)
				scripts = append(scripts, comparison{Script: name})
			}
			scripts[at].add(n)
		}
		files = append(files, row)
	}
	if len(files) > 1 {
		files = append(files, total)
	}
	slices.SortStableFunc(scripts, func(a, b comparison) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return files, scripts, nil
}

func printComparison(w io.Writer, rows []comparison) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "bytes\ttokens A\ttokens B\tbytes/token A\tbytes/token B\tB/A\t  file or script")
	for _, r := range rows {
		ratio := float64(r.Tokens[1]) / float64(max(1, r.Tokens[0]))
		fmt.Fprintf(t, "%d\t%d\t%d\t%.3f\t%.3f\t%.3f\t  %s\n", r.Bytes, r.Tokens[0], r.Tokens[1], r.BytesPerToken[0], r.BytesPerToken[1], ratio, cmp.Or(r.File, r.Script))
	}
	return t.Flush()
}
