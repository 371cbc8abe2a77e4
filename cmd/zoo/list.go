package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
)

func listCommand(g *global) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the species: every model_type that opens",
		Example: "  zoo list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			type row struct {
				Type      string   `json:"model_type"`
				Family    string   `json:"family"`
				Paper     string   `json:"paper"`
				Tasks     []string `json:"tasks"`
				Objective string   `json:"objective"`
			}
			var rows []row
			for _, s := range model.All() {
				rows = append(rows, row{s.Type, s.Family, s.Paper, s.Tasks, s.Objective})
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), map[string]any{"species": rows})
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "MODEL TYPE\tFAMILY\tTASKS\tPAPER")
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Type, r.Family, strings.Join(r.Tasks, ", "), r.Paper)
			}
			return w.Flush()
		},
	}
}
