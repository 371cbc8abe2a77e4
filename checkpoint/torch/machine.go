package torch

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/tensor"
)

// A storage is a run of numbers that tensors are views of.
type storage struct {
	key   string
	dtype tensor.DType
	count int    // of numbers
	raw   []byte // once it is found
}

// A view is a tensor as a pickle describes it, or all of a storage that a tensor
// is yet to be made of: a *view or a view.
type view struct {
	storage       *storage
	offset        int // all in numbers of the storage
	shape, stride []int
}

// storageClass stands for torch.FloatStorage and the like.
type storageClass struct{ dtype tensor.DType }

var storageClasses = map[string]storageClass{
	"DoubleStorage": {tensor.F64}, "FloatStorage": {tensor.F32}, "HalfStorage": {tensor.F16}, "BFloat16Storage": {tensor.BF16},
	"LongStorage": {tensor.I64}, "IntStorage": {tensor.I32}, "ShortStorage": {tensor.I16}, "CharStorage": {tensor.I8},
	"ByteStorage": {tensor.U8}, "BoolStorage": {tensor.Bool},
}

// constant stands for torch.float32 and the like, which nothing is asked of.
type constant struct{ name string }

// function is a class or a function that a pickle may call.
type function func(args []any) (any, error)

// Call makes function a types.Callable.
func (f function) Call(args ...any) (any, error) { return f(args) }

// machine runs the pickles of one file.
type machine struct{ storages map[string]*storage }

// run runs the pickle that data starts with, and returns what it makes and the
// rest of data.
func (m *machine) run(data []byte) (value any, rest []byte, err error) {
	n, err := scanPickle(data)
	if err != nil {
		return nil, nil, err
	}
	u := pickle.NewUnpickler(bytes.NewReader(data[:n]))
	u.FindClass, u.PersistentLoad = findClass, m.persistent
	defer func() { // the library indexes without checks where a dict has a key but no value
		if r := recover(); r != nil {
			value, rest, err = nil, nil, errors.New("pickle: its operations do not fit together")
		}
	}()
	if value, err = u.Load(); err != nil {
		return nil, nil, fmt.Errorf("pickle: %.200s", err.Error())
	}
	return value, data[n:], nil
}

// findClass gives the machine what stands for a class. The scan has let only
// allowed ones pass; OrderedDict the library knows itself.
func findClass(module, name string) (any, error) {
	if c, ok := storageClasses[name]; ok && module == "torch" {
		return c, nil
	}
	switch name {
	case "_rebuild_tensor", "_rebuild_tensor_v2":
		return function(rebuildTensor), nil
	case "_rebuild_parameter":
		return function(rebuildParameter), nil
	case "Size":
		return function(rebuildSize), nil
	}
	if allowed[module+"."+name] {
		return constant{name}, nil
	}
	return nil, fmt.Errorf("class %s is not allowed", entry.Quote(module+"."+name))
}

// items returns the elements of a tuple or a list.
func items(v any) ([]any, bool) {
	switch x := v.(type) {
	case *types.Tuple:
		return *x, true
	case *types.List:
		return *x, true
	}
	return nil, false
}

// rebuildSize is torch.Size: its argument, a tuple.
func rebuildSize(args []any) (any, error) {
	if len(args) == 1 {
		if _, ok := items(args[0]); ok {
			return args[0], nil
		}
	}
	return nil, errors.New("torch.Size: one tuple is expected")
}

// rebuildParameter is torch._utils._rebuild_parameter: its first argument, a tensor.
func rebuildParameter(args []any) (any, error) {
	if len(args) > 0 {
		if v, ok := args[0].(*view); ok {
			return v, nil
		}
	}
	return nil, errors.New("a parameter is not made of a tensor")
}

// rebuildTensor is torch._utils._rebuild_tensor_v2: storage, offset, shape,
// strides, and what matters to training only.
func rebuildTensor(args []any) (any, error) {
	if len(args) < 4 {
		return nil, errors.New("a tensor is made of fewer than 4 parts")
	}
	s, ok := args[0].(view)
	offset, okOffset := args[1].(int)
	shape, okShape := integers(args[2])
	stride, okStride := integers(args[3])
	if !ok || !okOffset || !okShape || !okStride || len(shape) != len(stride) || offset < 0 {
		return nil, errors.New("a tensor is not made of a storage, an offset, a shape and strides")
	}
	if offset > s.storage.count {
		return nil, fmt.Errorf("a tensor starts at %d of a storage of %d", offset, s.storage.count)
	}
	return &view{s.storage, s.offset + offset, shape, stride}, nil
}

// integers returns the numbers of a tuple of at most tensor.MaxDims whole ones,
// none negative.
func integers(v any) ([]int, bool) {
	all, ok := items(v)
	if !ok || len(all) > tensor.MaxDims {
		return nil, false
	}
	n := make([]int, len(all))
	for i, x := range all {
		if n[i], ok = x.(int); !ok || n[i] < 0 {
			return nil, false
		}
	}
	return n, true
}

// maxCount bounds the numbers of a storage, so that no size overflows.
const maxCount = 1 << 48

// persistent makes a storage of ("storage", class, key, place, count), to which
// old files add what part of another storage it is.
func (m *machine) persistent(id any) (any, error) {
	parts, ok := items(id)
	if !ok || len(parts) < 5 || parts[0] != "storage" {
		return nil, errors.New("a persistent object is no storage")
	}
	class, okClass := parts[1].(storageClass)
	key, okKey := parts[2].(string)
	count, okCount := parts[4].(int)
	if !okClass || !okKey || !okCount || count < 0 || count > maxCount {
		return nil, errors.New("a storage has no type, key or size")
	}
	s := m.storages[key]
	if s == nil {
		s = &storage{key: key, dtype: class.dtype, count: count}
		m.storages[key] = s
	}
	if s.dtype != class.dtype || s.count != count {
		return nil, fmt.Errorf("storage %s is described twice, and not alike", entry.Quote(key))
	}
	if len(parts) < 6 || parts[5] == nil {
		return view{storage: s}, nil
	}
	part, ok := items(parts[5]) // its key, where it starts, how long it is
	if !ok || len(part) != 3 {
		return nil, errors.New("a storage's part is not described by three things")
	}
	offset, ok := part[1].(int)
	if !ok || offset < 0 || offset > count {
		return nil, errors.New("a storage's part does not start within it")
	}
	return view{storage: s, offset: offset}, nil
}
