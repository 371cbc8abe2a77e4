package kernel

// piece is the number of elements that one call into assembly takes at most, so that
// it lasts some 20 µs: assembly cannot be preempted. It is a multiple of 16, for the
// lanes of reductions.
const piece = 1 << 14

// sameLength panics unless n is the length of all slices of the function named.
func sameLength(name string, n int, others ...int) {
	for _, o := range others {
		if o != n {
			panic("kernel: " + name + ": slices differ in length")
		}
	}
}

// Axpy adds a*x to y, each product fused with its addition.
func Axpy(a float32, x, y []float32) {
	if len(x) != len(y) {
		sameLength("Axpy", len(y), len(x))
	}
	axpy(y, x, a)
}

// ScaleAdd sets dst to a*x + y, the product being rounded too.
func ScaleAdd(dst []float32, a float32, x, y []float32) {
	if len(x) != len(dst) || len(y) != len(dst) {
		sameLength("ScaleAdd", len(dst), len(x), len(y))
	}
	scaleAdd(dst, x, y, a)
}

// Add sets dst to x + y.
func Add(dst, x, y []float32) {
	if len(x) != len(dst) || len(y) != len(dst) {
		sameLength("Add", len(dst), len(x), len(y))
	}
	add(dst, x, y)
}

// Mul sets dst to x * y, element by element.
func Mul(dst, x, y []float32) {
	if len(x) != len(dst) || len(y) != len(dst) {
		sameLength("Mul", len(dst), len(x), len(y))
	}
	mul(dst, x, y)
}

// MulAdd adds x * y to dst, element by element, each product fused with its
// addition.
func MulAdd(dst, x, y []float32) {
	if len(x) != len(dst) || len(y) != len(dst) {
		sameLength("MulAdd", len(dst), len(x), len(y))
	}
	mulAdd(dst, x, y)
}

// Scale sets dst to a * x.
func Scale(dst []float32, a float32, x []float32) {
	if len(x) != len(dst) {
		sameLength("Scale", len(dst), len(x))
	}
	scale(dst, x, a)
}
