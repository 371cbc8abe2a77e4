package nn

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/tensor"
)

// source is a checkpoint in memory.
type source map[string]*tensor.Tensor

func (s source) Names() []string { return slices.Sorted(maps.Keys(s)) }

func (s source) Tensor(name string) (*tensor.Tensor, error) { return s[name], nil }

// block has all that a tag can say.
type block struct {
	Up    *Linear    `weight:"up_proj"`
	Down  *Linear    `weight:"down_proj"`
	Norm  *LayerNorm `weight:"ln"`
	Bias  *Param     `weight:"bias,alias=decoder.bias"`
	Empty *Linear    `weight:"none"`
	other *Linear
}

type net struct {
	Embed  *Embedding `weight:"base.embed"`
	Blocks []*block   `weight:"base.h"`
	Head   *Linear    `weight:"head"`
}

func (*net) Ignore() []string   { return []string{"*.attn.bias", "base.h.*.mask"} }
func (*net) Base() string       { return "base" }
func (*net) Optional() []string { return []string{"base.h.1.bias"} }

func newNet() *net {
	n := &net{Embed: NewEmbedding(5, 2)}
	n.Head = n.Embed.Tied()
	for range 2 {
		n.Blocks = append(n.Blocks, &block{
			Up: NewConv1D(2, 3), Down: NewLinear(3, 2, false), Norm: NewLayerNorm(2, 1e-5), Bias: &Param{Want: []int{2}},
			other: NewLinear(1, 1, false),
		})
	}
	return n
}

func names(m any) (all []string) {
	Walk(m, func(name string, _ *Param) { all = append(all, name) })
	return all
}

func TestWalk(t *testing.T) {
	want := "base.embed.weight base.h.0.up_proj.weight base.h.0.up_proj.bias base.h.0.down_proj.weight base.h.0.ln.weight " +
		"base.h.0.ln.bias base.h.0.bias base.h.1.up_proj.weight base.h.1.up_proj.bias base.h.1.down_proj.weight " +
		"base.h.1.ln.weight base.h.1.ln.bias base.h.1.bias head.weight"
	if got := strings.Join(names(newNet()), " "); got != want {
		t.Errorf("names\n%s\nwant\n%s", got, want)
	}
	if n := newNet(); Count(n) != 10+2*(6+3+6+4+2) || len(Params(n)) != 13 {
		t.Errorf("%d values in %d parameters", Count(n), len(Params(n)))
	}
}

// saved returns the checkpoint of a fresh module.
func saved(t *testing.T, m any) source {
	t.Helper()
	Init(m, Rand(1))
	s := source{}
	for name, w := range Weights(m) {
		if s[name] != nil {
			t.Fatalf("%s is saved twice", name)
		}
		s[name] = w
	}
	return s
}

func TestLoadRoundTrip(t *testing.T) {
	a, b := newNet(), newNet()
	s := saved(t, a)
	if s["head.weight"] != nil || !slices.Equal(s["base.h.0.up_proj.weight"].Shape(), []int{2, 3}) {
		t.Error("a tied weight is saved twice, or a Conv1D the wrong way round")
	}
	if err := Load(b, s); err != nil {
		t.Fatal(err)
	}
	pa, pb := Params(a), Params(b)
	for i := range pa {
		if !slices.Equal(pa[i].Data(), pb[i].Data()) {
			t.Errorf("parameter %d differs", i)
		}
	}
	if b.Head.Weight != b.Embed.Weight {
		t.Error("tied weights came apart")
	}
}

func TestLoadTellsAll(t *testing.T) {
	s := saved(t, newNet())
	s["base.h.0.down_proj.weight"] = tensor.Zeros(3, 2)
	s["base.h.1.up_proj.weight"] = tensor.Zeros(3, 2)
	delete(s, "base.h.1.ln.bias")
	delete(s, "base.h.1.bias")
	delete(s, "base.embed.weight")
	s["base.h.0.attn.bias"], s["base.h.7.mask"] = tensor.Zeros(1), tensor.Zeros(1)
	s["base.h.9.what"] = tensor.Zeros(1)
	want := `nn: load: base.h.0.down_proj.weight is [3 2], want [2 3]
base.h.1.up_proj.weight is [3 2], want [2 3]
missing base.embed.weight [5 2]
missing base.h.1.ln.bias [2]
unexpected base.h.9.what`
	n := newNet()
	if err := Load(n, s); err == nil || err.Error() != want {
		t.Errorf("Load =\n%v\nwant\n%s", err, want)
	}
	if n.Blocks[1].Bias.Tensor != nil {
		t.Error("a parameter that may be missing has been made up")
	}
}

