package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

func tagCommand(g *global) *cobra.Command {
	var w weightFlags
	var o task.TagOptions
	var how string
	c := &cobra.Command{
		Use:     "tag MODEL TEXT",
		Short:   "Print the entities in a text, with the characters they stand at",
		Example: "  zoo tag ./bert-base-ner \"Ada Lovelace lived in London.\"",
		Args:    cobra.MinimumNArgs(2),
		RunE: withModel(&w, func(c *cobra.Command, m *model.Model, args []string) error {
			o.Aggregation = task.Aggregation(how)
			found, err := task.Tag(c.Context(), m, strings.Join(args, " "), o)
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), append([]task.Entity{}, found...))
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, e := range found {
				fmt.Fprintf(table, "%s\t%d-%d\t%.4f\t%s\n", e.Label, e.Start, e.End, e.Score, e.Text)
			}
			return table.Flush()
		}),
	}
	w.add(c)
	c.Flags().StringVar(&how, "aggregation", string(task.Simple), "how tokens become entities: none, simple, first, average or max")
	c.Flags().IntVar(&o.Stride, "stride", 0, "tokens that windows of a long text share (default: a quarter, up to 128)")
	return c
}

func findCommand(g *global) *cobra.Command {
	var w weightFlags
	var o task.AnswerOptions
	var question, text string
	c := &cobra.Command{
		Use:     "answer MODEL --question Q --context C",
		Short:   "Print the part of a text that answers a question, with the characters it stands at",
		Example: "  zoo answer ./bert-squad --question \"Who lived in London?\" --context \"Ada Lovelace lived in London.\"",
		Args:    cobra.ExactArgs(1),
		RunE: withModel(&w, func(c *cobra.Command, m *model.Model, _ []string) error {
			found, err := task.FindAnswers(c.Context(), m, question, text, o)
			if err != nil {
				return err
			}
			if g.json {
				if o.Top == 1 && len(found) == 1 {
					return writeJSON(c.OutOrStdout(), found[0])
				}
				return writeJSON(c.OutOrStdout(), append([]task.Answer{}, found...))
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, a := range found {
				fmt.Fprintf(table, "%s\t%d-%d\t%.4f\n", a.Text, a.Start, a.End, a.Score)
			}
			return table.Flush()
		}),
	}
	w.add(c)
	c.Flags().StringVar(&question, "question", "", "what is asked")
	c.Flags().StringVar(&text, "context", "", "the text that the answer is part of")
	c.Flags().IntVar(&o.Top, "top", 1, "answers")
	c.Flags().BoolVar(&o.Impossible, "impossible", false, "that there is none may be the answer")
	c.Flags().IntVar(&o.Stride, "stride", 0, "tokens that windows of a long context share (default 128, or half a window)")
	c.PreRunE = needs("question", "context")
	return c
}

func rerankCommand(g *global) *cobra.Command {
	var w weightFlags
	var query string
	var lines bool
	c := &cobra.Command{
		Use:     "rerank MODEL --query Q [DOCS...]",
		Short:   "Print how well texts answer a query, best first",
		Example: "  zoo rerank ./ms-marco-minilm --query \"what do lions eat?\" \"Lions eat meat.\" \"It rains.\"",
		Args:    cobra.MinimumNArgs(1),
		RunE: withModel(&w, func(c *cobra.Command, m *model.Model, texts []string) error {
			if len(texts) == 0 || lines {
				texts = nil
				if err := eachText(c.InOrStdin(), nil, true, func(s string) error { texts = append(texts, s); return nil }); err != nil {
					return err
				}
			}
			ranks, err := task.Rerank(c.Context(), m, query, texts)
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), ranks)
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, r := range ranks {
				fmt.Fprintf(table, "%.4f\t%d\t%s\n", r.Score, r.Index, texts[r.Index])
			}
			return table.Flush()
		}),
	}
	w.add(c)
	c.Flags().StringVar(&query, "query", "", "what the texts are to answer")
	c.Flags().BoolVar(&lines, "lines", false, "take each line of standard input as a text")
	c.PreRunE = needs("query")
	return c
}
