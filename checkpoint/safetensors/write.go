package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/tensor"
)

// Write writes a file of the tensors at path, whole or not at all. Meta, which
// may be empty, becomes __metadata__; Hugging Face's readers want it to hold
// "format": "pt". Tensors of a form that the format does not know are an error.
func Write(path string, meta map[string]string, tensors []entry.Tensor) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Encode(w, meta, tensors) })
}

// Encode writes what [Write] writes to w. As in the reference, tensors of wider
// numbers come first and else they are sorted by name, so that each is aligned.
func Encode(w io.Writer, meta map[string]string, tensors []entry.Tensor) error {
	sorted := slices.SortedFunc(slices.Values(tensors), func(a, b entry.Tensor) int {
		_, wa := a.DType.Block()
		_, wb := b.DType.Block()
		return cmp.Or(cmp.Compare(wb, wa), cmp.Compare(a.Name, b.Name))
	})
	header, err := encodeHeader(meta, sorted)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	if err := entry.WriteAll(w, sorted, 1); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

// wireTensor is a tensor as the header describes it.
type wireTensor struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// encodeHeader returns the header with its length, padded with spaces to a
// multiple of 8 bytes.
func encodeHeader(meta map[string]string, tensors []entry.Tensor) ([]byte, error) {
	header := make([]byte, 8, 1<<10)
	header = append(header, '{')
	if len(meta) > 0 {
		text, err := json.Marshal(meta)
		if err != nil {
			return nil, err
		}
		header = append(append(append(header, `"__metadata__":`...), text...), ',')
	}
	seen, offset := make(map[string]bool, len(tensors)), 0
	for _, t := range tensors {
		if _, ok := dtypes[t.DType.String()]; !ok {
			return nil, fmt.Errorf("tensor %s: the format has no %v", entry.Quote(t.Name), t.DType)
		}
		if seen[t.Name] || t.Name == "__metadata__" {
			return nil, fmt.Errorf("tensor %s: the name is taken", entry.Quote(t.Name))
		}
		seen[t.Name] = true
		size, err := tensor.StoredSize(t.DType, t.Shape...)
		if err != nil {
			return nil, err
		}
		name, err := json.Marshal(t.Name)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(wireTensor{t.DType.String(), append([]int{}, t.Shape...), [2]int{offset, offset + size}})
		if err != nil {
			return nil, err
		}
		header = append(append(append(append(header, name...), ':'), text...), ',')
		offset += size
	}
	if header[len(header)-1] == ',' {
		header = header[:len(header)-1]
	}
	header = append(header, '}')
	for range entry.Padding(len(header), 8) {
		header = append(header, ' ')
	}
	if len(header)-8 > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes is over %d", len(header)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(header, uint64(len(header)-8))
	return header, nil
}
