package measure

import (
	"strings"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// cost is what a pass over a network takes, of its matrices alone: attention, norms
// and activations are left out.
type cost struct {
	bytes, headBytes int // of all matrices, of those that give scores of tokens
	flops, headFLOPs int // for one token
	forms            map[string]int
	fast             bool // bfloat16 products are the processor's own
}

// costOf adds up the matrices of a network whose names want takes. Those with as many
// rows as there are tokens are heads.
func costOf(net any, vocab int, want func(name string) bool) cost {
	c := cost{forms: map[string]int{}}
	seen := map[*nn.Param]bool{}
	nn.Walk(net, func(name string, p *nn.Param) {
		if seen[p] || !p.Matrix || p.Tensor == nil || len(p.Want) != 2 || !want(name) {
			return
		}
		seen[p] = true
		form := formOf(p.Tensor)
		d, ok := tensor.ParseDType(strings.ToUpper(strings.TrimSuffix(form, "_fast")))
		if !ok {
			d = p.DType()
		}
		n, err := tensor.StoredSize(d, p.Want...)
		if err != nil { // a form without blocks of its own, such as int8
			n = p.Size()
		}
		c.bytes += n
		c.flops += 2 * p.Size()
		c.forms[form] += n
		c.fast = c.fast || strings.HasSuffix(form, "_fast")
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

// formOf is the form that t is multiplied in.
func formOf(t *tensor.Tensor) string {
	if f := t.Form(); f != tensor.Exact {
		return f.String()
	}
	return strings.ToLower(t.DType().String())
}

// mostly is the form that most bytes are in.
func (c cost) mostly() (form string) {
	for f, n := range c.forms {
		if n > c.forms[form] || n == c.forms[form] && f < form {
			form = f
		}
	}
	return form
}

// peak is the arithmetic that the most common form has.
func (c cost) peak() kernel.Peak {
	form := c.mostly()
	switch {
	case c.fast:
		return kernel.BFloat16Peak
	case strings.ContainsAny(form, "qi"): // q8_0, int8, iq4_nl
		return kernel.Int8Peak
	}
	return kernel.Float32Peak
}
