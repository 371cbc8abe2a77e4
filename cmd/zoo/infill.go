package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/task"
)

func infillCommand(g *global) *cobra.Command {
	r := &runner{g: g, raw: true}
	var prefix, suffix string
	var files []string
	c := &cobra.Command{
		Use:   "infill MODEL --prefix FILE --suffix FILE",
		Short: "Write what stands between two texts",
		Long: "Stream what a code model writes between the text of one file and that of another; - is standard input. The\n" +
			"model's vocabulary must have the tokens for it, as those of Code Llama, StarCoder, Qwen2.5-Coder, DeepSeek-Coder,\n" +
			"CodeGemma and Codestral do.",
		Example: "  zoo infill ./qwen2.5-coder-0.5b --prefix before.py --suffix after.py -n 64",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("prefix") && !c.Flags().Changed("suffix") {
				return usagef("infill: --prefix or --suffix must name a file")
			}
			if prefix == "-" && suffix == "-" {
				return usagef("infill: --prefix and --suffix cannot both be standard input")
			}
			gap, err := gapOf(c.InOrStdin(), prefix, suffix, files)
			if err != nil {
				return err
			}
			if err := r.open(c, args[0]); err != nil {
				return err
			}
			defer r.close(c.ErrOrStderr())
			ids, ends, err := task.Infill(r.m, gap)
			if err != nil {
				return err
			}
			r.o.EOS = append(r.o.EOS, ends...)
			_, err = r.write(c.Context(), ids)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&prefix, "prefix", "", "file with the text before")
	f.StringVar(&suffix, "suffix", "", "file with the text after")
	f.StringArrayVar(&files, "file", nil, "file that the text refers to (repeat for more)")
	r.flags(c)
	return c
}

// gapOf reads the texts around a gap.
func gapOf(in io.Reader, prefix, suffix string, files []string) (gap task.Gap, err error) {
	read := func(name string) (text string) {
		if name == "" || err != nil {
			return ""
		}
		var data []byte
		if name == "-" {
			data, err = io.ReadAll(in)
		} else {
			data, err = os.ReadFile(name)
		}
		return string(data)
	}
	gap = task.Gap{Prefix: read(prefix), Suffix: read(suffix)}
	for _, name := range files {
		gap.Files = append(gap.Files, task.File{Name: name, Text: read(name)})
	}
	return gap, err
}
