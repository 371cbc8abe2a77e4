package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// A Format is the form of stored numbers. The values are those of tensor.DType.
type Format uint8

// The formats: plain numbers, and then GGUF's block formats, all little-endian.
const (
	FormatF32 Format = iota
	FormatF16
	FormatBF16
	FormatF64
	FormatI8
	FormatI16
	FormatI32
	FormatI64
	FormatU8
	FormatBool
	FormatQ8_0
	FormatQ4_0
	FormatQ4_1
	FormatQ5_0
	FormatQ5_1
	FormatQ2_K
	FormatQ3_K
	FormatQ4_K
	FormatQ5_K
	FormatQ6_K
	FormatIQ4_NL
	numFormats
)

// formats holds each format's name, and how many values a block of how many
// bytes holds.
var formats = [numFormats]struct {
	name          string
	values, bytes int
}{
	FormatF32: {"F32", 1, 4}, FormatF16: {"F16", 1, 2}, FormatBF16: {"BF16", 1, 2}, FormatF64: {"F64", 1, 8},
	FormatI8: {"I8", 1, 1}, FormatI16: {"I16", 1, 2}, FormatI32: {"I32", 1, 4}, FormatI64: {"I64", 1, 8},
	FormatU8: {"U8", 1, 1}, FormatBool: {"BOOL", 1, 1},
	FormatQ8_0: {"Q8_0", 32, 34}, FormatQ4_0: {"Q4_0", 32, 18}, FormatQ4_1: {"Q4_1", 32, 20},
	FormatQ5_0: {"Q5_0", 32, 22}, FormatQ5_1: {"Q5_1", 32, 24}, FormatQ2_K: {"Q2_K", 256, 84},
	FormatQ3_K: {"Q3_K", 256, 110}, FormatQ4_K: {"Q4_K", 256, 144}, FormatQ5_K: {"Q5_K", 256, 176},
	FormatQ6_K: {"Q6_K", 256, 210}, FormatIQ4_NL: {"IQ4_NL", 32, 18},
}

// String returns the name that GGUF or safetensors gives the format.
func (f Format) String() string {
	if f >= numFormats {
		return fmt.Sprintf("Format(%d)", uint8(f))
	}
	return formats[f].name
}

// Block returns how many values one block holds, and in how many bytes. It
// panics if f is none of the constants.
func (f Format) Block() (values, bytes int) { return formats[f].values, formats[f].bytes }

// Dequantize sets dst to the numbers of src, which may start at any address.
// The block formats follow ggml bit for bit: the arithmetic is float32, each
// operation rounded. Integers and float64 are rounded to float32; a boolean is
// 0 or 1. It panics if f is unknown or src is not just the blocks of dst.
func Dequantize(f Format, dst []float32, src []byte) {
	checkBlocks("Dequantize", f, len(dst), len(src))
	switch f {
	case FormatF32, FormatF16, FormatBF16, FormatF64:
		decodeFloats(f, dst, src)
	case FormatI8, FormatI16, FormatI32, FormatI64, FormatU8, FormatBool:
		decodeInts(f, dst, src)
	case FormatQ2_K, FormatQ3_K, FormatQ4_K, FormatQ5_K, FormatQ6_K:
		decodeSuperblocks(f, dst, src)
	default:
		decodeBlocks(f, dst, src)
	}
}

func checkBlocks(op string, f Format, numbers, raw int) {
	if f >= numFormats {
		panic("kernel: " + op + ": unknown format")
	}
	if values, bytes := f.Block(); numbers%values != 0 || raw != numbers/values*bytes {
		panic(fmt.Sprintf("kernel: %s: %d bytes of %v for %d numbers", op, raw, f, numbers))
	}
}

// littleEndian says whether the memory of this machine has the order of files.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// asBytes returns the memory of x.
func asBytes(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// asHalves returns src as 16-bit words, if this machine can read them in place.
func asHalves(src []byte) ([]uint16, bool) {
	p := unsafe.Pointer(unsafe.SliceData(src))
	if !littleEndian || uintptr(p)%2 != 0 {
		return nil, false
	}
	return unsafe.Slice((*uint16)(p), len(src)/2), true
}

func decodeFloats(f Format, dst []float32, src []byte) {
	switch f {
	case FormatF32:
		if littleEndian {
			copy(asBytes(dst), src)
			return
		}
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case FormatF64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	default:
		decodeHalves(f, dst, src)
	}
}

func decodeHalves(f Format, dst []float32, src []byte) {
	if halves, ok := asHalves(src); ok {
		widenHalves(f, dst, halves)
		return
	}
	var buf [256]uint16 // words at an odd address are copied, some at a time
	for len(dst) > 0 {
		n := min(len(dst), len(buf))
		for i := range n {
			buf[i] = binary.LittleEndian.Uint16(src[2*i:])
		}
		widenHalves(f, dst[:n], buf[:n])
		dst, src = dst[n:], src[2*n:]
	}
}

// widenHalves calls by name, as the operands of a function variable escape.
func widenHalves(f Format, dst []float32, src []uint16) {
	if f == FormatBF16 {
		BF16ToF32(dst, src)
	} else {
		F16ToF32(dst, src)
	}
}

func decodeInts(f Format, dst []float32, src []byte) {
	for i := range dst {
		switch f {
		case FormatI8:
			dst[i] = float32(int8(src[i]))
		case FormatI16:
			dst[i] = float32(int16(binary.LittleEndian.Uint16(src[2*i:])))
		case FormatI32:
			dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:])))
		case FormatI64:
			dst[i] = float32(int64(binary.LittleEndian.Uint64(src[8*i:])))
		case FormatU8:
			dst[i] = float32(src[i])
		default: // a boolean
			dst[i] = float32(min(src[i], 1))
		}
	}
}

// half returns the half precision number at the start of b.
func half(b []byte) float32 {
	return math.Float32frombits(f16Bits(uint32(binary.LittleEndian.Uint16(b))))
}
