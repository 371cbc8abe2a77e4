package nn

import (
	"fmt"

	"github.com/nlp-zoo/zoo/tensor"
)

// Std is the standard deviation of fresh weights, as BERT and GPT-2 have it.
const Std = 0.02

// Linear is x wᵀ + b.
type Linear struct {
	Weight *Param `weight:"weight"` // [out,in]
	Bias   *Param `weight:"bias"`   // [out], or nil

	// Adapter changes what the layer gives; nil: nothing does.
	Adapter *LoRA `weight:""`
}

// NewLinear declares a layer with weights only, or with a bias too.
func NewLinear(in, out int, bias bool) *Linear {
	l := &Linear{Weight: &Param{Want: []int{out, in}, Std: Std, Matrix: true}}
	if bias {
		l.Bias = &Param{Want: []int{out}}
	}
	return l
}

// NewConv1D declares a layer whose weight a checkpoint holds as [in,out], as
// GPT-2's do, with a bias.
func NewConv1D(in, out int) *Linear {
	l := NewLinear(in, out, true)
	l.Weight.Transposed = true
	return l
}

// Forward returns [...,out] for x [...,in].
func (l *Linear) Forward(x *tensor.Tensor) *tensor.Tensor {
	a := l.affine()
	return l.adapted(x, tensor.Linear(x, a.W, a.B))
}

// affine is the layer without its adapter, and without its bias where that comes
// after DoRA's magnitudes.
func (l *Linear) affine() tensor.Affine {
	if l.Bias == nil || l.Adapter != nil && l.Adapter.Magnitude != nil {
		return tensor.Affine{W: l.Weight.Tensor}
	}
	return tensor.Affine{W: l.Weight.Tensor, B: l.Bias.Tensor}
}

// Then returns act of what Forward returns, in one go.
func (l *Linear) Then(act *tensor.Activation, x *tensor.Tensor) *tensor.Tensor {
	if l.Adapter != nil {
		return act.Apply(l.Forward(x))
	}
	return tensor.LinearThen(x, l.affine(), act)
}

// QKV returns q, k and v of x in one go: together they wait for all threads once,
// and what x must be turned into for their weights is made once.
func QKV(x *tensor.Tensor, q, k, v *Linear) (yq, yk, yv *tensor.Tensor) {
	yq, yk, yv = tensor.Linear3(x, q.affine(), k.affine(), v.affine())
	return q.adapted(x, yq), k.adapted(x, yk), v.adapted(x, yv)
}

// KV is QKV for keys and values alone, as of an encoder's states.
func KV(x *tensor.Tensor, k, v *Linear) (yk, yv *tensor.Tensor) {
	yk, yv = tensor.Linear2(x, k.affine(), v.affine())
	return k.adapted(x, yk), v.adapted(x, yv)
}

// Gated returns act(gate(x)) * up(x) in one go.
func Gated(act *tensor.Activation, x *tensor.Tensor, gate, up *Linear) *tensor.Tensor {
	if gate.Adapter != nil || up.Adapter != nil {
		return act.Gate(gate.Forward(x), up.Forward(x))
	}
	return tensor.Gated(x, gate.affine(), up.affine(), act)
}

// Embedding maps an id to a row of its weight.
type Embedding struct {
	Weight *Param `weight:"weight"` // [V,E]

	// Adapter changes the rows of the table, though not what a tied layer
	// multiplies by; nil: nothing does.
	Adapter *EmbeddingLoRA `weight:""`
}

// NewEmbedding declares a table of v rows of e values.
func NewEmbedding(v, e int) *Embedding {
	return &Embedding{Weight: &Param{Want: []int{v, e}, Std: Std}}
}

// Forward returns the rows that ids name: [B,T,E], in the arena of p.
func (e *Embedding) Forward(p *Pass, ids *IDs) *tensor.Tensor {
	return e.adapted(p, ids, tensor.Embed(p.Arena, e.Weight.Tensor, ids.Data, ids.B, ids.T))
}

// Tied returns a layer with e's weight that gives logits: [...,E] to [...,V].
func (e *Embedding) Tied() *Linear {
	e.Weight.Matrix = true
	return &Linear{Weight: e.Weight}
}

// RMSNorm scales its input to unit root mean square (arXiv:1910.07467).
type RMSNorm struct {
	Weight *Param `weight:"weight"`
	eps    float64
}

// NewRMSNorm declares a norm of n values.
func NewRMSNorm(n int, eps float64) *RMSNorm {
	return &RMSNorm{&Param{Want: []int{n}, One: 1}, eps}
}

// Forward norms the last axis of x.
func (l *RMSNorm) Forward(x *tensor.Tensor) *tensor.Tensor {
	return tensor.RMSNorm(x, l.Weight.Tensor, l.eps)
}

// AddForward returns x + y, and the norm of it.
func (l *RMSNorm) AddForward(x, y *tensor.Tensor) (sum, normed *tensor.Tensor) {
	return tensor.AddRMSNorm(x, y, l.Weight.Tensor, l.eps)
}

// LayerNorm scales its input to zero mean and unit variance (arXiv:1607.06450).
// Old checkpoints call its weight gamma and its bias beta.
type LayerNorm struct {
	Weight *Param `weight:"weight,alias=gamma"`
	Bias   *Param `weight:"bias,alias=beta"`
	eps    float64
}

// NewLayerNorm declares a norm of n values, with a bias.
func NewLayerNorm(n int, eps float64) *LayerNorm {
	return &LayerNorm{&Param{Want: []int{n}, One: 1}, &Param{Want: []int{n}}, eps}
}

// Forward norms the last axis of x.
func (l *LayerNorm) Forward(x *tensor.Tensor) *tensor.Tensor {
	return tensor.LayerNorm(x, l.Weight.Tensor, l.Bias.Tensor, l.eps)
}

// AddForward returns x + y, and the norm of it.
func (l *LayerNorm) AddForward(x, y *tensor.Tensor) (sum, normed *tensor.Tensor) {
	return tensor.AddLayerNorm(x, y, l.Weight.Tensor, l.Bias.Tensor, l.eps)
}

// ForwardSum norms the last axis of x + y.
func (l *LayerNorm) ForwardSum(x, y *tensor.Tensor) *tensor.Tensor {
	return tensor.LayerNormSum(x, y, l.Weight.Tensor, l.Bias.Tensor, l.eps)
}

// activations holds the functions that config.json names.
var activations = map[string]*tensor.Activation{
	"gelu":              tensor.ActGELU,
	"gelu_python":       tensor.ActGELU,
	"gelu_new":          tensor.ActGELUTanh,
	"gelu_fast":         tensor.ActGELUTanh,
	"gelu_accurate":     tensor.ActGELUTanh,
	"gelu_pytorch_tanh": tensor.ActGELUTanh,
	"quick_gelu":        tensor.ActQuickGELU,
	"silu":              tensor.ActSiLU,
	"swish":             tensor.ActSiLU,
	"relu":              tensor.ActReLU,
	"relu2":             tensor.ActReLU2,
	"tanh":              tensor.ActTanh,
	"sigmoid":           tensor.ActSigmoid,
	"linear":            tensor.ActIdentity,
}

// Activation returns the function that Hugging Face's config.json calls name.
func Activation(name string) (*tensor.Activation, error) {
	if a := activations[name]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("nn: activation %q is not known", name)
}
