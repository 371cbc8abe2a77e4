package tensor

import "fmt"

// MaxDims is the largest number of axes a tensor has.
const MaxDims = 8

// A ShapeError says which operation was given shapes that do not fit.
type ShapeError struct {
	Op     string
	Shapes [][]int
	Why    string
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("tensor: %s%v: %s", e.Op, e.Shapes, e.Why)
}

// Try calls f and returns the *ShapeError that it panics with, if any.
// Any other panic passes through.
func Try(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *ShapeError:
			err = r
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// fail panics with the shapes of ts; it stands apart so that the checks which
// lead to it stay free of allocation.
func fail(op, why string, ts ...*Tensor) {
	shapes := make([][]int, len(ts))
	for i, t := range ts {
		if t != nil {
			shapes[i] = t.Shape()
		}
	}
	panic(&ShapeError{op, shapes, why})
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func sameShape(x, y *Tensor) bool {
	return x.rank == y.rank && x.dims == y.dims
}
