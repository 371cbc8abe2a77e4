package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// spare is how many values more than are wanted a coding may hold: what fills its last
// group up.
const spare = 1 << 10

// checkRuns refuses runs of values of width bits, in Parquet's hybrid of run lengths and
// bit packing, that are more than n values.
func checkRuns(b []byte, width, n int) error {
	if width > 32 {
		return fmt.Errorf("values of %d bits", width)
	}
	var all uint64
	for len(b) > 0 {
		head, k := binary.Uvarint(b)
		if k <= 0 {
			return errors.New("a run has no length")
		}
		b = b[k:]
		count, bytes := head>>1, uint64(width+7)/8
		if count > uint64(n)+spare {
			return fmt.Errorf("a run of %d values, where %d are wanted", count, n)
		}
		if head&1 == 1 {
			count, bytes = 8*count, count*uint64(width)
		}
		if all += count; all > uint64(n)+spare {
			return fmt.Errorf("runs of more than %d values, where %d are wanted", all-1, n)
		}
		b = b[min(bytes, uint64(len(b))):]
	}
	return nil
}

// deltaHead is how a sequence of numbers coded as differences begins.
type deltaHead struct {
	block, parts, total uint64
}

// headOf reads the head of numbers coded as differences, of which there are to be at
// most n.
func headOf(b []byte, n int) (h deltaHead, rest []byte, err error) {
	for _, v := range []*uint64{&h.block, &h.parts, &h.total, new(uint64)} {
		u, k := binary.Uvarint(b)
		if k <= 0 {
			return h, nil, errors.New("differences without a head")
		}
		*v, b = u, b[k:]
	}
	switch {
	case h.total > uint64(n)+spare:
		err = fmt.Errorf("%d differences, where %d are wanted", h.total, n)
	case h.block == 0 || h.block > 1<<16 || h.block%128 != 0 || h.parts == 0 || h.block%h.parts != 0 || h.block/h.parts%32 != 0:
		err = fmt.Errorf("differences in blocks of %d in %d parts", h.block, h.parts)
	}
	return h, b, err
}

// deltas reads numbers coded as differences, at most n, and returns what follows them.
func deltas(b []byte, n int) (values []int32, rest []byte, err error) {
	start := b
	h, b, err := headOf(b, n)
	if err != nil || h.total == 0 {
		return nil, b, err
	}
	_, k := binary.Uvarint(start) // over the three counts again, to the first value
	for range 2 {
		_, j := binary.Uvarint(start[k:])
		k += j
	}
	first, _ := binary.Varint(start[k:])
	value := int32(first)
	values = append(values, value)
	part := int(h.block / h.parts)
	for uint64(len(values)) < h.total {
		least, k := binary.Varint(b)
		if k <= 0 || len(b) < k+int(h.parts) {
			return nil, nil, errors.New("a block of differences is cut off")
		}
		widths := b[k : k+int(h.parts)]
		b = b[k+int(h.parts):]
		for _, width := range widths {
			if uint64(len(values)) >= h.total {
				break // the parts after the last value have no bytes
			}
			size := part / 8 * int(width)
			if width > 64 || size > len(b) {
				return nil, nil, errors.New("a block of differences is cut off")
			}
			for i := 0; i < part && uint64(len(values)) < h.total; i++ {
				value += int32(least) + int32(packed(b[:size], i*int(width), int(width)))
				values = append(values, value)
			}
			b = b[size:]
		}
	}
	return values, b, nil
}

// packed returns the number of width bits that begins at bit at of b.
func packed(b []byte, at, width int) (v uint64) {
	for i := 0; i < width; {
		bit := (at + i) % 8
		take := min(8-bit, width-i)
		v |= uint64(b[(at+i)/8]>>bit&byte(1<<take-1)) << i
		i += take
	}
	return v
}

// joined returns how many bytes texts have that are coded as what they have in common
// with the one before, and the rest.
func joined(b []byte, n int) (int64, error) {
	common, b, err := deltas(b, n)
	if err != nil {
		return 0, err
	}
	rest, _, err := deltas(b, n)
	if err != nil {
		return 0, err
	}
	var sum, last int64
	for i, c := range common {
		if i >= len(rest) || c < 0 || rest[i] < 0 || int64(c) > last {
			return 0, errors.New("a text has more in common with the one before than that is long")
		}
		last = int64(c) + int64(rest[i])
		sum += last
	}
	return sum, nil
}

// bitsFor returns how many bits numbers up to most have.
func bitsFor(most int) int { return bits.Len(uint(most)) }
