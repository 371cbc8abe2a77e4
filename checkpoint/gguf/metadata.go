package gguf

import (
	"iter"
	"maps"
	"math"
	"slices"
)

// Keys returns the keys of the metadata, sorted.
func (f *File) Keys() []string { return slices.Sorted(maps.Keys(f.kv)) }

// KV returns the value of a key of the metadata, and reports whether it is there:
// a uint8, int8 … int64, float32, float64, bool, string, or a slice of these.
func (f *File) KV(key string) (any, bool) {
	v, ok := f.kv[key]
	if !ok {
		return nil, false
	}
	return v.any(), true
}

// String returns the text of a key, and reports whether there is one.
func (f *File) String(key string) (string, bool) {
	v, ok := f.kv[key]
	if !ok || v.array || v.kind != kindString {
		return "", false
	}
	return string(v.raw), true
}

// Strings returns the texts of a key, and reports whether it holds an array of them.
func (f *File) Strings(key string) ([]string, bool) {
	v, ok := f.kv[key]
	if !ok || !v.array || v.kind != kindString {
		return nil, false
	}
	return v.strings(), true
}

// Texts yields what Strings returns, n texts, one after the other and each with its
// number. They are parts of the file: the caller must not change them, nor use them
// after Close.
func (f *File) Texts(key string) (n int, all iter.Seq2[int, []byte], ok bool) {
	v, ok := f.kv[key]
	if !ok || !v.array || v.kind != kindString {
		return 0, nil, false
	}
	return v.count, v.texts(), true
}

// Bool returns the truth value of a key, and reports whether there is one.
func (f *File) Bool(key string) (value, ok bool) {
	v, ok := f.kv[key]
	if !ok || v.array || v.kind != kindBool {
		return false, false
	}
	return v.raw[0] != 0, true
}

// Int returns the whole number of a key, and reports whether there is one that
// an int can hold.
func (f *File) Int(key string) (int, bool) {
	v, ok := f.kv[key]
	if !ok || v.array {
		return 0, false
	}
	n, ok := whole(v.any())
	return int(n), ok && int64(int(n)) == n
}

// Float returns the number of a key, and reports whether there is one. Whole
// numbers are converted.
func (f *File) Float(key string) (float64, bool) {
	v, ok := f.kv[key]
	if !ok || v.array {
		return 0, false
	}
	switch x := v.any().(type) {
	case float32:
		return float64(x), true
	case float64:
		return x, true
	default:
		n, ok := whole(x)
		return float64(n), ok
	}
}

// Bytes returns the bytes of a key, and reports whether it holds an array of
// them. The caller must not change them, nor use them after Close.
func (f *File) Bytes(key string) ([]byte, bool) {
	v, ok := f.kv[key]
	if !ok || !v.array || v.kind != kindU8 && v.kind != kindI8 {
		return nil, false
	}
	return v.raw, true
}

// Floats returns the numbers of a key, and reports whether it holds an array of
// float32 or float64 ones.
func (f *File) Floats(key string) ([]float32, bool) {
	v, ok := f.KV(key)
	if !ok {
		return nil, false
	}
	switch x := v.(type) {
	case []float32:
		return x, true
	case []float64:
		y := make([]float32, len(x))
		for i, v := range x {
			y[i] = float32(v)
		}
		return y, true
	}
	return nil, false
}

// Ints returns the whole numbers of a key, and reports whether it holds an array
// of them that an int32 can hold.
func (f *File) Ints(key string) ([]int32, bool) {
	v, ok := f.kv[key]
	if !ok || !v.array {
		return nil, false
	}
	switch x := v.any().(type) {
	case []int32:
		return x, true
	case []uint32:
		return narrow(x)
	case []int64:
		return narrow(x)
	case []uint64:
		return narrow(x)
	case []int16:
		return narrow(x)
	case []uint16:
		return narrow(x)
	case []int8:
		return narrow(x)
	case []uint8:
		return narrow(x)
	}
	return nil, false
}

// narrow converts whole numbers, and reports whether an int32 can hold them all.
func narrow[T int8 | uint8 | int16 | uint16 | uint32 | int64 | uint64](x []T) ([]int32, bool) {
	y := make([]int32, len(x))
	for i, v := range x {
		y[i] = int32(v)
		if T(y[i]) != v || (y[i] < 0) != (v < 0) {
			return nil, false
		}
	}
	return y, true
}

// whole returns a whole number of any type as an int64.
func whole(v any) (int64, bool) {
	switch x := v.(type) {
	case uint8:
		return int64(x), true
	case int8:
		return int64(x), true
	case uint16:
		return int64(x), true
	case int16:
		return int64(x), true
	case uint32:
		return int64(x), true
	case int32:
		return int64(x), true
	case int64:
		return x, true
	case uint64:
		return int64(x), x <= math.MaxInt64
	}
	return 0, false
}
