package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// maxLine is the longest line that --lines reads.
const maxLine = 64 << 20

func tokenizeCommand(g *global) *cobra.Command {
	var noSpecial, lines bool
	c := &cobra.Command{
		Use:     "tokenize MODEL [TEXT...]",
		Short:   "Print the token ids of text",
		Example: "  zoo tokenize ./gpt2 \"Hello world\"",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := model.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			out := bufio.NewWriter(c.OutOrStdout())
			show := func(text string) error { return printIDs(out, t, text, !noSpecial, g.json) }
			return errors.Join(eachText(c.InOrStdin(), args[1:], lines, show), out.Flush())
		},
	}
	c.Flags().BoolVar(&noSpecial, "no-special", false, "without the special tokens that the model wants around text")
	c.Flags().BoolVar(&lines, "lines", false, "take each line of standard input apart")
	return c
}

func printIDs(w io.Writer, t *tokenizer.Tokenizer, text string, special, asJSON bool) error {
	ids := t.Encode(text)
	if !special {
		ids = t.Encode(text, tokenizer.Bare)
	}
	if asJSON {
		tokens := make([]string, len(ids))
		for i, id := range ids {
			tokens[i], _ = t.Token(id)
		}
		return writeJSON(w, struct {
			IDs    []int32  `json:"ids"`
			Tokens []string `json:"tokens"`
		}{append([]int32{}, ids...), tokens})
	}
	_, err := fmt.Fprintln(w, joinIDs(ids))
	return err
}

func joinIDs(ids []int32) string {
	return strings.Trim(fmt.Sprint(ids), "[]")
}

// splitLines ends lines at line feeds only: a carriage return is text, and is a
// token of its own in many vocabularies.
func splitLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// eachText calls f with the arguments joined by spaces, or with each line of
// standard input, or with all of it where there are no arguments.
func eachText(in io.Reader, args []string, lines bool, f func(string) error) error {
	switch {
	case lines:
		s := bufio.NewScanner(in)
		s.Buffer(nil, maxLine)
		s.Split(splitLines)
		for s.Scan() {
			if err := f(s.Text()); err != nil {
				return err
			}
		}
		return s.Err()
	case len(args) > 0:
		return f(strings.Join(args, " "))
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	return f(string(text))
}

func detokenizeCommand(g *global) *cobra.Command {
	var skip bool
	c := &cobra.Command{
		Use:     "detokenize MODEL [IDS...]",
		Short:   "Print the text of token ids",
		Example: "  zoo detokenize ./gpt2 15496 995",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := model.OpenTokenizer(args[0])
			if err != nil {
				return err
			}
			return eachText(c.InOrStdin(), args[1:], false, func(text string) error {
				ids, err := parseIDs(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,\t\r\n[]", r) }))
				if err != nil {
					return usagef("detokenize: %w", err)
				}
				decoded := t.Decode(ids, skip)
				if g.json {
					return writeJSON(c.OutOrStdout(), map[string]string{"text": decoded})
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), decoded)
				return err
			})
		},
	}
	c.Flags().BoolVar(&skip, "skip-special", false, "leave special tokens out")
	return c
}
