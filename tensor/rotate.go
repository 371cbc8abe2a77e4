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
	rotate(y.data, x.data, x, cos, sin, adjacent)
	if x.needsGrad() {
		cos, back := slices.Clone(cos), make([]float32, len(sin))
		for i, s := range sin {
			back[i] = -s
		}
		return y.record(func(dy []float32) {
			g, fresh := x.sink()
			if fresh {
				rotate(g, dy, x, cos, back, adjacent)
				return
			}
			d := borrow(len(dy))
			rotate(d, dy, x, cos, back, adjacent)
			kernel.Axpy(1, d, g)
			giveBack(d)
		}, x)
	}
	return y
}

// rotate writes src, of x's shape, to dst, turned.
func rotate(dst, src []float32, x *Tensor, cos, sin []float32, adjacent bool) {
	places, H, D := x.dims[0]*x.dims[1], x.dims[2], x.dims[3]
	if places*H*D == 0 {
		return
	}
	spread(&rotations, places, max(1, rotationGrain/(H*D)), rotation{dst, src, cos, sin, H, D, len(cos) / places, adjacent})
}

// rotationGrain is how many values one thread turns at a time.
const rotationGrain = 1 << 12

var rotations freeList[spreadTask[rotation]]

// rotation turns n pairs of values of each of H heads of D, at each place.
type rotation struct {
	dst, src, cos, sin []float32
	H, D, n            int
	adjacent           bool
}

func (t rotation) span(lo, hi int) {
	for i := lo; i < hi; i++ {
		at := t.dst[i*t.H*t.D : (i+1)*t.H*t.D]
		copy(at, t.src[i*t.H*t.D:])
		c, s := t.cos[i*t.n:(i+1)*t.n], t.sin[i*t.n:(i+1)*t.n]
		for ; len(at) > 0; at = at[t.D:] {
			if t.adjacent {
				kernel.RopePairs(at[:2*t.n], c, s)
			} else {
				kernel.RopeHalf(at[:2*t.n], c, s)
			}
		}
	}
}
