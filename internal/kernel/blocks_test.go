package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// packed returns the formats that have a packed form.
func packed() (all []Format) {
	for f := range numFormats {
		if packings[f] != nil {
			all = append(all, f)
		}
	}
	return all
}

// onEachFormat runs f as a subtest for each format that has a packed form.
func onEachFormat(t *testing.T, f func(t *testing.T, format Format)) {
	for _, format := range packed() {
		t.Run(format.String(), func(t *testing.T) { f(t, format) })
	}
}

// randomBlocks returns n rows of k values: arbitrary bytes, but for scales and minima
// of moderate size.
func randomBlocks(f Format, n, k int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, uint64(f)))
	values, size := f.Block()
	raw := make([]byte, n*k/values*size)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	for b := 0; b < len(raw); b += size {
		for _, at := range halvesIn(f) {
			sign := uint16(r.Uint32N(2)) << 15
			h := sign | uint16(8+r.Uint32N(6))<<10 | uint16(r.Uint32N(1024))
			raw[b+at], raw[b+at+1] = byte(h), byte(h>>8)
		}
	}
	return raw
}

// halvesIn returns where a block has numbers of half precision.
func halvesIn(f Format) []int {
	switch f {
	case FormatQ4_1, FormatQ5_1, FormatQ4_K, FormatQ5_K:
		return []int{0, 2}
	case FormatQ2_K:
		return []int{80, 82}
	case FormatQ3_K:
		return []int{108}
	case FormatQ6_K:
		return []int{208}
	}
	return []int{0}
}

func packedRows(f Format, src []byte, n, k int) []byte {
	dst := make([]byte, (n+BlockColumns-1)/BlockColumns*BlocksStride(f, k))
	for i := range dst {
		dst[i] = 0xa5
	}
	PackBlocks(f, dst, src, n, k)
	return dst
}

func activationsOf(x []float32, m, k int) *Activations {
	a := new(Activations)
	a.Resize(m, k)
	a.Quantize(x, k, 0, m)
	return a
}

func TestUnpackBlocksRowIsDequantize(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		values, size := f.Block()
		r := rand.New(rand.NewPCG(1, 1))
		for _, n := range []int{1, 15, 16, 17, 40} {
			k := 3 * values
			src := make([]byte, n*3*size)
			for i := range src {
				src[i] = byte(r.Uint32())
			}
			b := packedRows(f, src, n, k)
			got, want := make([]float32, k), make([]float32, k)
			for i := range n {
				UnpackBlocksRow(f, got, b, i, k)
				Dequantize(f, want, src[i*3*size:(i+1)*3*size])
				for j := range got {
					if math.Float32bits(got[j]) != math.Float32bits(want[j]) {
						t.Fatalf("row %d of %d: value %d is %g, want %g", i, n, j, got[j], want[j])
					}
				}
			}
		}
	})
}

// The size of the packed form is that of GGUF's, within 3 % where k is not tiny.
func TestBlocksStride(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		values, size := f.Block()
		for _, k := range []int{0, 256, 768, 4864 / 256 * 256} {
			if got, want := BlocksStride(f, k), 16*k/values*size; got < want || float64(got) > 1.03*float64(want) {
				t.Errorf("k=%d: %d bytes, GGUF has %d", k, got, want)
			}
		}
	})
	for _, c := range []struct {
		f Format
		k int
	}{{FormatQ8_0, 33}, {FormatF32, 32}, {numFormats, 32}, {FormatQ4_0, -32}} {
		if CanPackBlocks(c.f, c.k) {
			t.Errorf("CanPackBlocks(%v, %d)", c.f, c.k)
		}
	}
}

// The product is that of the dequantised matrices.
func TestGemmBlocksIsTheProduct(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		onEachIntegerLevel(t, func(t *testing.T) {
			values, size := f.Block()
			m, n, k := 3, 19, 2*values
			src := randomBlocks(f, n, k, 4)
			x, c := noise(m*k, 3), make([]float32, m*n)
			a := activationsOf(x, m, k)
			GemmBlocks(f, c, n, a, 0, m, packedRows(f, src, n, k), n, k)
			w := make([]float32, k)
			for j := range n {
				Dequantize(f, w, src[j*2*size:(j+1)*2*size])
				for i := range m {
					var want, sum float64
					for l := range k {
						b := a.row(i)[l/32]
						p := float64(b.scale) * float64(b.codes[l%32]) * float64(w[l])
						want, sum = want+p, sum+math.Abs(p)
					}
					if got := float64(c[i*n+j]); math.Abs(got-want) > 1e-5*sum {
						t.Fatalf("element (%d,%d) = %g, want %g", i, j, got, want)
					}
				}
			}
		})
	})
}

