package train

import (
	"fmt"
	"iter"
	"math"
)

// rate returns the learning rate of a step, which count from 0.
func (r *Recipe) rate(step int) float64 {
	s, lr := r.Schedule, r.Optimizer.LR
	if step < s.Warmup {
		return lr * float64(step+1) / float64(s.Warmup)
	}
	done := float64(step-s.Warmup) / float64(max(r.Steps-s.Warmup, 1))
	switch s.Name {
	case "linear":
		return lr * (s.Floor + (1-s.Floor)*(1-done))
	case "cosine":
		return lr * (s.Floor + (1-s.Floor)*(1+math.Cos(math.Pi*done))/2)
	}
	return lr
}

// adamw is AdamW.
type adamw struct {
	Optimizer
	params []parameter
	m, v   [][]float32
	n      int
}

func newAdamW(o Optimizer, params []parameter) *adamw {
	a := &adamw{Optimizer: o, params: params}
	for _, p := range params {
		a.m = append(a.m, make([]float32, p.Len()))
		a.v = append(a.v, make([]float32, p.Len()))
	}
	return a
}

func (a *adamw) step(lr float64) {
	a.n++
	c1, c2 := 1-math.Pow(a.Beta1, float64(a.n)), 1-math.Pow(a.Beta2, float64(a.n))
	for i, p := range a.params {
		w, g, m, v := p.Data(), p.Grad(), a.m[i], a.v[i]
		decay := float32(0)
		if len(p.Want) > 1 {
			decay = float32(lr * a.Decay)
		}
		b1, b2 := float32(a.Beta1), float32(a.Beta2)
		size, root := float32(lr/c1), float32(1/math.Sqrt(c2))
		for j := range w {
			m[j] = b1*m[j] + (1-b1)*g[j]
			v[j] = b2*v[j] + (1-b2)*g[j]*g[j]
			w[j] -= decay*w[j] + size*m[j]/(float32(math.Sqrt(float64(v[j])))*root+float32(a.Eps))
		}
	}
}

func (a *adamw) state() iter.Seq2[string, []float32] {
	return func(yield func(string, []float32) bool) {
		for i, p := range a.params {
			if !yield("exp_avg."+p.name, a.m[i]) || !yield("exp_avg_sq."+p.name, a.v[i]) {
				return
			}
		}
	}
}

func (a *adamw) restore(n int, get func(name string) ([]float32, error)) error {
	for name, dst := range a.state() {
		src, err := get(name)
		if err != nil {
			return err
		}
		if len(src) != len(dst) {
			return fmt.Errorf("%s has %d values, want %d", name, len(src), len(dst))
		}
		copy(dst, src)
	}
	a.n = n
	return nil
}

// norm returns the norm of the gradient, and scales it down to most if that is not 0.
func norm(params []parameter, most float64) float64 {
	var sum float64
	for _, p := range params {
		for _, g := range p.Grad() {
			sum += float64(g) * float64(g)
		}
	}
	n := math.Sqrt(sum)
	if most > 0 && n > most {
		s := float32(most / (n + 1e-6))
		for _, p := range params {
			g := p.Grad()
			for i := range g {
				g[i] *= s
			}
		}
	}
	return n
}
