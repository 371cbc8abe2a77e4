package tensor

import (
	"math"
	"math/rand/v2"
	"testing"
)

func random(r *rand.Rand, shape ...int) *Tensor {
	t := Zeros(shape...)
	for i := range t.data {
		t.data[i] = float32(r.NormFloat64())
	}
	return t
}

// gradCase is an operation on inputs of given shapes.
type gradCase struct {
	name   string
	shapes [][]int
	f      func(in []*Tensor) *Tensor
}

func gradCases() []gradCase {
	three := [][]int{{2, 3, 5}}
	unary := func(name string, f func(*Tensor) *Tensor) gradCase {
		return gradCase{name, three, func(in []*Tensor) *Tensor { return f(in[0]) }}
	}
	attention := func(name string, q, k, bias []int, mask Mask) gradCase {
		shapes := [][]int{q, k, k}
		if bias != nil {
			shapes = append(shapes, bias)
		}
		return gradCase{name, shapes, func(in []*Tensor) *Tensor {
			if bias == nil {
				in = append(in, nil)
			}
			return Attention(in[0], in[1], in[2], in[3], 0.5, mask)
		}}
	}
	keys := make([]bool, 2*7)
	for i := range keys {
		keys[i] = i%3 != 1
	}
	targets := []int32{1, Ignore, 4, 0, 2, 3}
	cos, sin := make([]float32, 2*3*2), make([]float32, 2*3*2)
	for i := range cos {
		s, c := math.Sincos(float64(i) * 0.37)
		cos[i], sin[i] = float32(c), float32(s)
	}
	return []gradCase{
		unary("SiLU", SiLU), unary("GELU", GELU), unary("GELUTanh", GELUTanh), unary("QuickGELU", QuickGELU),
		unary("ReLU", ReLU), unary("Tanh", Tanh), unary("Sigmoid", Sigmoid),
		unary("Scale", func(x *Tensor) *Tensor { return Scale(x, -1.5) }),
		unary("Reshape", func(x *Tensor) *Tensor { return Reshape(x, -1, 2) }),
		unary("Columns", func(x *Tensor) *Tensor { return Columns(x, 1, 4) }),
		unary("Gather", func(x *Tensor) *Tensor { return Gather(x, []int{4, 0, 4}) }),
		unary("Rows", func(x *Tensor) *Tensor { return Rows(x, []int{2, 0}) }),
		unary("Dropout", func(x *Tensor) *Tensor { return Dropout(x, NewDrop(0.4, 5, 5)) }),
		unary("MeanRows", func(x *Tensor) *Tensor { return MeanRows(x, []int{2, 3}) }),
		unary("BinaryEntropy", func(x *Tensor) *Tensor { return BinaryEntropy(x, []float32{29: 1, 0: 1, 7: 1}) }),
		{"Rescale", [][]int{{2, 3, 5}, {5}}, func(in []*Tensor) *Tensor { return Rescale(in[0], in[1], []float32{1, 2, 0.5, 3, 4}) }},
		unary("CrossEntropy", func(x *Tensor) *Tensor { return CrossEntropy(x, targets) }),
		unary("EntropySum", func(x *Tensor) *Tensor { return Entropy{}.Loss(x, targets) }),
		unary("EntropySmooth", func(x *Tensor) *Tensor { return Entropy{Smoothing: 0.2, Z: 0.1, Mean: true}.Loss(x, targets) }),
		unary("EntropyTwice", func(x *Tensor) *Tensor {
			return Add(Entropy{Z: 0.1}.Loss(x, targets), Entropy{Smoothing: 0.2}.Loss(x, targets))
		}),
		unary("MeanSquare", func(x *Tensor) *Tensor { return MeanSquare(x, make([]float32, 30)) }),
		{"Concat", [][]int{{3, 2}, {3, 1}, {3, 4}}, func(in []*Tensor) *Tensor { return Concat(in...) }},
		{"Add", [][]int{{2, 3, 5}, {3, 5}}, func(in []*Tensor) *Tensor { return Add(in[0], in[1]) }},
		{"Mul", [][]int{{2, 3, 5}, {2, 3, 5}}, func(in []*Tensor) *Tensor { return Mul(in[0], in[1]) }},
		{"MulSelf", three, func(in []*Tensor) *Tensor { return Mul(in[0], in[0]) }},
		{"SiLUMul", [][]int{{4, 5}, {4, 5}}, func(in []*Tensor) *Tensor { return SiLUMul(in[0], in[1]) }},
		{"GELUMul", [][]int{{4, 5}, {4, 5}}, func(in []*Tensor) *Tensor { return GELUMul(in[0], in[1]) }},
		{"GELUTanhMul", [][]int{{4, 5}, {4, 5}}, func(in []*Tensor) *Tensor { return GELUTanhMul(in[0], in[1]) }},
		{"Linear", [][]int{{2, 3, 5}, {37, 5}, {37}}, func(in []*Tensor) *Tensor { return Linear(in[0], in[1], in[2]) }},
		{"LinearNoBias", [][]int{{40, 5}, {3, 5}}, func(in []*Tensor) *Tensor { return Linear(in[0], in[1], nil) }},
		{"Linear3", [][]int{{2, 5}, {3, 5}, {33, 5}, {33}, {3, 5}}, func(in []*Tensor) *Tensor {
			a, b, c := Linear3(in[0], Affine{in[1], nil}, Affine{in[2], in[3]}, Affine{in[4], nil})
			return Mul(Mul(Columns(b, 0, 3), a), c)
		}},
		{"LinearThen", [][]int{{3, 5}, {7, 5}, {7}}, func(in []*Tensor) *Tensor { return LinearThen(in[0], Affine{in[1], in[2]}, ActGELU) }},
		{"Gated", [][]int{{3, 5}, {7, 5}, {7}, {7, 5}}, func(in []*Tensor) *Tensor {
			return Gated(in[0], Affine{in[1], in[2]}, Affine{in[3], nil}, ActSiLU)
		}},
		{"RMSNorm", [][]int{{2, 3, 5}, {5}}, func(in []*Tensor) *Tensor { return RMSNorm(in[0], in[1], 1e-5) }},
		{"LayerNorm", [][]int{{2, 3, 5}, {5}, {5}}, func(in []*Tensor) *Tensor { return LayerNorm(in[0], in[1], in[2], 1e-5) }},
		{"AddRMSNorm", [][]int{{3, 5}, {3, 5}, {5}}, func(in []*Tensor) *Tensor {
			sum, normed := AddRMSNorm(in[0], in[1], in[2], 1e-5)
			return Mul(sum, normed)
		}},
		{"LayerNormSum", [][]int{{3, 5}, {3, 5}, {5}, {5}}, func(in []*Tensor) *Tensor {
			return LayerNormSum(in[0], in[1], in[2], in[3], 1e-5)
		}},
		{"Embed", [][]int{{6, 4}}, func(in []*Tensor) *Tensor { return Embed(nil, in[0], []int32{1, 5, 1, 0}, 2, 2) }},
		{"Spread", [][]int{{4, 3}}, func(in []*Tensor) *Tensor {
			return Spread(nil, in[0], []int32{0, 1, 3, 3, 2, 1, 0, 0, 1, 1, 1, 2}, 2, 2, 3)
		}},
		{"RotateHalf", [][]int{{2, 3, 2, 6}}, func(in []*Tensor) *Tensor { return Rotate(in[0], cos, sin, false) }},
		{"RotatePairs", [][]int{{2, 3, 2, 6}}, func(in []*Tensor) *Tensor { return Rotate(in[0], cos, sin, true) }},
		attention("Attention", []int{2, 5, 4, 6}, []int{2, 7, 2, 6}, nil, Mask{Causal: true}),
		attention("AttentionSingle", []int{2, 1, 4, 6}, []int{2, 7, 2, 6}, []int{4, 1, 7}, Mask{}),
		attention("AttentionTiles", []int{1, 35, 1, 4}, []int{1, 35, 1, 4}, []int{1, 35, 35}, Mask{Causal: true, Window: 9}),
		attention("AttentionShared", []int{4, 2, 2, 6}, []int{2, 7, 1, 6}, []int{2, 2, 7}, Mask{Lens: []int{7, 0, 3, 5}}),
		attention("AttentionRanges", []int{2, 5, 2, 6}, []int{2, 5, 2, 6}, nil, Mask{
			Causal: true, From: []int32{0, 0, 2, 2, 2, 0, 1, 2, 3, 4}, Until: []int32{2, 2, 5, 5, 5, 1, 2, 3, 4, 3}}),
		attention("AttentionDrop", []int{2, 5, 4, 6}, []int{2, 7, 2, 6}, nil, Mask{Causal: true, Drop: NewDrop(0.3, 1, 2)}),
		attention("AttentionDropSingle", []int{2, 1, 4, 6}, []int{2, 7, 2, 6}, nil, Mask{Drop: NewDrop(0.3, 1, 2)}),
		attention("AttentionRowBias", []int{2, 3, 2, 6}, []int{2, 7, 2, 6}, []int{2, 2, 3, 7}, Mask{Keys: keys}),
	}
}

