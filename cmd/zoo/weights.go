package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tune"
)

// weightFlags say with what weights a model computes.
type weightFlags struct {
	form    string
	fast    bool
	adapter string
}

// add adds the flags to a command. The default is the form of the file.
func (f *weightFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.form, "weights", "", "bring the matrices into this form: "+strings.Join(model.PackForms(), ", ")+" (default: that of the file)")
	c.Flags().BoolVar(&f.fast, "fast", false, "multiply bf16 matrices by the processor's own instruction, which rounds unlike float32")
	c.Flags().StringVar(&f.adapter, "adapter", "", "attach the LoRA adapter in this folder, of PEFT's files")
}

func (f *weightFlags) options() []model.Option {
	options := []model.Option{model.Weights(f.form)}
	if f.fast {
		options = append(options, model.Fast())
	}
	if f.adapter != "" {
		options = append(options, tune.WithAdapter(f.adapter))
	}
	return options
}
