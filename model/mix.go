package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/tensor"
)

// A mix is a kind of quantised file that llama.cpp knows: most matrices have one form,
// and those that suffer most from it a wider one. The rules are llama.cpp's, and so a
// file gets the forms that llama-quantize gives it under the same name, without an
// importance matrix.
type mix struct {
	name   string
	number uint32 // general.file_type
	form   tensor.DType
}

var mixes = []mix{
	{"q8_0", 7, tensor.Q8_0}, {"q4_0", 2, tensor.Q4_0}, {"q4_1", 3, tensor.Q4_1}, {"q5_0", 8, tensor.Q5_0}, {"q5_1", 9, tensor.Q5_1},
	{"q2_k", 10, tensor.Q2_K}, {"q3_k_s", 11, tensor.Q3_K}, {"q3_k_m", 12, tensor.Q3_K}, {"q3_k_l", 13, tensor.Q3_K},
	{"q4_k_s", 14, tensor.Q4_K}, {"q4_k_m", 15, tensor.Q4_K}, {"q5_k_s", 16, tensor.Q5_K}, {"q5_k_m", 17, tensor.Q5_K},
	{"q6_k", 18, tensor.Q6_K}, {"iq4_nl", 25, tensor.IQ4_NL},
}

// shortMixes are names that llama-quantize takes too.
var shortMixes = map[string]string{"q3_k": "q3_k_m", "q4_k": "q4_k_m", "q5_k": "q5_k_m"}

// findMix returns the mix of a name.
func findMix(name string) (mix, bool) {
	if long, ok := shortMixes[name]; ok {
		name = long
	}
	i := slices.IndexFunc(mixes, func(m mix) bool { return m.name == name })
	if i < 0 {
		return mix{}, false
	}
	return mixes[i], true
}

// A kind is what a matrix does, as far as mixes tell matrices apart.
type kind int

const (
	otherKind kind = iota
	outputKind
	tableKind     // of the tokens' embeddings
	valueKind     // of attention: values, or queries, keys and values in one
	keyKind       // of attention
	attentionKind // attention's output
	downKind      // the way back of a feed-forward
)

// kindOf tells what the matrix of a name in a GGUF file does.
func kindOf(name string) kind {
	if name == "output.weight" {
		return outputKind
	}
	for _, c := range []struct {
		part string
		kind kind
	}{
		{"token_embd.weight", tableKind}, {"attn_qkv.weight", valueKind}, {"attn_kv_b.weight", valueKind}, {"attn_v.weight", valueKind},
		{"attn_k.weight", keyKind}, {"attn_output.weight", attentionKind}, {"ffn_down", downKind},
	} {
		if strings.Contains(name, c.part) {
			return c.kind
		}
	}
	return otherKind
}

// quantised tells whether llama.cpp quantises a tensor.
func quantised(w *weight) bool {
	if len(w.Shape) < 2 || !strings.HasSuffix(w.name, "weight") {
		return false
	}
	for _, part := range []string{"_norm.weight", "ffn_gate_inp.weight", "position_embd", "token_types", "attn_rel_b.weight"} {
		if strings.Contains(w.name, part) {
			return false
		}
	}
	return true
}

// A mixture is how a mix is applied to the tensors of one file.
type mixture struct {
	mix
	layers, values int // how many blocks, and matrices of valueKind, the file has
	share          int // heads of queries to a head of keys
	experts        int
	seventy        bool // a model of the shape of Llama 2 70B
	tied           bool // the output is the table of embeddings
	value, down    int  // how many of valueKind and downKind came before
}

// forms returns the form that each of the weights of a file gets. keys is the file's
// metadata.
func (m mix) forms(keys []gguf.KV, weights []weight) map[string]tensor.DType {
	number := func(name string) int {
		for _, kv := range keys {
			if _, key, _ := strings.Cut(kv.Key, "."); key == name {
				if n, ok := kv.Value.(uint32); ok {
					return int(n)
				}
			}
		}
		return 0
	}
	heads, groups := number("attention.head_count"), number("attention.head_count_kv")
	x := mixture{mix: m, layers: number("block_count"), experts: number("expert_count"), share: 1, tied: true}
	if groups > 0 {
		x.share = heads / groups
	}
	if i := slices.IndexFunc(keys, func(kv gguf.KV) bool { return kv.Key == "general.architecture" }); i >= 0 && x.layers == 80 {
		x.seventy = keys[i].Value == "qwen2" || keys[i].Value == "llama" && heads != groups
	}
	sorted := slices.Clone(weights)
	slices.SortStableFunc(sorted, byBlock)
	for _, w := range sorted {
		switch kindOf(w.name) {
		case valueKind:
			x.values++
		case outputKind:
			x.tied = false
		}
	}
	forms := map[string]tensor.DType{}
	for _, w := range sorted {
		forms[w.name] = tensor.F32
		if quantised(&w) {
			forms[w.name] = fitting(x.choose(&w), w.Shape[len(w.Shape)-1])
		}
	}
	return forms
}

