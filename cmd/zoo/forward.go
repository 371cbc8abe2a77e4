package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// rowFlags are lists of ids, one flag a row.
type rowFlags struct {
	ids, types, mask, decoder []string
	positions                 []string
	all                       bool
	choices                   int
	out                       string
}

func forwardCommand(g *global) *cobra.Command {
	var f rowFlags
	var w weightFlags
	c := &cobra.Command{
		Use:   "forward MODEL --ids 1,2,3",
		Short: "Evaluate a model once on token ids and print all that it gives",
		Long: "Evaluate a model once, without text. Prints the fields that transformers' output object has for the\n" +
			"architecture, computed in float32 unless --weights says otherwise. Rows shorter than the longest are\n" +
			"padded on the right and masked.",
		Example: "  zoo forward ./bert --ids 101,7592,102 --all --out out.safetensors",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in, p, err := f.inputs()
			if err != nil {
				return err
			}
			if w.form == "" {
				w.form = "exact"
			}
			m, err := model.Open(args[0], w.options()...)
			if err != nil {
				return err
			}
			defer m.Close()
			outputs, err := evaluate(m, p, in, f.all)
			if err != nil {
				return err
			}
			if f.out != "" {
				return safetensors.Write(f.out, nil, toTensors(outputs))
			}
			return printOutputs(c.OutOrStdout(), outputs, g.json)
		},
	}
	w.add(c)
	c.Flags().StringArrayVar(&f.ids, "ids", nil, "token ids of one row, comma separated (repeat for more rows)")
	c.Flags().StringArrayVar(&f.types, "types", nil, "token types of one row")
	c.Flags().StringArrayVar(&f.mask, "mask", nil, "attention mask of one row: 1 a token, 0 padding")
	c.Flags().StringArrayVar(&f.positions, "positions", nil, "positions of one row (default: 0, 1, 2 ...)")
	c.Flags().StringArrayVar(&f.decoder, "decoder-ids", nil, "token ids of one row of the decoder")
	c.Flags().IntVar(&f.choices, "choices", 0, "rows of each question of a multiple-choice model (default: all rows)")
	c.Flags().BoolVar(&f.all, "all", false, "hidden states of every layer too")
	c.Flags().StringVar(&f.out, "out", "", "write the outputs to this safetensors file")
	return c
}

// inputs reads the flags. Nothing is said yet of what the model takes.
func (f *rowFlags) inputs() (model.Inputs, *nn.Pass, error) {
	var in model.Inputs
	p := &nn.Pass{}
	if len(f.ids) == 0 {
		return in, p, usagef("forward: --ids is needed")
	}
	rows, err := parseRows("--ids", f.ids)
	if err != nil {
		return in, p, err
	}
	ids, lens := nn.Rows(0, rows...)
	in.IDs = ids
	in.Choices = f.choices
	if in.Choices == 0 {
		in.Choices = len(rows)
	}
	if in.Choices < 0 || len(rows)%in.Choices != 0 {
		return in, p, usagef("forward: --choices: %d rows are not a multiple of %d", len(rows), f.choices)
	}
	padded := false
	for _, n := range lens {
		padded = padded || n < ids.T
	}
	if len(f.mask) > 0 {
		mask, err := parseLike("--mask", f.mask, ids)
		if err != nil {
			return in, p, err
		}
		p.Mask = make([]bool, len(mask))
		for i, v := range mask {
			p.Mask[i] = v != 0
		}
	} else if padded {
		p.Lens = lens
	}
	if len(f.types) > 0 {
		if p.Types, err = parseLike("--types", f.types, ids); err != nil {
			return in, p, err
		}
	}
	if len(f.positions) > 0 {
		if p.Positions, err = parseLike("--positions", f.positions, ids); err != nil {
			return in, p, err
		}
	}
	if len(f.decoder) > 0 {
		rows, err := parseRows("--decoder-ids", f.decoder)
		if err != nil {
			return in, p, err
		}
		in.DecoderIDs, _ = nn.Rows(0, rows...)
	}
	return in, p, nil
}