// TestGradients holds the gradient of every operation to central differences of a
// random weighing of its result.
func TestGradients(t *testing.T) {
	for _, c := range gradCases() {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			in := make([]*Tensor, len(c.shapes))
			for i, s := range c.shapes {
				in[i] = random(r, s...)
			}
			probe := random(r, c.f(in).Shape()...)
			value := func() float64 {
				sum := 0.0
				for i, v := range c.f(in).data {
					sum += float64(v) * float64(probe.data[i])
				}
				return sum
			}
			for _, x := range in {
				x.RequireGrad()
			}
			total(Mul(c.f(in), probe)).Backward()
			for i, x := range in {
				grad := x.grad
				for j := range x.data {
					at := x.data[j]
					const h = 1.0 / 256
					x.data[j] = at + h
					up := value()
					x.data[j] = at - h
					down := value()
					x.data[j] = at
					want := (up - down) / (2 * h)
					if diff := math.Abs(want - float64(grad[j])); diff > 4e-3*(1+math.Abs(want)) || math.IsNaN(diff) {
						t.Fatalf("input %d, value %d: gradient %v, differences give %v", i, j, grad[j], want)
					}
				}
			}
		})
	}
}

// total sums all values, by way of a product with ones.
func total(x *Tensor) *Tensor {
	ones := Zeros(1, x.Len())
	for i := range ones.data {
		ones.data[i] = 1
	}
	return Reshape(Linear(Reshape(x, 1, x.Len()), ones, nil), 1)
}

// TestGradientsAddUp uses a leaf twice, and Backward twice.
func TestGradientsAddUp(t *testing.T) {
	x := New([]float32{3}, 1, 1).RequireGrad()
	for range 2 {
		Add(Scale(x, 2), Mul(x, x)).Backward()
	}
	if got := x.Grad()[0]; got != 16 {
		t.Errorf("gradient is %v, want 16", got)
	}
}
