package tensor

import "fmt"

// A DType is the form in which a stored tensor's values lie in memory or in a
// file. Arithmetic is float32 whatever the form.
type DType uint8

// The forms that checkpoints use. Q8_0 and below are GGUF's block formats.
const (
	F32 DType = iota
	F16
	BF16
	F64
	I8
	I16
	I32
	I64
	U8
	Bool
	Q8_0
	Q4_0
	Q4_1
	Q5_0
	Q5_1
	Q2_K
	Q3_K
	Q4_K
	Q5_K
	Q6_K
	IQ4_NL
	numDTypes
)

// dtypes holds each form's name, and how many values a block of how many bytes holds.
var dtypes = [numDTypes]struct {
	name          string
	values, bytes int
}{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2}, F64: {"F64", 1, 8},
	I8: {"I8", 1, 1}, I16: {"I16", 1, 2}, I32: {"I32", 1, 4}, I64: {"I64", 1, 8},
	U8: {"U8", 1, 1}, Bool: {"BOOL", 1, 1},
	Q8_0: {"Q8_0", 32, 34}, Q4_0: {"Q4_0", 32, 18}, Q4_1: {"Q4_1", 32, 20},
	Q5_0: {"Q5_0", 32, 22}, Q5_1: {"Q5_1", 32, 24}, Q2_K: {"Q2_K", 256, 84},
	Q3_K: {"Q3_K", 256, 110}, Q4_K: {"Q4_K", 256, 144}, Q5_K: {"Q5_K", 256, 176},
	Q6_K: {"Q6_K", 256, 210}, IQ4_NL: {"IQ4_NL", 32, 18},
}

// String returns the name that safetensors and GGUF give the form.
func (d DType) String() string {
	if d >= numDTypes {
		return fmt.Sprintf("DType(%d)", uint8(d))
	}
	return dtypes[d].name
}

// Block returns how many values one block holds, and in how many bytes; plain
// forms have blocks of one value.
func (d DType) Block() (values, bytes int) { return dtypes[d].values, dtypes[d].bytes }

// ParseDType returns the form of that name, as String gives it.
func ParseDType(name string) (DType, bool) {
	for d := range numDTypes {
		if dtypes[d].name == name {
			return d, true
		}
	}
	return 0, false
}

// MarshalText gives the form's name, for JSON.
func (d DType) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
