package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

func fillCommand(g *global) *cobra.Command {
	var top int
	var w weightFlags
	c := &cobra.Command{
		Use:     "fill MODEL TEXT",
		Short:   "Predict the tokens under the masks in a text",
		Example: "  zoo fill ./bert-base-uncased \"Paris is the [MASK] of France.\" --top 3",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := model.Open(args[0], w.options()...)
			if err != nil {
				return err
			}
			defer m.Close()
			masks, err := task.Fill(c.Context(), m, strings.Join(args[1:], " "), top)
			if err != nil {
				return err
			}
			if g.json {
				if len(masks) == 1 {
					return writeJSON(c.OutOrStdout(), masks[0])
				}
				return writeJSON(c.OutOrStdout(), masks)
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, predictions := range masks {
				for _, p := range predictions {
					fmt.Fprintf(table, "%s\t%d\t%.4f\n", p.Token, p.ID, p.Score)
				}
			}
			return table.Flush()
		},
	}
	w.add(c)
	c.Flags().IntVar(&top, "top", 5, "predictions for each mask")
	return c
}

func embedCommand(*global) *cobra.Command {
	var o task.EmbedOptions
	var pooling string
	var lines bool
	var w weightFlags
	c := &cobra.Command{
		Use:     "embed MODEL [TEXT...]",
		Short:   "Print a vector for each text, a JSON array a line",
		Example: "  zoo embed ./all-MiniLM-L6-v2 \"a text\" \"another\" --normalize",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := model.Open(args[0], w.options()...)
			if err != nil {
				return err
			}
			defer m.Close()
			o.Pooling = task.Pooling(pooling)
			texts := args[1:]
			if len(texts) == 0 || lines {
				texts = nil
				if err := eachText(c.InOrStdin(), nil, true, func(s string) error { texts = append(texts, s); return nil }); err != nil {
					return err
				}
			}
			vectors, err := task.Embed(c.Context(), m, texts, o)
			if err != nil {
				return err
			}
			for _, v := range vectors {
				if err := writeJSON(c.OutOrStdout(), v); err != nil {
					return err
				}
			}
			return nil
		},
	}
	w.add(c)
	c.Flags().StringVar(&pooling, "pooling", "", "mean, cls, last, max or pooler (default: as the checkpoint says, else mean, for decoders last)")
	c.Flags().BoolVar(&o.Normalize, "normalize", false, "vectors of length 1")
	c.Flags().BoolVar(&lines, "lines", false, "take each line of standard input as a text")
	return c
}
