package model

import (
	"fmt"
	"io"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/internal/kernel"
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
}

// parseForm reads the name of a form, in any case; empty keeps that of the source.
func parseForm(name, format string) (form, error) {
	f := form{keep: name == "", gguf: format == GGUFFormat}
	if f.keep {
		return f, nil
	}
	d, ok := tensor.ParseDType(strings.ToUpper(name))
	if !ok || !kernel.CanQuantize(kernel.Format(d)) {
		return f, fmt.Errorf("model: export: weights: %q is not one of f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1", name)
	}
	if values, _ := d.Block(); values > 1 && !f.gguf {
		return f, fmt.Errorf("model: export: weights: safetensors files have no %v", d)
	}
	f.dtype = d
	return f, nil
}

// of returns the form that w is written in. Vectors stay in full precision, and so
// do tables that llama.cpp adds to hidden states. A matrix whose rows are no whole
// blocks falls back to F16.
func (f form) of(w *weight) tensor.DType {
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
	if values, _ := f.dtype.Block(); w.Shape[len(w.Shape)-1]%values != 0 {
		return tensor.F16
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

// recode writes the values of t in another form, a part at a time: a multiple of
// the largest block.
func recode(out io.Writer, t *tensor.Tensor, to tensor.DType) error {
	const part = 1 << 16
	block, size := to.Block()
	values := make([]float32, min(part, t.Len()))
	buf := make([]byte, len(values)/block*size)
	for lo := 0; lo < t.Len(); lo += part {
		x := values[:min(part, t.Len()-lo)]
		b := buf[:len(x)/block*size]
		t.Float32s(x, lo)
		kernel.Quantize(kernel.Format(to), b, x)
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return nil
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