// parseLike reads rows that stand beside those of ids, place for place.
func parseLike(flag string, list []string, ids *nn.IDs) ([]int32, error) {
	rows, err := parseRows(flag, list)
	if err != nil {
		return nil, err
	}
	r, _ := nn.Rows(0, rows...)
	if r.B != ids.B || r.T > ids.T {
		return nil, usagef("forward: %s: want %d rows of at most %d values, as --ids has", flag, ids.B, ids.T)
	}
	for i, row := range rows {
		for len(row) < ids.T {
			row = append(row, 0)
		}
		rows[i] = row
	}
	r, _ = nn.Rows(0, rows...)
	return r.Data, nil
}

func parseRows(flag string, list []string) ([][]int32, error) {
	rows := make([][]int32, len(list))
	for i, s := range list {
		row, err := parseIDs(strings.Split(s, ","))
		if err != nil {
			return nil, usagef("%s: %w", flag, err)
		}
		if len(row) == 0 {
			return nil, usagef("%s: row %d is empty", flag, i)
		}
		rows[i] = row
	}
	return rows, nil
}

func parseIDs(words []string) ([]int32, error) {
	var ids []int32
	for _, w := range words {
		if w = strings.TrimSpace(w); w == "" {
			continue
		}
		id, err := strconv.ParseInt(w, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not an id", w)
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}

// evaluate runs m once. With all, the hidden states of each layer come along.
func evaluate(m *model.Model, p *nn.Pass, in model.Inputs, all bool) ([]model.Output, error) {
	net, ok := m.Net.(model.Outputs)
	if !ok {
		return nil, fmt.Errorf("%s: %s has no forward pass", m.Path, m.Species.Type)
	}
	if err := acceptable(m, in); err != nil {
		return nil, err
	}
	var outputs, hidden []model.Output
	if all {
		p.Observe = func(name string, x *tensor.Tensor) { hidden = append(hidden, model.Output{Name: name, Value: x}) }
	}
	if err := tensor.Try(func() { outputs = net.Outputs(p, in) }); err != nil {
		if c, ok := m.Net.(interface{ Context() int }); ok && in.IDs.T > c.Context() {
			return nil, fmt.Errorf("%s: %d ids do not fit a context of %d: %w", m.Path, in.IDs.T, c.Context(), err)
		}
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	return append(outputs, hidden...), nil
}

// acceptable fails on ids that the model does not have, and where a decoder's are missing.
func acceptable(m *model.Model, in model.Inputs) error {
	if _, seq2seq := m.Net.(interface {
		Encode(*nn.Pass, *nn.IDs) *nn.Memory
	}); seq2seq && in.DecoderIDs == nil {
		return usagef("forward: %s is an encoder-decoder: --decoder-ids is needed", m.Path)
	}
	if v, ok := m.Net.(interface{ Vocab() int }); ok {
		for flag, ids := range map[string]*nn.IDs{"--ids": in.IDs, "--decoder-ids": in.DecoderIDs} {
			if ids == nil {
				continue
			}
			if err := model.CheckIDs(v.Vocab(), ids.Data); err != nil {
				return usagef("forward: %s: %w", flag, err)
			}
		}
	}
	return nil
}

func toTensors(outputs []model.Output) []entry.Tensor {
	tensors := make([]entry.Tensor, len(outputs))
	for i, o := range outputs {
		tensors[i] = entry.Of(o.Name, o.Value)
	}
	return tensors
}

func printOutputs(w io.Writer, outputs []model.Output, asJSON bool) error {
	if !asJSON {
		for _, o := range outputs {
			data := o.Value.Data()
			if _, err := fmt.Fprintf(w, "%s %v %.6g\n", o.Name, o.Value.Shape(), data[:min(8, len(data))]); err != nil {
				return err
			}
		}
		return nil
	}
	b := []byte{'{'}
	for i, o := range outputs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, o.Name)
		b = append(b, `:{"shape":[`...)
		for j, d := range o.Value.Shape() {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(d), 10)
		}
		b = append(b, `],"data":[`...)
		for j, v := range o.Value.Data() {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendNumber(b, v)
		}
		b = append(b, `]}`...)
	}
	_, err := w.Write(append(b, '}', '\n'))
	return err
}

// appendNumber writes v with 9 significant digits, which tell any two float32
// apart; JSON has no NaN or infinity, so they become null.
func appendNumber(b []byte, v float32) []byte {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, float64(v), 'g', 9, 64)
}