// The blocks with the scale 1 and the minimum 0 dequantise to their codes, and so give
// the meaning of an element without the packed form.
func TestGemmBlocksIsItsMeaning(t *testing.T) {
	for _, f := range []Format{FormatQ8_0, FormatQ4_0, FormatQ4_1, FormatQ5_0, FormatQ5_1, FormatIQ4_NL} {
		_, size := f.Block()
		const k = 96
		src := randomBlocks(f, 1, k, 6)
		plain := slices.Clone(src)
		scales, lows := make([]float32, k/32), make([]float32, k/32)
		for b := range k / 32 {
			block := plain[b*size:]
			scales[b] = half(block)
			block[0], block[1] = 0, 0x3c
			if len(halvesIn(f)) == 2 {
				lows[b] = half(block[2:])
				block[2], block[3] = 0, 0
			}
		}
		w := make([]float32, k)
		Dequantize(f, w, plain)
		a := activationsOf(noise(k, 7), 1, k)
		var want float32
		for b, x := range a.row(0) {
			var sum, total int32
			for i, v := range x.codes {
				sum += int32(v) * int32(w[32*b+i])
				total += int32(v)
			}
			want = fma32(float32(sum), x.scale*scales[b], want)
			if len(halvesIn(f)) == 2 {
				want = fma32(lows[b], x.scale*float32(total), want)
			}
		}
		var got [1]float32
		GemmBlocks(f, got[:], 1, a, 0, 1, packedRows(f, src, 1, k), 1, k)
		if !sameBits(got[0], want) {
			t.Errorf("%v: %g, want %g", f, got[0], want)
		}
	}
}

func TestGemmBlocksAgrees(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		values, _ := f.Block()
		onEachIntegerLevel(t, func(t *testing.T) {
			for m := 1; m <= 30; m++ {
				for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 48, 67, 100} {
					if m%4 == n%4 || m < 5 || n == 32 {
						checkBlocksCase(t, f, m, n, values*(1+(m+n)%5), (m+n)%3)
					}
				}
			}
			checkBlocksCase(t, f, 5, 40, 2048, 1)
			checkBlocksCase(t, f, 1, 1100, 256, 0)
		})
	})
}

// checkBlocksCase holds the active level to the generic one.
func checkBlocksCase(t *testing.T, f Format, m, n, k, pad int) {
	t.Helper()
	b := packedRows(f, randomBlocks(f, n, k, uint64(n+k)), n, k)
	a := activationsOf(noise((m+pad)*k, uint64(m)), m+pad, k)
	ldc := n + pad
	want := make([]float32, m*ldc)
	gemmBlocksGeneric(f, want, ldc, a, pad, m, b, n, k)
	c, intact := guarded((m-1)*ldc+n, m%8, float32(math.NaN()))
	GemmBlocks(f, c, ldc, a, pad, m, b, n, k)
	for i := range c {
		if j := i % ldc; j < n && !sameBits(c[i], want[i]) {
			t.Fatalf("m=%d n=%d k=%d: element (%d,%d) = %g, want %g", m, n, k, i/ldc, j, c[i], want[i])
		} else if j >= n && c[i] == c[i] {
			t.Fatalf("m=%d n=%d k=%d: element (%d,%d), past the columns, is written", m, n, k, i/ldc, j)
		}
	}
	if !intact() {
		t.Fatalf("m=%d n=%d k=%d: written outside C", m, n, k)
	}
}

