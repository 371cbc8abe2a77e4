package kernel

// Exp sets dst to e^x, within 1 unit in the last place: 0 below -104, +Inf above 88.8.
func Exp(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("Exp", len(dst), len(x))
	}
	exp(dst, x)
}

// Tanh sets dst to the hyperbolic tangent of x.
func Tanh(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("Tanh", len(dst), len(x))
	}
	tanh(dst, x)
}

// Sigmoid sets dst to 1/(1+e^-x).
func Sigmoid(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("Sigmoid", len(dst), len(x))
	}
	sigmoid(dst, x)
}

// SiLU sets dst to x/(1+e^-x), also called swish (Ramachandran and others, 2017).
// At -Inf it is NaN.
func SiLU(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("SiLU", len(dst), len(x))
	}
	silu(dst, x)
}

// GELU sets dst to x·Φ(x), Φ the normal distribution's cumulative function
// (Hendrycks and Gimpel, 2016).
func GELU(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("GELU", len(dst), len(x))
	}
	gelu(dst, x)
}

// GELUTanh sets dst to x/2·(1+tanh(√(2/π)(x+0.044715x³))), the approximation of
// GELU that GPT-2 and many others use. At -Inf it is NaN.
func GELUTanh(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("GELUTanh", len(dst), len(x))
	}
	geluTanh(dst, x)
}

// QuickGELU sets dst to x/(1+e^(-1.702x)), CLIP's approximation of GELU. At -Inf it
// is NaN.
func QuickGELU(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("QuickGELU", len(dst), len(x))
	}
	quickGELU(dst, x)
}

// ReLU sets dst to x where x is not below 0, and else to 0. NaN stays NaN.
func ReLU(dst, x []float32) {
	if len(x) != len(dst) {
		sameLength("ReLU", len(dst), len(x))
	}
	relu(dst, x)
}

// SiLUMul sets dst to SiLU(gate)·up.
func SiLUMul(dst, gate, up []float32) {
	if len(gate) != len(dst) || len(up) != len(dst) {
		sameLength("SiLUMul", len(dst), len(gate), len(up))
	}
	siluMul(dst, gate, up)
}

// GELUMul sets dst to GELU(gate)·up.
func GELUMul(dst, gate, up []float32) {
	if len(gate) != len(dst) || len(up) != len(dst) {
		sameLength("GELUMul", len(dst), len(gate), len(up))
	}
	geluMul(dst, gate, up)
}

// GELUTanhMul sets dst to GELUTanh(gate)·up.
func GELUTanhMul(dst, gate, up []float32) {
	if len(gate) != len(dst) || len(up) != len(dst) {
		sameLength("GELUTanhMul", len(dst), len(gate), len(up))
	}
	geluTanhMul(dst, gate, up)
}