// TestEachTensorMissed loads without each tensor in turn.
func TestEachTensorMissed(t *testing.T) {
	for name := range saved(t, newNet()) {
		s := saved(t, newNet())
		delete(s, name)
		err := Load(newNet(), s)
		if name == "base.h.1.bias" {
			if err != nil {
				t.Error(err)
			}
		} else if err == nil || !strings.Contains(err.Error(), "missing "+name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestLoadOtherNames(t *testing.T) {
	move := func(s source, from, to string) { s[to] = s[from]; delete(s, from) }
	s := saved(t, newNet())
	move(s, "base.h.0.ln.weight", "base.h.0.ln.gamma")
	move(s, "base.h.0.bias", "base.h.0.decoder.bias")
	s["base.h.1.decoder.bias"] = s["base.h.1.bias"]
	move(s, "base.embed.weight", "head.weight")
	if err := Load(newNet(), s); err != nil {
		t.Errorf("under aliases: %v", err)
	}
	s = saved(t, newNet())
	for _, name := range s.Names() {
		move(s, name, strings.TrimPrefix(name, "base."))
	}
	if err := Load(newNet(), s); err != nil {
		t.Errorf("without the base's name: %v", err)
	}
	bare := &bareNet{newNet().Blocks}
	s = saved(t, bare)
	for _, name := range s.Names() {
		move(s, name, "base."+name)
	}
	if err := Load(&bareNet{newNet().Blocks}, s); err != nil {
		t.Errorf("the base alone, from a file of the whole: %v", err)
	}
}

type bareNet struct {
	Blocks []*block `weight:"h"`
}

func (*bareNet) Base() string { return "base" }

func TestLoadOptions(t *testing.T) {
	s := saved(t, newNet())
	for _, i := range []string{"0", "1"} {
		name := "base.h." + i + ".up_proj.weight"
		s[name] = tensor.Transposed(s[name])
	}
	delete(s, "base.h.0.bias")
	s["extra"] = tensor.Zeros(1)
	if err := Load(newNet(), s, Untransposed(), Lacking("*.0.bias"), Ignoring("ext*")); err != nil {
		t.Error(err)
	}
	if err := Load(newNet(), s); err == nil {
		t.Error("the options are not needed")
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a.b", "a.b", true}, {"a.b", "a.bc", false}, {"*.b", "x.y.b", true}, {"a.*.b", "a.b", false},
		{"a*c*e", "abcde", true}, {"a*c*e", "abde", false}, {"*", "", true}, {"ab*ba", "aba", false},
	} {
		if match(c.pattern, c.name) != c.want {
			t.Errorf("match(%q, %q) is not %v", c.pattern, c.name, c.want)
		}
	}
}

func TestInitDraws(t *testing.T) {
	l := NewLinear(300, 300, true)
	n := NewRMSNorm(4, 1e-5)
	Init(&struct {
		L *Linear  `weight:"l"`
		N *RMSNorm `weight:"n"`
	}{l, n}, Rand(3))
	var sum float64
	for _, v := range l.Weight.Data() {
		sum += float64(v) * float64(v)
	}
	if v := sum / 90000; v < 0.00039 || v > 0.00041 {
		t.Errorf("variance %v, want %v", v, Std*Std)
	}
	if !slices.Equal(n.Weight.Data(), []float32{1, 1, 1, 1}) || l.Bias.Data()[0] != 0 {
		t.Error("a norm begins at 1, a bias at 0")
	}
}

func TestPackAndTrainable(t *testing.T) {
	n := newNet()
	Init(n, Rand(1))
	x := tensor.New([]float32{1, -2}, 1, 2)
	f := func() []float32 { return n.Head.Forward(n.Blocks[0].Down.Forward(n.Blocks[0].Up.Forward(x))).Data() }
	want := f()
	Pack(n)
	if n.Embed.Weight.Data() != nil || n.Blocks[0].Bias.Data() == nil {
		t.Error("Pack is for matrices")
	}
	if !slices.Equal(f(), want) {
		t.Error("packed weights give something else")
	}
	Trainable(n)
	if !slices.Equal(f(), want) || n.Embed.Weight.Grad() == nil {
		t.Error("Trainable does not bring the weights back")
	}
}

func TestActivations(t *testing.T) {
	x := tensor.New([]float32{-1, 1}, 2)
	for name, want := range map[string][2]float32{
		"gelu": {-0.15865526, 0.8413447}, "gelu_new": {-0.158808, 0.841192}, "quick_gelu": {-0.15420423, 0.84579577},
		"silu": {-0.26894143, 0.7310586}, "relu": {0, 1}, "relu2": {0, 1}, "tanh": {-0.7615942, 0.7615942}, "linear": {-1, 1},
		"sigmoid": {0.26894143, 0.7310586},
	} {
		f, err := Activation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, y := range []*tensor.Tensor{f.Apply(x), f.Gate(x, tensor.New([]float32{1, 1}, 2))} {
			for i, v := range y.Data() {
				if d := v - want[i]; d > 1e-6 || d < -1e-6 {
					t.Errorf("%s(%v) = %v, want %v", name, x.Data()[i], v, want[i])
				}
			}
		}
	}
	if _, err := Activation("gulp"); err == nil || err.Error() != `nn: activation "gulp" is not known` {
		t.Error(err)
	}
}

func random(r *rand.Rand, shape ...int) *tensor.Tensor {
	t := tensor.Zeros(shape...)
	for i := range t.Data() {
		t.Data()[i] = float32(r.NormFloat64())
	}
	return t
}
