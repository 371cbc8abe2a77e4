package measure

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// cost is what a pass over a network takes, of its matrices alone: attention, norms
// and activations are left out.
type cost struct {
	bytes, headBytes int                 // of all matrices, of those that give scores of tokens
	flops, headFLOPs int                 // for one token
	forms            map[string]int      // bytes in each form
	arithmetic       map[kernel.Peak]int // bytes that are multiplied so
}

// costOf adds up the matrices of a network whose names want takes. Those with as many
// rows as there are tokens are heads.
func costOf(net any, vocab int, want func(name string) bool) cost {
	c := cost{forms: map[string]int{}, arithmetic: map[kernel.Peak]int{}}
	seen := map[*nn.Param]bool{}
	nn.Walk(net, func(name string, p *nn.Param) {
		if seen[p] || !p.Matrix || p.Tensor == nil || len(p.Want) != 2 || !want(name) {
			return
		}
		seen[p] = true
		form, n := p.Form(), p.Tensor.Size()
		c.bytes += n
		c.flops += 2 * p.Size()
		c.forms[nameOf(p.Tensor)] += n
		c.arithmetic[peakOf(form)] += n
		if vocab > 0 && p.Want[0] == vocab {
			c.headBytes += n
			c.headFLOPs += 2 * p.Size()
		}
	})
	return c
}

// headless is the cost of all but the heads.
func (c cost) headless() cost {
	c.bytes, c.flops = c.bytes-c.headBytes, c.flops-c.headFLOPs
	return c
}

// nameOf is the form that t is in.
func nameOf(t *tensor.Tensor) string {
	if f := t.Form(); f != tensor.Exact {
		return f.String()
	}
	return strings.ToLower(t.DType().String())
}

// peakOf is the arithmetic of products with a weight of a form.
func peakOf(f tensor.Form) kernel.Peak {
	values, _ := f.DType().Block()
	switch {
	case f == tensor.FormBF16Fast:
		return kernel.BFloat16Peak
	case f == tensor.FormInt8 || values > 1 && f <= tensor.FormQ6_K:
		return kernel.Int8Peak
	}
	return kernel.Float32Peak
}

// most is the key that most bytes have.
func most[K cmp.Ordered](bytes map[K]int) (key K) {
	for _, k := range slices.Sorted(maps.Keys(bytes)) {
		if bytes[k] > bytes[key] {
			key = k
		}
	}
	return key
}

// mostly is the form that most bytes are in.
func (c cost) mostly() string { return most(c.forms) }

// peak is the arithmetic that most bytes are multiplied in.
func (c cost) peak() kernel.Peak { return most(c.arithmetic) }
