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
		Short:   "List the species, every model_type that opens, and the models that come with the command",
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
			carried, err := embedded()
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), map[string]any{"species": rows, "models": carried})
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "MODEL TYPE\tFAMILY\tTASKS\tPAPER")
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Type, r.Family, strings.Join(r.Tasks, ", "), r.Paper)
			}
			fmt.Fprintln(w, "\nMODEL\tMODEL TYPE\tTASKS\tPARAMETERS")
			for _, m := range carried {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, m.Type, strings.Join(m.Tasks, ", "), grouped(m.Parameters))
			}
			return w.Flush()
		},
	}
}

// carriedModel is a model that comes with the command.
type carriedModel struct {
	Name       string   `json:"name"`
	Type       string   `json:"model_type"`
	Tasks      []string `json:"tasks"`
	Parameters int      `json:"parameters"`
	Bytes      int      `json:"bytes"`
}

func embedded() (all []carriedModel, err error) {
	for _, name := range model.Embedded() {
		i, err := model.Describe(name)
		if err != nil {
			return nil, err
		}
		all = append(all, carriedModel{name, i.Type, i.Tasks, i.Parameters, i.Bytes})
	}
	return all, nil
}
