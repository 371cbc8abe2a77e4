package torch

import (
	"github.com/nlpodyssey/gopickle/types"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
)

// pair is an item of a dict.
type pair struct{ key, value any }

// pairs returns the items of a dict of either kind, in their order.
func pairs(v any) ([]pair, bool) {
	var all []pair
	switch d := v.(type) {
	case *types.Dict:
		for _, e := range *d {
			all = append(all, pair{e.Key, e.Value})
		}
	case *types.OrderedDict:
		for e := d.List.Front(); e != nil; e = e.Next() {
			if item, ok := e.Value.(*types.OrderedDictEntry); ok {
				all = append(all, pair{item.Key, item.Value})
			}
		}
	default:
		return nil, false
	}
	return all, true
}

// inner are the keys under which training programs put the state dict beside
// other things.
var inner = []string{"state_dict", "model_state_dict", "model", "module"}

// fill enters the tensors of a state dict, or of the one in a dict of more.
func (f *File) fill(value any) error {
	all, ok := pairs(value)
	if !ok {
		return f.Where().Errorf("it holds no state dict but something else")
	}
	if err := f.addAll(all); err != nil || f.Len() > 0 {
		return err
	}
	for _, key := range inner {
		for _, p := range all {
			if part, ok := pairs(p.value); ok && p.key == key {
				if err := f.addAll(part); err != nil || f.Len() > 0 {
					return err
				}
			}
		}
	}
	return f.Where().Errorf("state dict: it holds no tensor")
}

// addAll enters the tensors among the items of a dict. What is no tensor is
// passed over.
func (f *File) addAll(all []pair) error {
	for _, p := range all {
		v, ok := p.value.(*view)
		if !ok {
			continue
		}
		name, ok := p.key.(string)
		if !ok {
			return f.Where().Errorf("state dict: a tensor has no name")
		}
		if err := f.add(name, v); err != nil {
			return err
		}
	}
	return nil
}

// add enters one tensor, whose numbers must all lie within its storage.
func (f *File) add(name string, v *view) error {
	_, width := v.storage.dtype.Block()
	info := entry.Info{DType: v.storage.dtype, Shape: v.shape}
	count, ok := v.count()
	switch {
	case !ok:
		return f.Where().TensorErrorf(name, "its shape %v with strides %v does not fit a storage of %d", v.shape, v.stride, v.storage.count)
	case count == 0:
		return f.Add(name, info, nil)
	case v.rowMajor():
		return f.Add(name, info, v.storage.raw[v.offset*width:(v.offset+count)*width])
	}
	return f.AddLoad(name, info, func() ([]byte, error) { return v.gather(count, width), nil })
}

// count returns how many numbers the view has, and reports whether all lie within
// the storage, and are no more than it has.
func (v *view) count() (int, bool) {
	limit := v.storage.count
	count, last := 1, v.offset // the last number's place
	for i, d := range v.shape {
		if d == 0 {
			return 0, v.offset <= limit
		}
		if count > limit/d {
			return 0, false
		}
		if count *= d; d > 1 {
			if v.stride[i] > limit/(d-1) {
				return 0, false
			}
			last += (d - 1) * v.stride[i]
		}
	}
	return count, last < limit
}

// rowMajor reports whether the numbers lie one after the other.
func (v *view) rowMajor() bool {
	step := 1
	for i := len(v.shape) - 1; i >= 0; i-- {
		if v.shape[i] > 1 && v.stride[i] != step {
			return false
		}
		step *= v.shape[i]
	}
	return true
}

// gather copies the count numbers, of width bytes each, to row-major order.
func (v *view) gather(count, width int) []byte {
	out := make([]byte, 0, count*width)
	at := make([]int, len(v.shape))
	for place := v.offset; len(out) < count*width; {
		out = append(out, v.storage.raw[place*width:(place+1)*width]...)
		for i := len(at) - 1; i >= 0; i-- { // the next index, and its place
			at[i]++
			place += v.stride[i]
			if at[i] < v.shape[i] {
				break
			}
			place -= at[i] * v.stride[i]
			at[i] = 0
		}
	}
	return out
}
