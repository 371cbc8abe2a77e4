package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

func scoreCommand(g *global) *cobra.Command {
	var w weightFlags
	var window int
	c := &cobra.Command{
		Use:     "score MODEL [TEXT...]",
		Short:   "Print how likely a text is: log-likelihood, tokens, perplexity",
		Example: "  zoo score ./gpt2 \"The cat sat on the mat.\"",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := model.Open(args[0], w.options()...)
			if err != nil {
				return err
			}
			defer m.Close()
			return eachText(c.InOrStdin(), args[1:], false, func(text string) error {
				l, err := score(c.Context(), m, text, window)
				if err != nil {
					return err
				}
				if g.json {
					return writeJSON(c.OutOrStdout(), l)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "log-likelihood %.6f\ntokens %d\nperplexity %.4f\n", l.LogLikelihood, l.Tokens, l.Perplexity)
				return err
			})
		},
	}
	w.add(c)
	c.Flags().IntVar(&window, "window", 0, "cut the text into windows of that many tokens, and count the second half of each, as llama-perplexity does")
	return c
}

func score(ctx context.Context, m *model.Model, text string, window int) (task.Likelihood, error) {
	if window == 0 {
		return task.Score(ctx, m, text)
	}
	return task.ScoreWindows(ctx, m, text, window)
}