// block returns the number of the block that a tensor is of, or -1.
func block(name string) int {
	n := -1
	_, _ = fmt.Sscanf(name, "blk.%d.", &n)
	return n
}

// byBlock is the order in which llama.cpp counts tensors.
func byBlock(a, b weight) int {
	if d := block(a.name) - block(b.name); d != 0 {
		return d
	}
	return strings.Compare(a.name, b.name)
}

// fitting returns form, or what stands in for it where rows are no whole blocks of it.
func fitting(form tensor.DType, columns int) tensor.DType {
	whole := func(d tensor.DType) bool { values, _ := d.Block(); return columns%values == 0 }
	if whole(form) {
		return form
	}
	instead := map[tensor.DType]tensor.DType{
		tensor.Q2_K: tensor.Q4_0, tensor.Q3_K: tensor.Q4_0, tensor.Q4_K: tensor.Q5_0, tensor.Q5_K: tensor.Q5_1, tensor.Q6_K: tensor.Q8_0,
	}
	if d, ok := instead[form]; ok && whole(d) {
		return d
	}
	return tensor.F16
}

// choose returns the form of a matrix, and counts it.
func (x *mixture) choose(w *weight) tensor.DType {
	k := kindOf(w.name)
	switch {
	case k == outputKind || k == tableKind && x.tied:
		if values, _ := x.form.Block(); w.Shape[len(w.Shape)-1]%values != 0 || x.form == tensor.Q8_0 {
			return tensor.Q8_0
		}
		return tensor.Q6_K
	case k == valueKind:
		x.value++
		return x.ofValues(x.value - 1)
	case k == keyKind && x.experts == 8:
		return tensor.Q8_0
	case k == downKind:
		layer := x.down
		x.down++
		if x.experts > 1 {
			layer = block(w.name)
		}
		return x.ofDown(layer)
	case k == attentionKind:
		return x.ofAttention()
	}
	return x.form
}

// more tells whether a layer is among those that suffer more.
func more(layer, layers int) bool {
	return layer < layers/8 || layer >= 7*layers/8 || (layer-layers/8)%3 == 2
}

// ofValues returns the form of the i-th matrix of valueKind.
func (x *mixture) ofValues(i int) tensor.DType {
	d := x.form
	switch x.name {
	case "q2_k":
		d = tensor.Q3_K
		if x.share >= 4 {
			d = tensor.Q4_K
		}
	case "q3_k_m":
		d = tensor.Q4_K
		if i < 2 {
			d = tensor.Q5_K
		}
	case "q3_k_l":
		d = tensor.Q5_K
	case "iq4_nl":
		if x.share >= 4 {
			d = tensor.Q5_K
		}
	case "q4_k_s":
		if i < 4 {
			d = tensor.Q5_K
		}
	case "q4_k_m", "q5_k_m":
		if more(i, x.values) {
			d = tensor.Q6_K
		}
	}
	if x.seventy && (d == tensor.Q3_K || d == tensor.Q4_K) {
		d = tensor.Q5_K
	}
	if x.experts == 8 {
		d = tensor.Q8_0
	}
	return d
}

// ofDown returns the form of a matrix of downKind.
func (x *mixture) ofDown(layer int) tensor.DType {
	switch x.name {
	case "q2_k":
		return tensor.Q3_K
	case "q3_k_m":
		if layer < x.layers/16 {
			return tensor.Q5_K
		}
		return tensor.Q4_K
	case "q3_k_l":
		return tensor.Q5_K
	case "q4_k_m", "q5_k_m":
		if more(layer, x.layers) {
			return tensor.Q6_K
		}
	case "q4_k_s", "iq4_nl":
		if layer < x.layers/8 {
			return tensor.Q5_K
		}
	}
	return x.form
}

// ofAttention returns the form of a matrix of attentionKind.
func (x *mixture) ofAttention() tensor.DType {
	switch {
	case x.experts == 8 && slices.Contains([]string{"q2_k", "q3_k_s", "q3_k_m", "q4_k_s", "q4_k_m", "iq4_nl"}, x.name):
		return tensor.Q5_K
	case x.experts == 8:
	case x.name == "q2_k":
		return tensor.Q3_K
	case x.name == "q3_k_m":
		return tensor.Q4_K
	case x.name == "q3_k_l":
		return tensor.Q5_K
	}
	return x.form
}
