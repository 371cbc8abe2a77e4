package nn

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/nlp-zoo/zoo/tensor"
)

// A LoRA is a change of low rank to a layer, whose own weight may be frozen, stored
// or packed: W x + Scale·B(A x) (arXiv:2106.09685). With magnitudes it is DoRA
// (arXiv:2402.09353): each row of W + Scale·B·A has the length that Magnitude says.
// The names are those of PEFT's files.
type LoRA struct {
	A         *Param `weight:"lora_A.weight"`         // [r,in]
	B         *Param `weight:"lora_B.weight"`         // [out,r]
	Magnitude *Param `weight:"lora_magnitude_vector"` // [out], or nil

	Scale float32
	// Drop leaves values of x out before A in training. Who trains the model sets it
	// before each pass.
	Drop tensor.Drop
}

// NewLoRA declares a change of rank r of l.
func NewLoRA(l *Linear, r int, scale float32, magnitude bool) *LoRA {
	out, in := l.Weight.Want[0], l.Weight.Want[1]
	a := &LoRA{A: &Param{Want: []int{r, in}}, B: &Param{Want: []int{out, r}}, Scale: scale}
	if magnitude {
		a.Magnitude = &Param{Want: []int{out}}
	}
	return a
}

func (a *LoRA) lowRank() tensor.LowRank {
	return tensor.LowRank{A: a.A.Tensor, B: a.B.Tensor, Scale: a.Scale}
}

// Norms returns the lengths of the rows of the changed weight: those that DoRA's
// magnitudes begin with.
func (a *LoRA) Norms(l *Linear) []float32 { return a.lowRank().Norms(l.Weight.Tensor) }

// Merged returns the changed weight of l as a plain array.
func (a *LoRA) Merged(l *Linear) *tensor.Tensor {
	w := a.lowRank().Applied(l.Weight.Tensor)
	if a.Magnitude != nil {
		scaleRows(w, a.Magnitude.Dense().Data(), a.Norms(l))
	}
	return w
}

// Unmerged returns what weight of l Merged has made the present one of. The norms are
// those of that weight, see Norms; they are not used without magnitudes.
func (a *LoRA) Unmerged(l *Linear, norms []float32) *tensor.Tensor {
	w := tensor.New(append([]float32(nil), l.Weight.Dense().Data()...), l.Weight.Want...)
	if a.Magnitude != nil {
		scaleRows(w, norms, a.Magnitude.Dense().Data())
	}
	back := a.lowRank()
	back.Scale = -back.Scale
	return back.Applied(w)
}

// scaleRows multiplies the rows of w by up and divides them by down.
func scaleRows(w *tensor.Tensor, up, down []float32) {
	k := w.Dim(1)
	for i := range up {
		row := w.Data()[i*k : (i+1)*k]
		for j, v := range row {
			row[j] = v * (up[i] / down[i])
		}
	}
}

// adapted returns y, which is what l's weight makes of x, changed by l's adapter.
func (l *Linear) adapted(x, y *tensor.Tensor) *tensor.Tensor {
	a := l.Adapter
	if a == nil {
		return y
	}
	h := tensor.Linear(tensor.Dropout(x, a.Drop), a.A.Tensor, nil) // [...,r]
	y = tensor.Add(y, tensor.Linear(tensor.Scale(h, a.Scale), a.B.Tensor, nil))
	if a.Magnitude == nil {
		return y
	}
	y = tensor.Rescale(y, a.Magnitude.Tensor, a.Norms(l))
	if l.Bias != nil {
		y = tensor.Add(y, l.Bias.Tensor)
	}
	return y
}

// An EmbeddingLoRA is a change of low rank to a table: a row of the table, and
// Scale·B times the same row of A.
type EmbeddingLoRA struct {
	A *Param `weight:"lora_embedding_A"` // [V,r], in files [r,V]
	B *Param `weight:"lora_embedding_B"` // [E,r]

	Scale float32
}

// NewEmbeddingLoRA declares a change of rank r of e.
func NewEmbeddingLoRA(e *Embedding, r int, scale float32) *EmbeddingLoRA {
	return &EmbeddingLoRA{
		A:     &Param{Want: []int{e.Weight.Want[0], r}, Transposed: true},
		B:     &Param{Want: []int{e.Weight.Want[1], r}},
		Scale: scale,
	}
}

func (e *Embedding) adapted(p *Pass, ids *IDs, y *tensor.Tensor) *tensor.Tensor {
	a := e.Adapter
	if a == nil {
		return y
	}
	h := tensor.Embed(p.Arena, a.A.Tensor, ids.Data, ids.B, ids.T) // [B,T,r]
	return tensor.Add(y, tensor.Linear(tensor.Scale(h, a.Scale), a.B.Tensor, nil))
}

// Merged returns the changed table of e as a plain array.
func (a *EmbeddingLoRA) Merged(e *Embedding) *tensor.Tensor {
	// As a change of the table [V,E] the thin matrices stand the other way round.
	l := tensor.LowRank{A: tensor.Transposed(a.B.Tensor), B: a.A.Tensor, Scale: a.Scale}
	return l.Applied(e.Weight.Tensor)
}

// Layers calls visit for each *Linear and *Embedding of module, once, in the order of
// Walk, with the name that its parameters have before their own.
func Layers(module any, visit func(name string, layer any)) {
	seen := map[any]bool{}
	layers(reflect.ValueOf(module), "", func(name string, layer any) {
		if !seen[layer] {
			seen[layer] = true
			visit(name, layer)
		}
	})
}

func layers(v reflect.Value, name string, visit func(string, any)) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return
	}
	switch l := v.Interface().(type) {
	case *Linear, *Embedding:
		visit(name, l)
		return
	case *Param:
		return
	}
	dotted := func(part string) string { return join([]string{name}, []string{part})[0] }
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			layers(v.Elem(), name, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			layers(v.Index(i), dotted(strconv.Itoa(i)), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if tag, ok := v.Type().Field(i).Tag.Lookup("weight"); ok {
				layers(v.Field(i), dotted(tagNames(tag)[0]), visit)
			}
		}
	default:
		panic(fmt.Sprintf("nn: %s has a weight tag, but is a %v", name, v.Type()))
	}
}
