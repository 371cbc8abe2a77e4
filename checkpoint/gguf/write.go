package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/tensor"
)

// A KV is one key of the metadata with its value: of one of the types that
// [File.KV] returns.
type KV struct {
	Key   string
	Value any
}

// Write writes a version 3 file at path, whole or not at all. Tensors stay in
// the order given and their data begins at multiples of align, a power of two
// from 8, llama.cpp's own being 32; for any other one the key general.alignment
// is added. Tensors have at most 4 axes.
func Write(path string, kvs []KV, tensors []entry.Tensor, align int) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Encode(w, kvs, tensors, align) })
}

// Encode writes what [Write] writes to w.
func Encode(w io.Writer, kvs []KV, tensors []entry.Tensor, align int) error {
	if align < 8 || align > maxAlign || align&(align-1) != 0 {
		return fmt.Errorf("gguf: an alignment of %d is not a power of two from 8 to %d", align, maxAlign)
	}
	if align != alignment {
		kvs = append(kvs[:len(kvs):len(kvs)], KV{"general.alignment", uint32(align)})
	}
	header, err := encodeHeader(kvs, tensors, align)
	if err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	if err := entry.WriteAll(w, tensors, align); err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	return nil
}

func encodeHeader(kvs []KV, tensors []entry.Tensor, align int) ([]byte, error) {
	b := []byte(magic)
	b = binary.LittleEndian.AppendUint32(b, 3)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(tensors)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(kvs)))
	seen := map[string]bool{}
	for _, kv := range kvs {
		if seen[kv.Key] || kv.Key == "" {
			return nil, fmt.Errorf("key %s: it is empty or there twice", entry.Quote(kv.Key))
		}
		seen[kv.Key] = true
		var err error
		if b, err = appendValue(appendText(b, kv.Key), kv.Value); err != nil {
			return nil, fmt.Errorf("key %s: %w", entry.Quote(kv.Key), err)
		}
	}
	clear(seen)
	offset := 0
	for _, t := range tensors {
		size, err := tensor.StoredSize(t.DType, t.Shape...)
		if err == nil && (seen[t.Name] || len(t.Name) > maxName || len(t.Shape) > maxDims) {
			err = fmt.Errorf("its name is taken or too long, or it has more than %d axes", maxDims)
		}
		form, ok := number(t.DType)
		if err == nil && !ok {
			err = fmt.Errorf("the format has no %v", t.DType)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", entry.Quote(t.Name), err)
		}
		seen[t.Name] = true
		b = binary.LittleEndian.AppendUint32(appendText(b, t.Name), uint32(len(t.Shape)))
		for i := range t.Shape {
			b = binary.LittleEndian.AppendUint64(b, uint64(t.Shape[len(t.Shape)-1-i]))
		}
		b = binary.LittleEndian.AppendUint32(b, form)
		b = binary.LittleEndian.AppendUint64(b, uint64(offset))
		offset += size + entry.Padding(size, align)
	}
	return append(b, make([]byte, entry.Padding(len(b), align))...), nil
}

// number returns ggml's number for a form.
func number(d tensor.DType) (uint32, bool) {
	for n, t := range types {
		if t == d {
			return n, true
		}
	}
	return 0, false
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case uint8:
		return append(appendKind(b, kindU8), x), nil
	case int8:
		return append(appendKind(b, kindI8), byte(x)), nil
	case uint16:
		return binary.LittleEndian.AppendUint16(appendKind(b, kindU16), x), nil
	case int16:
		return binary.LittleEndian.AppendUint16(appendKind(b, kindI16), uint16(x)), nil
	case uint32:
		return binary.LittleEndian.AppendUint32(appendKind(b, kindU32), x), nil
	case int32:
		return binary.LittleEndian.AppendUint32(appendKind(b, kindI32), uint32(x)), nil
	case uint64:
		return binary.LittleEndian.AppendUint64(appendKind(b, kindU64), x), nil
	case int64:
		return binary.LittleEndian.AppendUint64(appendKind(b, kindI64), uint64(x)), nil
	case float32:
		return binary.LittleEndian.AppendUint32(appendKind(b, kindF32), math.Float32bits(x)), nil
	case float64:
		return binary.LittleEndian.AppendUint64(appendKind(b, kindF64), math.Float64bits(x)), nil
	case bool:
		return appendBool(appendKind(b, kindBool), x), nil
	case string:
		return appendText(appendKind(b, kindString), x), nil
	}
	return appendArray(b, v)
}

func appendArray(b []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case []string:
		b = appendCount(b, kindString, len(x))
		for _, s := range x {
			b = appendText(b, s)
		}
		return b, nil
	case []bool:
		b = appendCount(b, kindBool, len(x))
		for _, t := range x {
			b = appendBool(b, t)
		}
		return b, nil
	case []uint8:
		return append(appendCount(b, kindU8, len(x)), x...), nil
	case []int8:
		return appendNumbers(b, kindI8, x, len(x))
	case []uint16:
		return appendNumbers(b, kindU16, x, len(x))
	case []int16:
		return appendNumbers(b, kindI16, x, len(x))
	case []uint32:
		return appendNumbers(b, kindU32, x, len(x))
	case []int32:
		return appendNumbers(b, kindI32, x, len(x))
	case []uint64:
		return appendNumbers(b, kindU64, x, len(x))
	case []int64:
		return appendNumbers(b, kindI64, x, len(x))
	case []float32:
		return appendNumbers(b, kindF32, x, len(x))
	case []float64:
		return appendNumbers(b, kindF64, x, len(x))
	}
	return nil, fmt.Errorf("the format has no %T", v)
}

func appendKind(b []byte, k kind) []byte { return binary.LittleEndian.AppendUint32(b, uint32(k)) }

func appendCount(b []byte, k kind, n int) []byte {
	return binary.LittleEndian.AppendUint64(appendKind(appendKind(b, kindArray), k), uint64(n))
}

func appendNumbers(b []byte, k kind, x any, n int) ([]byte, error) {
	return binary.Append(appendCount(b, k, n), binary.LittleEndian, x)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
