package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
)

// weightFlags say in which form matrices are computed with.
type weightFlags struct {
	form string
	fast bool
}

// add adds the flags to a command. The default is the form of the file.
func (f *weightFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.form, "weights", "", "bring the matrices into this form: "+strings.Join(model.PackForms(), ", ")+" (default: that of the file)")
	c.Flags().BoolVar(&f.fast, "fast", false, "multiply bf16 matrices by the processor's own instruction, which rounds unlike float32")
}

func (f *weightFlags) options() []model.Option {
	options := []model.Option{model.Weights(f.form)}
	if f.fast {
		options = append(options, model.Fast())
	}
	return options
}
