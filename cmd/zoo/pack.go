package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
)

func packCommand(g *global) *cobra.Command {
	var w weightFlags
	c := &cobra.Command{
		Use:   "pack MODEL [--weights FORM]",
		Short: "Write the matrices as they are computed with to a file beside the model, for a quicker start",
		Long: "Write the matrices in the layouts that they are computed with to a file beside the model. Commands with the\n" +
			"same --weights and --fast then map that file instead of packing the matrices at each start. It is left aside\n" +
			"once the model has changed, and may be deleted.",
		Example: "  zoo pack qwen2.5-0.5b-q4_0.gguf\n  zoo pack ./bert-base-uncased --weights int8",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := model.WritePacked(args[0], w.options()...)
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), map[string]string{"path": path})
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), path)
			return err
		},
	}
	w.add(c)
	return c
}