// What a damaged file may hold passes through without harm.
func TestGemmBlocksOfAnyBytes(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		values, size := f.Block()
		r := rand.New(rand.NewPCG(2, 2))
		onEachIntegerLevel(t, func(t *testing.T) {
			const m, n = 7, 37
			k := 2 * values
			src := make([]byte, n*2*size)
			for i := range src {
				src[i] = byte(r.Uint32())
			}
			x := noise(m*k, 9)
			x[5], x[k+70%k], x[2*k] = float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32
			a, b := activationsOf(x, m, k), packedRows(f, src, n, k)
			got, want := make([]float32, m*n), make([]float32, m*n)
			GemmBlocks(f, got, n, a, 0, m, b, n, k)
			gemmBlocksGeneric(f, want, n, a, 0, m, b, n, k)
			for i := range got {
				if !sameBits(got[i], want[i]) {
					t.Fatalf("element %d = %g, want %g", i, got[i], want[i])
				}
			}
		})
	})
}

// The largest codes do not overflow on the way.
func TestGemmBlocksOfExtremes(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		values, size := f.Block()
		onEachIntegerLevel(t, func(t *testing.T) {
			for _, fill := range []byte{0x00, 0xff, 0x80, 0x7f, 0x88, 0x0f} {
				for _, sign := range []float32{1, -1} {
					const n = 33
					src := make([]byte, n*size)
					for i := range src {
						src[i] = fill
					}
					for i := range n {
						for _, at := range halvesIn(f) {
							copy(src[i*size+at:], []byte{0, 0x3c})
						}
					}
					x := make([]float32, 14*values)
					for i := range x {
						x[i] = sign
					}
					a, b := activationsOf(x, 14, values), packedRows(f, src, n, values)
					got, want := make([]float32, 14*n), make([]float32, 14*n)
					GemmBlocks(f, got, n, a, 0, 14, b, n, values)
					gemmBlocksGeneric(f, want, n, a, 0, 14, b, n, values)
					if !slices.Equal(got, want) {
						t.Fatalf("codes %#x by %g: %g, want %g", fill, 127*sign, got[0], want[0])
					}
				}
			}
		})
	})
}

