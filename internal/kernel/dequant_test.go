package kernel

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// blockGolden is what gguf-py makes of blocks and of numbers.
type blockGolden struct {
	Numbers base64Bytes
	Decode  map[string]struct{ Blocks, Values base64Bytes }
	Encode  map[string]base64Bytes
}

type base64Bytes []byte

func (b *base64Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = base64.StdEncoding.DecodeString(string(text))
	return err
}

func readBlocks(t *testing.T, file string) *blockGolden {
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	g := new(blockGolden)
	if err := json.Unmarshal(raw, g); err != nil {
		t.Fatal(err)
	}
	return g
}

func formatOf(t *testing.T, name string) Format {
	for f := range numFormats {
		if f.String() == name {
			return f
		}
	}
	t.Fatalf("no format %s", name)
	return 0
}

func floats(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

func TestDequantizeIsTheReference(t *testing.T) {
	for name, c := range readBlocks(t, "blocks.json").Decode {
		f, want := formatOf(t, name), floats(c.Values)
		for offset := range 4 { // blocks at any address
			src := append(make([]byte, offset), c.Blocks...)[offset:]
			got := make([]float32, len(want))
			Dequantize(f, got, src)
			for i := range want {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
					t.Fatalf("%s at offset %d: value %d is %g, want %g", name, offset, i, got[i], want[i])
				}
			}
		}
	}
}

func TestQuantizeIsTheReference(t *testing.T) {
	for _, file := range []string{"blocks.json", "encode.json"} {
		g := readBlocks(t, file)
		x := floats(g.Numbers)
		for name, want := range g.Encode {
			f := formatOf(t, name)
			got := make([]byte, len(want))
			Quantize(f, got, x)
			_, size := f.Block()
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s: %s: block %d byte %d is %#x, want %#x", file, name, i/size, i%size, got[i], want[i])
					break
				}
			}
		}
	}
}

func TestDequantizePlain(t *testing.T) {
	for _, c := range []struct {
		f    Format
		raw  []byte
		want []float32
	}{
		{FormatI8, []byte{0, 1, 0x80, 0xff}, []float32{0, 1, -128, -1}},
		{FormatU8, []byte{0, 1, 0x80, 0xff}, []float32{0, 1, 128, 255}},
		{FormatBool, []byte{0, 1, 2}, []float32{0, 1, 1}},
		{FormatI16, []byte{1, 0, 0, 0x80}, []float32{1, -32768}},
		{FormatI32, []byte{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, []float32{1, -1}},
		{FormatI64, []byte{0, 0, 0, 0, 1, 0, 0, 0}, []float32{1 << 32}},
		{FormatF32, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}, []float32{1, -2}},
		{FormatF64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(1.0/3)), []float32{1.0 / 3}},
		{FormatF16, []byte{0, 0x3c, 0, 0xfc}, []float32{1, float32(math.Inf(-1))}},
		{FormatBF16, []byte{0x80, 0x3f, 0x80, 0x7f}, []float32{1, float32(math.Inf(1))}},
	} {
		for offset := range 3 {
			got := make([]float32, len(c.want))
			Dequantize(c.f, got, append(make([]byte, offset), c.raw...)[offset:])
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%v: value %d is %g, want %g", c.f, i, got[i], c.want[i])
				}
			}
		}
	}
}

// A number that a format can hold comes back as it was.
func TestQuantizeRoundTrip(t *testing.T) {
	x := make([]float32, 32)
	for i := range x {
		x[i] = float32(i - 16)
	}
	x[31] = 15
	for _, f := range []Format{FormatF32, FormatF16, FormatBF16, FormatQ5_0} {
		values, size := f.Block()
		raw, y := make([]byte, len(x)/values*size), make([]float32, len(x))
		Quantize(f, raw, x)
		Dequantize(f, y, raw)
		for i := range x {
			if x[i] != y[i] {
				t.Errorf("%v: %g became %g", f, x[i], y[i])
			}
		}
	}
}

// Codes of Q8_0 are rounded to nearest, halves away from zero, on every level.
func TestQ8Rounds(t *testing.T) {
	x := noise(64*32, 5)
	for i := range x {
		switch i % 4 {
		case 0: // near halves, as 127 is the largest of the block
			x[i] = float32(i/4%127) + 0.5
		case 1:
			x[i] = -math.Nextafter32(float32(i/4%127)+0.5, 0)
		}
		if i%32 == 31 {
			x[i] = []float32{127, -127, 12.7, 0, 1e-44, float32(math.Inf(1)), float32(math.NaN()), 3e38}[i/32%8]
		}
		if i/32 == 3 {
			x[i] = 0
		}
	}
	var want [64 * 34]byte
	for i := range 64 {
		encodeQ8(want[34*i:34*i+34], (*[32]float32)(x[32*i:]))
		for j, v := range x[32*i : 32*i+32] {
			if x[32*i+31] == 127 && int8(want[34*i+2+j]) != int8(math.Round(float64(v))) {
				t.Errorf("%g became %d", v, int8(want[34*i+2+j]))
			}
		}
	}
	onEachLevel(t, func(t *testing.T) {
		var got [64 * 34]byte
		Quantize(FormatQ8_0, got[:], x)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("block %d, byte %d: %#x, want %#x", i/34, i%34, got[i], want[i])
			}
		}
	})
}

func TestQuantizeTakesWhatIsNotFinite(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := make([]float32, 256)
	for f := range numFormats {
		if !CanQuantize(f) {
			continue
		}
		values, size := f.Block()
		raw := make([]byte, len(x)/values*size)
		for _, v := range []float32{inf, -inf, nan, 1e-45, math.MaxFloat32} {
			x[3] = v
			Quantize(f, raw, x) // what it gives is not defined: it must give something
		}
	}
}

func TestDequantizeChecks(t *testing.T) {
	panics := func(name string, f func()) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", name)
			}
		}()
		f()
	}
	panics("short", func() { Dequantize(FormatF32, make([]float32, 2), make([]byte, 7)) })
	panics("part of a block", func() { Dequantize(FormatQ8_0, make([]float32, 16), make([]byte, 17)) })
	panics("unknown", func() { Dequantize(numFormats, nil, nil) })
	panics("no encoder", func() { Quantize(FormatI8, make([]byte, 1), make([]float32, 1)) })
}

func TestDequantizeAllocatesNothing(t *testing.T) {
	for f := range numFormats {
		values, size := f.Block()
		dst, src := make([]float32, 256), make([]byte, 256/values*size+1)[1:]
		if n := testing.AllocsPerRun(10, func() { Dequantize(f, dst, src) }); n != 0 {
			t.Errorf("%v allocates %g times", f, n)
		}
	}
}

func BenchmarkDequantize(b *testing.B) {
	const n = 1 << 16
	dst := make([]float32, n)
	for f := range numFormats {
		values, size := f.Block()
		src := make([]byte, n/values*size)
		for i := range src {
			src[i] = byte(i * 31)
		}
		b.Run(fmt.Sprint(f), func(b *testing.B) {
			b.SetBytes(4 * n) // of what is written
			for b.Loop() {
				Dequantize(f, dst, src)
			}
		})
	}
}
