package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

func compareTokenizersCommand(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "compare A B FILE...",
		Short: "Print how many tokens two tokenizers make of texts",
		Long: "Print how many tokens two tokenizers make of each text, line by line and without special tokens, and how\n" +
			"many bytes a token holds. With a file for each language, the languages are compared.",
		Example: "  zoo tokenizer compare ./gpt2 ./tokenizer english.txt german.txt",
		Args:    cobra.MinimumNArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			var pair [2]*tokenizer.Tokenizer
			for i := range pair {
				t, err := model.OpenTokenizer(args[i])
				if err != nil {
					return err
				}
				pair[i] = t
			}
			var rows []comparison
			total := comparison{File: "total"}
			for _, path := range args[2:] {
				row, err := compareOn(c.Context(), pair, path)
				if err != nil {
					return fmt.Errorf("tokenizer compare: %w", err)
				}
				rows = append(rows, row)
				total.add(row.Bytes, row.Tokens)
			}
			if len(rows) > 1 {
				rows = append(rows, total)
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), map[string]any{"tokenizers": args[:2], "files": rows})
			}
			return printComparison(c.OutOrStdout(), rows)
		},
	}
}

// comparison is what two tokenizers make of one file.
type comparison struct {
	File          string     `json:"file"`
	Bytes         int64      `json:"bytes"`
	Tokens        [2]int64   `json:"tokens"`
	BytesPerToken [2]float64 `json:"bytes_per_token"`
}

func (c *comparison) add(bytes int64, tokens [2]int64) {
	c.Bytes += bytes
	for i, n := range tokens {
		c.Tokens[i] += n
		c.BytesPerToken[i] = float64(c.Bytes) / float64(max(1, c.Tokens[i]))
	}
}

// compareOn reads a file line by line; the ends of lines do not count.
func compareOn(ctx context.Context, pair [2]*tokenizer.Tokenizer, path string) (comparison, error) {
	f, err := os.Open(path)
	if err != nil {
		return comparison{}, err
	}
	defer f.Close()
	row := comparison{File: path}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	var ids []int32
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return row, err
		}
		var tokens [2]int64
		for i, t := range pair {
			ids = t.AppendEncode(ids[:0], lines.Text(), tokenizer.Bare)
			tokens[i] = int64(len(ids))
		}
		row.add(int64(len(lines.Bytes())), tokens)
	}
	if err := lines.Err(); err != nil {
		return row, fmt.Errorf("%s: %w", path, err)
	}
	return row, nil
}

func printComparison(w io.Writer, rows []comparison) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "bytes\ttokens A\ttokens B\tbytes/token A\tbytes/token B\tB/A\t  file")
	for _, r := range rows {
		ratio := float64(r.Tokens[1]) / float64(max(1, r.Tokens[0]))
		fmt.Fprintf(t, "%d\t%d\t%d\t%.3f\t%.3f\t%.3f\t  %s\n", r.Bytes, r.Tokens[0], r.Tokens[1], r.BytesPerToken[0], r.BytesPerToken[1], ratio, r.File)
	}
	return t.Flush()
}
