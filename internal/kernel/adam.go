package kernel

// Adam are the numbers of a step of Adam's kind, whose caller rounds them once.
type Adam struct {
	Scale        float32 // of the gradients
	Rest1        float32 // 1-β₁
	Beta2, Rest2 float32 // β₂, 1-β₂
	Root         float32 // of the second moment's root: 1/√(1-β₂ᵗ), or 1
	Epsilon      float32 // is added to that
	Rate         float32 // of the quotient: the learning rate over 1-β₁ᵗ, say
	Keep         float32 // AdamStep: the share of w that weight decay leaves
	Decay        float32 // LAMBStep: the share of w in the direction
}

// AdamStep brings the moments m and v of the gradient g up to date and moves w:
//
//	g ← Scale·g;  m ← m + (1-β₁)(g-m);  v ← β₂v + (1-β₂)g²
//	w ← Keep·w - Rate · m/(Root·√v + ε)
//
// It sets g to 0.
func AdamStep(w, m, v, g []float32, a *Adam) {
	if len(m) != len(w) || len(v) != len(w) || len(g) != len(w) {
		sameLength("AdamStep", len(w), len(m), len(v), len(g))
	}
	adamStep(w, m, v, g, a.Scale, a.Rest1, a.Beta2, a.Rest2, a.Root, a.Epsilon, a.Rate, a.Keep)
}

// LAMBStep brings the moments up to date as AdamStep does, and sets g to the direction
// Rate · m/(Root·√v + ε) + Decay·w.
func LAMBStep(w, m, v, g []float32, a *Adam) {
	if len(m) != len(w) || len(v) != len(w) || len(g) != len(w) {
		sameLength("LAMBStep", len(w), len(m), len(v), len(g))
	}
	lambStep(w, m, v, g, a.Scale, a.Rest1, a.Beta2, a.Rest2, a.Root, a.Epsilon, a.Rate, a.Decay)
}

// MomentumStep moves w by stochastic gradient descent with momentum:
//
//	g ← scale·g + decay·w;  m ← momentum·m + g
//	w ← w - rate·m, or with nesterov w - rate·(momentum·m + g)
//
// It sets g to 0.
func MomentumStep(w, m, g []float32, scale, decay, momentum, rate float32, nesterov bool) {
	if len(m) != len(w) || len(g) != len(w) {
		sameLength("MomentumStep", len(w), len(m), len(g))
	}
	shareM, shareG := float32(1), float32(0)
	if nesterov {
		shareM, shareG = momentum, 1
	}
	momentumStep(w, m, g, scale, decay, momentum, shareM, shareG, rate)
}
