package kernel

// TanhGrad adds dy·tanh'(x) to dx.
func TanhGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("TanhGrad", len(dx), len(x), len(dy))
	}
	tanhGrad(dx, x, dy)
}

// SigmoidGrad adds dy·σ'(x) to dx, σ being [Sigmoid].
func SigmoidGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("SigmoidGrad", len(dx), len(x), len(dy))
	}
	sigmoidGrad(dx, x, dy)
}

// SiLUGrad adds dy times the slope of [SiLU] at x to dx.
func SiLUGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("SiLUGrad", len(dx), len(x), len(dy))
	}
	siluGrad(dx, x, dy)
}

// GELUGrad adds dy times the slope of [GELU] at x to dx.
func GELUGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("GELUGrad", len(dx), len(x), len(dy))
	}
	geluGrad(dx, x, dy)
}

// GELUTanhGrad adds dy times the slope of [GELUTanh] at x to dx.
func GELUTanhGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("GELUTanhGrad", len(dx), len(x), len(dy))
	}
	geluTanhGrad(dx, x, dy)
}

// QuickGELUGrad adds dy times the slope of [QuickGELU] at x to dx.
func QuickGELUGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("QuickGELUGrad", len(dx), len(x), len(dy))
	}
	quickGELUGrad(dx, x, dy)
}

// ReLUGrad adds dy to dx where x is above 0.
func ReLUGrad(dx, x, dy []float32) {
	if len(x) != len(dx) || len(dy) != len(dx) {
		sameLength("ReLUGrad", len(dx), len(x), len(dy))
	}
	reluGrad(dx, x, dy)
}
