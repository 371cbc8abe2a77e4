package tensor

// Recompute returns f of in, and keeps nothing of what f computes on the way: Backward
// calls f again ("Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174).
// Some of in may be nil. f must do the same each time, and read no tensor that a
// gradient flows into but what it is given and leaves. Outside of a training arena
// Recompute is f.
func Recompute(a *Arena, f func(in []*Tensor) *Tensor, in ...*Tensor) *Tensor {
	if !a.recycles() || a.recycler.paused {
		return f(in)
	}
	mark := a.Mark()
	y := a.Keep(mark, a.unrecorded(f, in))
	return y.record(func(dy []float32) {
		y.grad = nil // dy goes with the results of f
		given := make([]*Tensor, len(in))
		for i, x := range in {
			if x != nil {
				leaf := *x
				leaf.arena, leaf.from, leaf.grad, leaf.view = a, nil, nil, true
				given[i] = &leaf
			}
		}
		f(given).backward(dy, false)
		for i, x := range in {
			if x.needsGrad() && given[i].grad != nil {
				x.take(given[i])
			}
		}
	}, in...)
}

// unrecorded calls f while operations are not recorded.
func (a *Arena) unrecorded(f func(in []*Tensor) *Tensor, in []*Tensor) *Tensor {
	a.recycler.paused = true
	defer func() { a.recycler.paused = false }()
	return f(in)
}
