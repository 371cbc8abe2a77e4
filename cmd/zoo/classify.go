package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

// withModel returns what a command runs: f, with the model that its first argument names.
func withModel(w *weightFlags, f func(c *cobra.Command, m *model.Model, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		m, err := model.Open(args[0], w.options()...)
		if err != nil {
			return err
		}
		defer m.Close()
		return f(c, m, args[1:])
	}
}

// needs returns a check that flags are given.
func needs(names ...string) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		for _, name := range names {
			if !c.Flags().Changed(name) {
				return usagef("%s: --%s is missing (see zoo %s --help)", c.Name(), name, c.Name())
			}
		}
		return nil
	}
}

func classifyCommand(g *global) *cobra.Command {
	var w weightFlags
	var pair string
	var labels []string
	var o task.ZeroShotOptions
	c := &cobra.Command{
		Use:   "classify MODEL TEXT",
		Short: "Print the classes of a text with their scores, best first",
		Example: "  zoo classify ./distilbert-sst2 \"I like it.\"\n" +
			"  zoo classify ./bart-mnli \"The lions sleep.\" --labels animals,weather,food",
		Args: cobra.MinimumNArgs(2),
		RunE: withModel(&w, func(c *cobra.Command, m *model.Model, args []string) error {
			text := strings.Join(args, " ")
			var found []task.Label
			var err error
			if c.Flags().Changed("labels") {
				found, err = task.ZeroShot(c.Context(), m, text, labels, o)
			} else {
				var all [][]task.Label
				if all, err = task.Classify(c.Context(), m, []task.Pair{{Text: text, Second: pair}}); err == nil {
					found = all[0]
				}
			}
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), found)
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, l := range found {
				fmt.Fprintf(table, "%s\t%.4f\n", l.Label, l.Score)
			}
			return table.Flush()
		}),
	}
	w.add(c)
	c.Flags().StringVar(&pair, "text-pair", "", "a second text, that the first is read with")
	c.Flags().StringSliceVar(&labels, "labels", nil, "labels that the model was not trained on, separated by commas")
	c.Flags().StringVar(&o.Template, "template", "", "sentence of a label, in the place of {} (default \"This example is {}.\")")
	c.Flags().BoolVar(&o.Many, "multi-label", false, "judge each label by itself")
	return c
}
