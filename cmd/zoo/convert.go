package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tune"
)

func convertCommand(g *global) *cobra.Command {
	var o model.ExportOptions
	var tokenizer, adapter string
	var random bool
	var seed uint64
	c := &cobra.Command{
		Use:   "convert SRC DST [--to safetensors|gguf|archive] [--weights TYPE]",
		Short: "Write a model in another format, or with weights of another form",
		Long: "Write a model in another format: a folder of Hugging Face's files, or one GGUF file. Without --to the\n" +
			"name of DST decides: gguf for *.gguf, else safetensors. Weights keep their values unless --weights is given. Quantised\n" +
			"GGUF files get the mix of forms that llama.cpp's llama-quantize gives them under the same name. An archive is the folder\n" +
			"in one file, for the zoo alone, with heads that GGUF has no place for and weights of any form.\n\n" +
			"With --random SRC is a config.json alone, and the weights are drawn: a model to measure with.",
		Example: "  zoo convert ./stories260K.bin ./stories\n  zoo convert ./Qwen2.5-0.5B qwen.gguf --weights q4_k_m\n" +
			"  zoo convert --random Qwen2.5-0.5B/config.json random.gguf --weights q8_0",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var options []model.Option
			if random && adapter != "" {
				return usagef("convert: --adapter: a random model has none")
			}
			if random {
				done, err := model.Random(args[0], args[1], model.RandomOptions{ExportOptions: o, Seed: seed, Tokenizer: tokenizer})
				return printExported(c, g, done, err)
			}
			if tokenizer != "" {
				options = append(options, model.Tokenizer(tokenizer))
			}
			if adapter != "" {
				options = append(options, tune.Merged(adapter))
			}
			done, err := model.Export(args[0], args[1], o, options...)
			return printExported(c, g, done, err)
		},
	}
	c.Flags().StringVar(&o.Format, "to", "", "safetensors, gguf or archive (default: by the name of DST)")
	c.Flags().StringVar(&o.Weights, "weights", "", "form of the matrices: "+strings.Join(model.WeightForms(), ", ")+" (default: as they are)")
	c.Flags().BoolVar(&o.Force, "force", false, "replace what is at DST")
	c.Flags().BoolVar(&random, "random", false, "SRC is a config.json; draw the weights")
	c.Flags().Uint64Var(&seed, "seed", 0, "of --random: same seed, same weights")
	c.Flags().StringVar(&adapter, "adapter", "", "add the LoRA adapter in this folder, of PEFT's files, to the weights")
	c.Flags().StringVar(&tokenizer, "tokenizer", "", "take this tokenizer instead of the one beside SRC")
	return c
}

func printExported(c *cobra.Command, g *global, done model.Exported, err error) error {
	if err != nil {
		return err
	}
	if g.json {
		return writeJSON(c.OutOrStdout(), done)
	}
	for _, name := range done.LeftOut {
		fmt.Fprintf(c.ErrOrStderr(), "left out, the format has no place for it: %s\n", name)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s, %d tensors, %d bytes of weights\n", done.Path, done.Format, done.Tensors, done.Bytes)
	return err
}
