package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/internal/measure"
)

func benchCommand(g *global) *cobra.Command {
	var o measure.Options
	var cache string
	var weights weightFlags
	var train, dropout bool
	c := &cobra.Command{
		Use:   "bench MODEL",
		Short: "Measure how fast a model reads and writes, and what the machine would allow",
		Long: "Measure tokens a second: pp reads a prompt, tg writes one token after the other, enc encodes, dec writes the\n" +
			"target of an encoder-decoder. With --train MODEL is a config.json, and steps of training it from random weights are\n" +
			"measured: forward, backward and AdamW. Medians, with the least and the most. The shares are those of what the same\n" +
			"threads read from memory, and multiply and add in registers, between the repetitions.",
		Example: "  zoo bench model.gguf -p 512 -n 128 --batch 1,4,8 --json\n  zoo bench ./bert -p 16,128,512 --batch 1,32 --weights int8\n  zoo bench config.json --train -p 256 --batch 4",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.Cache, err = cacheForm("bench", cache); err != nil {
				return err
			}
			if err := o.Check(); err != nil {
				return usageError{err}
			}
			progress := func(test string) { fmt.Fprintln(c.ErrOrStderr(), test) }
			var r *measure.Report
			if train {
				r, err = measure.Training(c.Context(), args[0], o, dropout, progress)
			} else {
				r, err = measure.Run(c.Context(), args[0], o, progress, weights.options()...)
			}
			if err != nil {
				return err
			}
			if g.json {
				return writeJSON(c.OutOrStdout(), r)
			}
			return printReport(c.OutOrStdout(), r)
		},
	}
	weights.add(c)
	f := c.Flags()
	f.IntSliceVarP(&o.Prompt, "prompt", "p", []int{512}, "tokens to read at once (several: comma separated; 0: none)")
	f.IntVarP(&o.Generate, "generate", "n", 128, "tokens to write, one after the other (0: none)")
	f.IntSliceVar(&o.Batch, "batch", []int{1}, "rows that are written, or encoded, at once (several: comma separated)")
	f.IntVarP(&o.Depth, "depth", "d", 0, "tokens that are there before those that are written")
	f.StringVar(&cache, "cache-type", "f32", "keep keys and values of the past as f32, f16, bf16 or q8_0")
	f.BoolVar(&train, "train", false, "measure steps of training, on rows of as many tokens as --prompt says")
	f.BoolVar(&dropout, "dropout", false, "with --train: have dropout as the config says, instead of none")
	f.IntVarP(&o.Repeat, "repeat", "r", 5, "times that each test is run")
	return c
}

func printReport(out io.Writer, r *measure.Report) error {
	fmt.Fprintf(out, "%s: %s, %s parameters, %s, %.0f MB of matrices\n", r.Model, r.Type, grouped(r.Parameters), r.Weights, float64(r.Bytes)/1e6)
	fmt.Fprintf(out, "%d threads, %s: reads %.1f GB/s", r.Threads, r.Kernels, r.Limits.Read)
	for _, l := range []struct {
		name string
		rate float64
	}{{"float32", r.Limits.Float32}, {"int8", r.Limits.Int8}, {"bfloat16", r.Limits.BFloat16}} {
		if l.rate > 0 {
			fmt.Fprintf(out, ", %s %.0f Gop/s", l.name, l.rate)
		}
	}
	fmt.Fprintf(out, "\nload %.0f ms", r.Load)
	if r.FirstToken > 0 {
		fmt.Fprintf(out, ", first token after %.0f ms", r.FirstToken)
	}
	if r.PeakMemory > 0 {
		fmt.Fprintf(out, ", peak memory %.0f MB", float64(r.PeakMemory)/1e6)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join([]string{"test", "rows", "tokens/s", "least", "most", "ms/pass", "bandwidth", "peak", ""}, "\t"))
	for _, t := range r.Tests {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.2f\t%.0f %%\t%.0f %%\t\n",
			t.Name, t.Batch, t.Rate.Median, t.Rate.Min, t.Rate.Max, t.Pace, 100*t.Bandwidth, 100*t.Peak)
	}
	return w.Flush()
}
