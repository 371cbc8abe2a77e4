package main

// optimizers are the steps of optimizers, as adam_generic.go states them. They set the
// gradients g to 0 in the same pass, as they have them at hand.
func optimizers() []kernel {
	return []kernel{
		{
			name: "adamStep", slices: []string{"w", "m", "v", "g"},
			scalars: []string{"scale", "rest1", "beta2", "rest2", "root", "eps", "rate", "keep"},
			body: func(b *block) {
				u, g := b.direction()
				b.store(0, b.fnma(u, b.scalar(6), b.mul(b.load(0), b.scalar(7))))
				b.clear(3, g)
			},
		},
		{
			name: "lambStep", slices: []string{"w", "m", "v", "g"},
			scalars: []string{"scale", "rest1", "beta2", "rest2", "root", "eps", "rate", "decay"},
			body: func(b *block) {
				u, _ := b.direction()
				b.store(3, b.fma(b.load(0), b.scalar(7), b.mul(u, b.scalar(6))))
			},
		},
		{
			name: "momentumStep", slices: []string{"w", "m", "g"},
			scalars: []string{"scale", "decay", "momentum", "shareM", "shareG", "rate"},
			body: func(b *block) {
				w := b.load(0)
				g := b.fma(w, b.scalar(1), b.mul(b.load(2), b.scalar(0)))
				m := b.fma(b.load(1), b.scalar(2), g)
				b.store(1, m)
				b.store(0, b.fnma(b.fma(m, b.scalar(3), b.mul(g, b.scalar(4))), b.scalar(5), w))
				b.clear(2, g)
			},
		},
	}
}

// direction brings the moments in slices 1 and 2 up to date by the gradient in slice 3,
// and returns the first over the root of the second, and the scaled gradient.
func (b *block) direction() (u, g value) {
	g = b.mul(b.load(3), b.scalar(0))
	m := b.load(1)
	m = b.fma(b.subtract(g, m), b.scalar(1), m)
	v := b.fma(b.mul(g, b.scalar(3)), g, b.mul(b.load(2), b.scalar(2)))
	b.store(1, m)
	b.store(2, v)
	root := b.emit(opSqrt, v, none, none, 0)
	return b.div(m, b.fma(root, b.scalar(4), b.scalar(5))), g
}

// clear stores zeros, made from any value.
func (b *block) clear(i int, from value) { b.store(i, b.binary(opXor, from, from)) }
