package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

func translateCommand(g *global) *cobra.Command {
	var from, to string
	c := rewriteCommand(g, func(m *model.Model) (task.Rewriting, error) { return task.Translation(m, from, to) })
	c.Use, c.Short = "translate MODEL [TEXT...]", "Print a text in another language"
	c.Example = "  zoo translate ./t5-small \"The lions sleep.\" --from en --to de"
	c.Flags().StringVar(&from, "from", "en", "language of the text: a code or an English name")
	c.Flags().StringVar(&to, "to", "de", "language to translate to")
	return c
}

func summarizeCommand(g *global) *cobra.Command {
	c := rewriteCommand(g, task.Summary)
	c.Use, c.Short = "summarize MODEL [TEXT...]", "Print the sense of a text in fewer words"
	c.Example = "  zoo summarize ./t5-small < article.txt"
	return c
}

// rewriteCommand makes one text of another.
func rewriteCommand(g *global, kind func(*model.Model) (task.Rewriting, error)) *cobra.Command {
	var w weightFlags
	var tokens, beams int
	c := &cobra.Command{
		Args: cobra.MinimumNArgs(1),
		RunE: withModel(&w, func(c *cobra.Command, m *model.Model, args []string) error {
			r, err := kind(m)
			if err != nil {
				return err
			}
			if tokens > 0 {
				r.Options.MaxTokens = tokens
			}
			if beams > 0 {
				r.Options.Beams = beams
			}
			return eachText(c.InOrStdin(), args, false, func(text string) error {
				var all strings.Builder
				for t, err := range task.Rewrite(c.Context(), m, text, r) {
					if err != nil {
						return err
					}
					if all.WriteString(t.Text); !g.json {
						fmt.Fprint(c.OutOrStdout(), t.Text)
					}
				}
				if g.json {
					return writeJSON(c.OutOrStdout(), map[string]string{"text": all.String()})
				}
				_, err := fmt.Fprintln(c.OutOrStdout())
				return err
			})
		}),
	}
	w.add(c)
	c.Flags().IntVarP(&tokens, "max-tokens", "n", 0, "tokens at most (default: as the model's config says)")
	c.Flags().IntVar(&beams, "beams", 0, "beams to search with (default: as the model's config says)")
	return c
}
