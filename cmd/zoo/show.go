package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/model"
)

func showCommand(g *global) *cobra.Command {
	return &cobra.Command{
		Use:     "show MODEL",
		Short:   "Tell what a model is, from its headers alone",
		Long:    "Tell what a model is. MODEL may also be a bare config.json. No weights are read.",
		Example: "  zoo show ./Llama-3.2-1B/config.json --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			i, err := model.Describe(args[0])
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), struct {
					model.Info
					Card string `json:"card,omitempty"`
				}{i, hatchling.Card(args[0])})
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, row := range []struct {
				name  string
				value any
			}{
				{"model type", i.Type}, {"family", i.Family}, {"architecture", i.Architecture}, {"parameters", grouped(i.Parameters)},
				{"bytes", grouped(i.Bytes)}, {"stored as", forms(i)}, {"context length", grouped(i.Context)}, {"vocabulary", grouped(i.Vocab)},
				{"layers", i.Layers}, {"hidden size", i.HiddenSize}, {"tasks", strings.Join(i.Tasks, ", ")}, {"objective", i.Objective},
				{"flops per token", grouped(i.FLOPsPerToken)}, {"tokenizer", i.Tokenizer}, {"paper", i.Paper},
			} {
				if s := fmt.Sprint(row.value); s != "" && s != "0" {
					fmt.Fprintf(w, "%s\t%s\n", row.name, s)
				}
			}
			if err := w.Flush(); err != nil {
				return err
			}
			if card := hatchling.Card(args[0]); card != "" {
				fmt.Fprintf(c.OutOrStdout(), "\n%s", card)
			}
			return nil
		},
	}
}

func forms(i model.Info) string {
	var s []string
	for _, f := range i.Forms {
		s = append(s, fmt.Sprintf("%v: %d", f.DType, f.Tensors))
	}
	return strings.Join(s, ", ")
}

// grouped writes n with a comma between each three digits.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