func TestGemmBlocksChecks(t *testing.T) {
	a := activationsOf(make([]float32, 128), 2, 64)
	b := make([]byte, 2*BlocksStride(FormatQ8_0, 64))
	for name, f := range map[string]func(){
		"short c":    func() { GemmBlocks(FormatQ8_0, make([]float32, 33), 17, a, 0, 2, b, 17, 64) },
		"short b":    func() { GemmBlocks(FormatQ8_0, make([]float32, 40), 40, a, 0, 1, b, 33, 64) },
		"rows":       func() { GemmBlocks(FormatQ8_0, make([]float32, 64), 32, a, 1, 2, b, 32, 64) },
		"other k":    func() { GemmBlocks(FormatQ8_0, make([]float32, 64), 32, a, 0, 2, b, 32, 32) },
		"no format":  func() { GemmBlocks(FormatF32, make([]float32, 64), 32, a, 0, 2, b, 32, 64) },
		"pack":       func() { PackBlocks(FormatQ8_0, b, make([]byte, 67), 1, 64) },
		"resize":     func() { new(Activations).Resize(1, 33) },
		"quantize":   func() { new(Activations).Quantize(nil, 0, 0, 1) },
		"unpack row": func() { UnpackBlocksRow(FormatQ8_0, make([]float32, 64), b, 32, 64) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func TestBlocksAllocateNothing(t *testing.T) {
	onEachFormat(t, func(t *testing.T, f Format) {
		values, _ := f.Block()
		onEachIntegerLevel(t, func(t *testing.T) {
			const m, n = 9, 40
			x, c := noise(m*values, 1), make([]float32, m*n)
			b := packedRows(f, randomBlocks(f, n, values, 2), n, values)
			a, row := activationsOf(x, m, values), make([]float32, values)
			if n := testing.AllocsPerRun(5, func() {
				a.Resize(m, values)
				a.Quantize(x, values, 0, m)
				GemmBlocks(f, c, n, a, 0, m, b, n, values)
				UnpackBlocksRow(f, row, b, 3, values)
			}); n != 0 {
				t.Errorf("%g allocations", n)
			}
		})
	})
}

func ExampleGemmBlocks() {
	w := make([]byte, 2*34) // two rows of 32 values
	Quantize(FormatQ8_0, w, append(slices.Repeat([]float32{1}, 32), slices.Repeat([]float32{-2}, 32)...))
	b := make([]byte, BlocksStride(FormatQ8_0, 32))
	PackBlocks(FormatQ8_0, b, w, 2, 32)
	var a Activations
	a.Resize(1, 32)
	a.Quantize(slices.Repeat([]float32{0.5}, 32), 32, 0, 1)
	c := make([]float32, 2)
	GemmBlocks(FormatQ8_0, c, 2, &a, 0, 1, b, 2, 32)
	fmt.Printf("%.2f\n", c)
	// Output: [16.00 -32.00]
}

// FuzzBlocks packs arbitrary bytes, and holds the levels to each other and what is
// unpacked to what is dequantised.
func FuzzBlocks(f *testing.F) {
	for i := range packed() {
		f.Add(uint8(i), uint8(3), uint8(18), randomBlocks(FormatQ8_0, 40, 64, uint64(i)))
	}
	f.Fuzz(func(t *testing.T, which, rows, columns uint8, raw []byte) {
		all := packed()
		format := all[int(which)%len(all)]
		values, size := format.Block()
		m, n := 1+int(rows)%20, 1+int(columns)%50
		blocks := len(raw) / size / n
		if blocks == 0 {
			return
		}
		k, src := blocks*values, raw[:n*blocks*size]
		b := packedRows(format, src, n, k)
		x := make([]float32, m*k)
		for i := range x {
			x[i] = float32(int8(raw[i%len(raw)])) / 3
		}
		a, got, want := activationsOf(x, m, k), make([]float32, m*n), make([]float32, m*n)
		gemmBlocksGeneric(format, want, n, a, 0, m, b, n, k)
		defer use(active, integer)
		for _, l := range integerLevels() {
			use(l.floats(), l)
			GemmBlocks(format, got, n, a, 0, m, b, n, k)
			for i := range got {
				if !sameBits(got[i], want[i]) {
					t.Fatalf("%v, m=%d n=%d k=%d on %s: element %d = %g, want %g", format, m, n, k, CPU(), i, got[i], want[i])
				}
			}
		}
		row, plain := make([]float32, k), make([]float32, k)
		for i := range n {
			UnpackBlocksRow(format, row, b, i, k)
			Dequantize(format, plain, src[i*blocks*size:(i+1)*blocks*size])
			for j := range row {
				if math.Float32bits(row[j]) != math.Float32bits(plain[j]) {
					t.Fatalf("%v: row %d value %d is %g, want %g", format, i, j, row[j], plain[j])
				}
			}
		}
	})
}

// A row of the product does not depend on the rows beside it nor on how the columns are
// split, also where the rows are too many for the cache.
func TestGemmBlocksRowStandsAlone(t *testing.T) {
	const m, n, k = 300, 80, 2048
	f := FormatQ4_0
	b := packedRows(f, randomBlocks(f, n, k, 1), n, k)
	a := activationsOf(noise(m*k, 2), m, k)
	stride := BlocksStride(f, k)
	onEachIntegerLevel(t, func(t *testing.T) {
		if integer == generic {
			t.Skip("the others are held to it in what is small")
		}
		whole := make([]float32, m*n)
		GemmBlocks(f, whole, n, a, 0, m, b, n, k)
		r := rand.New(rand.NewPCG(5, 5))
		for range 60 {
			i, p := r.IntN(m), r.IntN(n/BlockColumns)
			rows, columns := 1+r.IntN(min(20, m-i)), 1+r.IntN(n-p*BlockColumns)
			part := make([]float32, rows*columns)
			GemmBlocks(f, part, columns, a, i, rows, b[p*stride:], columns, k)
			for j := range part {
				if want := whole[(i+j/columns)*n+p*BlockColumns+j%columns]; !sameBits(part[j], want) {
					t.Fatalf("%d rows from %d, %d columns from %d: element %d = %g, want %g", rows, i, columns, p*BlockColumns, j, part[j], want)
				}
			}
		}
		for i := 0; i < m; i += 97 {
			row := make([]float32, n)
			gemmBlocksGeneric(f, row, n, a, i, 1, b, n, k)
			if !slices.EqualFunc(row, whole[i*n:(i+1)*n], sameBits) {
				t.Fatalf("row %d differs from the reference", i)
			}
		}
	})
}
