package tensor

import (
	"encoding/binary"
	"unsafe"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A plane is one array of a panelStore: for each head, strips that each hold width
// values for every position, in the order of positions, panel by panel.
type plane[T any] struct {
	strips, width int
	data          []T
}

// size returns how many values the plane has.
func (p *plane[T]) size(s *panelStore) int { return s.heads * p.strips * s.capacity * p.width }

func (p *plane[T]) bytes(s *panelStore) int { return p.size(s) * int(unsafe.Sizeof(*new(T))) }

func (p *plane[T]) allocate(s *panelStore) { p.data = make([]T, p.size(s)) }

// strip returns strip i of head.
func (p *plane[T]) strip(s *panelStore, head, i int) []T {
	n := s.capacity * p.width
	at := (head*p.strips + i) * n
	return p.data[at : at+n]
}

// copy copies n positions, whole panels, of each head of another store's plane.
func (p *plane[T]) copy(s *panelStore, at int, other *plane[T], o *panelStore, from, n int) {
	for head := range s.heads {
		for i := range p.strips {
			copy(p.strip(s, head, i)[at*p.width:(at+n)*p.width], other.strip(o, head, i)[from*p.width:])
		}
	}
}

// A panelStore holds keys and values of heads as kernel.Gemm multiplies by them: keys
// in panels of 32 positions, [capacity/32][D][32], and values in panels of 32
// dimensions, [D/32][capacity][32]. In the form Q8_0, 32 dimensions of a position are
// a block: codes stand as values do, and the scales of a block stand side by side for
// the positions of a panel.
type panelStore struct {
	form                 DType // F32, F16, BF16 or Q8_0
	heads, dim, capacity int   // capacity: a whole number of panels

	k32, v32 plane[float32]
	k16, v16 plane[uint16]
	k8, v8   plane[int8]
	kd, vd   plane[uint16] // scales of k8 and v8, in half precision
}

// roundPanels returns n, rounded up to whole panels.
func roundPanels(n int) int { return (n + kernel.Panel - 1) / kernel.Panel * kernel.Panel }

// newPanelStore returns a store without memory.
func newPanelStore(form DType, heads, dim, capacity int) panelStore {
	s := panelStore{form: form, heads: heads, dim: dim, capacity: roundPanels(capacity)}
	blocks := (dim + kernel.Panel - 1) / kernel.Panel
	switch form {
	case F32:
		s.k32, s.v32 = plane[float32]{strips: 1, width: dim}, plane[float32]{strips: blocks, width: kernel.Panel}
	case BF16:
		s.k16, s.v16 = plane[uint16]{strips: 1, width: (dim + 1) / 2 * 2}, plane[uint16]{strips: blocks, width: kernel.Panel}
	case F16:
		s.k16, s.v16 = plane[uint16]{strips: 1, width: dim}, plane[uint16]{strips: blocks, width: kernel.Panel}
	case Q8_0:
		s.k8, s.v8 = plane[int8]{strips: 1, width: dim}, plane[int8]{strips: blocks, width: kernel.Panel}
		s.kd, s.vd = plane[uint16]{strips: 1, width: blocks}, plane[uint16]{strips: blocks, width: 1}
	}
	return s
}

// A planar is a plane of whatever values.
type planar interface {
	allocate(s *panelStore)
	bytes(s *panelStore) int
}

// planes returns all planes; those that the form has no use for are empty.
func (s *panelStore) planes() [8]planar {
	return [...]planar{&s.k32, &s.v32, &s.k16, &s.v16, &s.k8, &s.v8, &s.kd, &s.vd}
}

func (s *panelStore) allocate() {
	for _, p := range s.planes() {
		p.allocate(s)
	}
}

// bytes returns how much memory the store takes.
func (s *panelStore) bytes() int {
	n := 0
	for _, p := range s.planes() {
		n += p.bytes(s)
	}
	return n
}

// copy copies n positions, whole panels, from position from of another store to at.
func (s *panelStore) copy(at int, o *panelStore, from, n int) {
	n = roundPanels(n)
	s.k32.copy(s, at, &o.k32, o, from, n)
	s.v32.copy(s, at, &o.v32, o, from, n)
	s.k16.copy(s, at, &o.k16, o, from, n)
	s.v16.copy(s, at, &o.v16, o, from, n)
	s.k8.copy(s, at, &o.k8, o, from, n)
	s.v8.copy(s, at, &o.v8, o, from, n)
	s.kd.copy(s, at, &o.kd, o, from, n)
	s.vd.copy(s, at, &o.vd, o, from, n)
}

// A factor is the left side of a product with keys or values, and its result: rows
// of a, lda apart, and of c, ldc apart.
type factor struct {
	c, a     []float32
	ldc, lda int
	rows     int
	wide     []float32 // room for a few panels as float32
}

// widened is how many values of blocks are widened at a time: they stay in the nearest
// cache.
const widened = 1 << 12

// byKeys sets c to the products of a and the keys [lo,hi) of head, lo being the start
// of a panel.
func (s *panelStore) byKeys(f factor, head, lo, hi int) {
	k, from := s.dim, lo*s.dim
	switch s.form {
	case F32:
		kernel.Gemm(f.c, f.ldc, f.a, f.lda, s.k32.strip(s, head, 0)[from:], k*kernel.Panel, f.rows, hi-lo, k, false)
	case F16:
		kernel.GemmF16(f.c, f.ldc, f.a, f.lda, s.k16.strip(s, head, 0)[from:], k*kernel.Panel, f.rows, hi-lo, k, false)
	case BF16:
		stride := kernel.BF16Stride(k)
		kernel.GemmBF16(f.c, f.ldc, f.a, f.lda, s.k16.strip(s, head, 0)[lo/kernel.Panel*stride:], stride, f.rows, hi-lo, k, false)
	default:
		step := max(widened/k/kernel.Panel, 1) * kernel.Panel
		for at := lo; at < hi; at += step {
			end := min(at+step, hi)
			kernel.Gemm(f.c[at-lo:], f.ldc, f.a, f.lda, s.wideKeys(f.wide, head, at, end), k*kernel.Panel, f.rows, end-at, k, false)
		}
	}
}

// byValues sets c to the products of a and panel d of the values [lo,hi) of head.
func (s *panelStore) byValues(f factor, head, d, lo, hi int) {
	n, k, from := min(kernel.Panel, s.dim-d*kernel.Panel), hi-lo, lo*kernel.Panel
	switch s.form {
	case F32:
		kernel.Gemm(f.c, f.ldc, f.a, f.lda, s.v32.strip(s, head, d)[from:], k*kernel.Panel, f.rows, n, k, false)
	case F16:
		kernel.GemmF16(f.c, f.ldc, f.a, f.lda, s.v16.strip(s, head, d)[from:], k*kernel.Panel, f.rows, n, k, false)
	case BF16:
		kernel.GemmBF16(f.c, f.ldc, f.a, f.lda, s.v16.strip(s, head, d)[from:], kernel.BF16Stride(k), f.rows, n, k, false)
	default:
		for at := lo; at < hi; at += widened / kernel.Panel {
			end := min(at+widened/kernel.Panel, hi)
			wide := f.wide[:(end-at)*kernel.Panel]
			kernel.WidenRows(wide, s.v8.strip(s, head, d)[at*kernel.Panel:end*kernel.Panel], s.vd.strip(s, head, d)[at:end])
			kernel.Gemm(f.c, f.ldc, f.a[at-lo:], f.lda, wide, len(wide), f.rows, n, end-at, at > lo)
		}
	}
}

// wideKeys returns the panels of keys [lo,hi) of head, blocks that are made float32 in
// wide.
func (s *panelStore) wideKeys(wide []float32, head, lo, hi int) []float32 {
	from, to, blocks, p := lo*s.dim, roundPanels(hi)*s.dim, s.kd.width, wide
	codes, scales := s.k8.strip(s, head, 0)[from:to], s.kd.strip(s, head, 0)[lo*blocks:]
	for len(codes) > 0 { // a panel
		for d := 0; d < s.dim; d += kernel.Panel {
			n := min(kernel.Panel, s.dim-d) * kernel.Panel
			kernel.WidenColumns(p[:n], codes[:n], scales[:kernel.Panel])
			p, codes, scales = p[n:], codes[n:], scales[kernel.Panel:]
		}
	}
	return wide[:to-from]
}

// put writes a key and a value to position pos of head.
func (s *panelStore) put(head, pos int, k, v []float32) {
	lane, panel := pos%kernel.Panel, pos/kernel.Panel*kernel.Panel
	for at := 0; at < s.dim; at += kernel.Panel {
		i, n := at/kernel.Panel, min(kernel.Panel, s.dim-at)
		key, value := k[at:at+n], v[at:at+n]
		from, to := panel*s.dim+at*kernel.Panel+lane, pos*kernel.Panel
		switch s.form {
		case F32:
			scatter(s.k32.strip(s, head, 0)[from:], key)
			copy(s.v32.strip(s, head, i)[to:], value)
		case Q8_0:
			var codes [kernel.Panel]int8
			s.kd.strip(s, head, 0)[panel*s.kd.width+at+lane] = cacheBlock(&codes, key)
			scatter(s.k8.strip(s, head, 0)[from:], codes[:n])
			s.vd.strip(s, head, i)[pos] = cacheBlock(&codes, value)
			copy(s.v8.strip(s, head, i)[to:], codes[:n])
		case F16:
			var half [kernel.Panel]uint16
			kernel.F32ToF16(half[:n], key)
			scatter(s.k16.strip(s, head, 0)[from:], half[:n])
			kernel.F32ToF16(half[:n], value)
			copy(s.v16.strip(s, head, i)[to:], half[:n])
		case BF16:
			var half [kernel.Panel]uint16
			kernel.F32ToBF16(half[:n], key)
			keys := s.k16.strip(s, head, 0)[panel*s.k16.width+at*kernel.Panel+2*lane:]
			for j, h := range half[:n] {
				keys[j/2*2*kernel.Panel+j%2] = h
			}
			kernel.F32ToBF16(half[:n], value)
			values := s.v16.strip(s, head, i)[pos/2*2*kernel.Panel+pos%2:]
			for j, h := range half[:n] {
				values[2*j] = h
			}
		}
	}
}

// cacheBlock makes x, up to 32 values, a block of Q8_0.
func cacheBlock(codes *[kernel.Panel]int8, x []float32) (scale uint16) {
	var values [kernel.Panel]float32
	var block [2 + kernel.Panel]byte
	if len(x) < kernel.Panel {
		copy(values[:], x)
		x = values[:]
	}
	kernel.Quantize(kernel.FormatQ8_0, block[:], x)
	for i, c := range block[2:] {
		codes[i] = int8(c)
	}
	return binary.LittleEndian.Uint16(block[:])
}

// scatter writes x to every 32nd place of dst.
func scatter[T any](dst, x []T) {
	for i, v := range x {
		dst[i*kernel.Panel] = v
	}
}
