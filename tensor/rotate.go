package tensor

import (
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// Rotate turns pairs of values of x [B,T,H,D] by angles that depend on B and T:
// rotary position embedding (arXiv:2104.09864). cos and sin hold n values for
// each of the B*T places, for the pairs (i, i+n) of the first 2n of D values;
// or, if adjacent, for the pairs (2i, 2i+1).
func Rotate(x *Tensor, cos, sin []float32, adjacent bool) *Tensor {
	if x.rank != 4 || len(cos) != len(sin) || len(cos)%(x.dims[0]*x.dims[1]) != 0 {
		fail("Rotate", "want [B,T,H,D], and as many angles for each of B and T", x)
	}
	y := like(x)
	copy(y.data, x.data)
	rotate(y.data, x, cos, sin, adjacent)
	if x.needsGrad() {
		cos, back := slices.Clone(cos), make([]float32, len(sin))
		for i, s := range sin {
			back[i] = -s
		}
		return y.record(func(dy []float32) {
			d := slices.Clone(dy)
			rotate(d, x, cos, back, adjacent)
			kernel.Axpy(1, d, x.grad)
		}, x)
	}
	return y
}

// rotate turns data, of x's shape, in place.
func rotate(data []float32, x *Tensor, cos, sin []float32, adjacent bool) {
	places, H, D := x.dims[0]*x.dims[1], x.dims[2], x.dims[3]
	n := len(cos) / places
	for i := range places {
		c, s := cos[i*n:(i+1)*n], sin[i*n:(i+1)*n]
		for h := range H {
			v := data[(i*H+h)*D : (i*H+h)*D+2*n]
			if adjacent {
				kernel.RopePairs(v, c, s)
			} else {
				kernel.RopeHalf(v, c, s)
			}
		}
	}
}
