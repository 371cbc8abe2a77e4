package model

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/tensor"
)

// weight is a tensor that is to be written, read when that is done.
type weight struct {
	name string
	checkpoint.Info
	load func() (*tensor.Tensor, error)
}

// form says in which form weights are written.
type form struct {
	dtype tensor.DType
	keep  bool // that of the source, where the format has it
	gguf  bool
	mix   mix                     // of block formats, if it has a name
	forms map[string]tensor.DType // that the mix gives each tensor
}

// parseForm reads the name of a form, in any case; empty keeps that of the source.
func parseForm(name, format string) (form, error) {
	f := form{keep: name == "", gguf: format != SafetensorsFormat}
	if f.keep {
		return f, nil
	}
	name = strings.ToLower(name)
	if m, ok := findMix(name); ok {
		if !f.gguf {
			return f, fmt.Errorf("model: export: weights: safetensors files have no %s", name)
		}
		f.mix, f.dtype = m, m.form
		return f, nil
	}
	d, ok := tensor.ParseDType(strings.ToUpper(name))
	if values, _ := d.Block(); !ok || values > 1 || !kernel.CanQuantize(kernel.Format(d)) {
		return f, fmt.Errorf("model: export: weights: %q is not one of %s", name, strings.Join(WeightForms(), ", "))
	}
	f.dtype = d
	return f, nil
}

// WeightForms returns the names that [ExportOptions] takes for the form of weights.
func WeightForms() []string {
	names := []string{"f32", "f16", "bf16"}
	for _, m := range mixes {
		names = append(names, m.name)
	}
	return append(names, slices.Sorted(maps.Keys(shortMixes))...)
}

// of returns the form that w is written in. Vectors stay in full precision, and so
// do tables that llama.cpp adds to hidden states.
func (f form) of(w *weight) tensor.DType {
	if f.forms != nil {
		return f.forms[w.name]
	}
	values, _ := w.DType.Block()
	table := f.gguf && (strings.HasPrefix(w.name, "position_embd") || strings.HasPrefix(w.name, "token_types") || strings.Contains(w.name, "attn_rel_b"))
	switch {
	case len(w.Shape) < 2 && (f.gguf || !f.keep), table:
		return tensor.F32
	case f.keep && !f.gguf && values > 1:
		return tensor.F32
	case f.keep && f.gguf && w.DType >= tensor.F64 && w.DType <= tensor.Bool:
		return tensor.F32
	case f.keep:
		return w.DType
	}
	return f.dtype
}

// tensor returns w as it is written.
func (f form) tensor(w weight) checkpoint.Tensor {
	to := f.of(&w)
	info := checkpoint.Info{DType: to, Shape: w.Shape}
	return checkpoint.Tensor{Name: w.name, Info: info, Write: func(out io.Writer) error {
		t, err := w.load()
		if err != nil {
			return err
		}
		if raw := t.Raw(); raw != nil && t.DType() == to {
			_, err := out.Write(raw)
			return err
		}
		return recode(out, t, to)
	}}
}

// recode writes the values of t in another form. Some parts, each a multiple of the
// largest block, are made at a time.
func recode(out io.Writer, t *tensor.Tensor, to tensor.DType) error {
	const part = 1 << 14
	pool := parallel.Default()
	block, size := to.Block()
	values := make([]float32, min(4*part*pool.Threads(), t.Len()))
	buf := make([]byte, len(values)/block*size)
	for lo := 0; lo < t.Len(); lo += len(values) {
		x := values[:min(len(values), t.Len()-lo)]
		b := buf[:len(x)/block*size]
		t.Float32s(x, lo)
		pool.Do((len(x)+part-1)/part, 1, recoding{part, kernel.Format(to), b, x})
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// recoding is the work of a part of recode.
type recoding struct {
	part   int
	format kernel.Format
	dst    []byte
	src    []float32
}

// Run makes the parts [lo,hi).
func (r recoding) Run(lo, hi int) {
	lo, hi = lo*r.part, min(hi*r.part, len(r.src))
	block, size := r.format.Block()
	kernel.Quantize(r.format, r.dst[lo/block*size:hi/block*size], r.src[lo:hi])
}

// fileType is llama.cpp's number for a file whose matrices have that form.
func fileType(d tensor.DType) uint32 {
	return map[tensor.DType]uint32{
		tensor.F16: 1, tensor.Q4_0: 2, tensor.Q4_1: 3, tensor.Q8_0: 7, tensor.Q5_0: 8, tensor.Q5_1: 9, tensor.BF16: 32,
		tensor.Q2_K: 10, tensor.Q3_K: 12, tensor.Q4_K: 15, tensor.Q5_K: 17, tensor.Q6_K: 18, tensor.IQ4_NL: 25,
	}[d]
}

// mostly returns the form that most values of tensors are in.
func mostly(tensors []checkpoint.Tensor) (most tensor.DType) {
	count := map[tensor.DType]int{}
	for _, t := range tensors {
		count[t.DType] += volume(t.Shape)
		if count[t.DType] > count[most] {
			most = t.DType
		}
	}
	return most
}
