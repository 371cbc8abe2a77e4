package model

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
)

// A GGUFHead is what a GGUF file says of a model beside its weights.
type GGUFHead struct {
	Architecture string
	Keys         []gguf.KV
	Config       map[string]any      // for GGUF.Names
	Tensors      []checkpoint.Tensor // that the model does not have, under the file's names
	LeftOut      []string            // beginnings of names that the files have no place for
	Strip        string              // beginning of names that Names does not have
}

// NewGGUFHead returns the head that table, as in [FromKeys], gives of config, a
// pointer to a struct whose fields have the keys of config.json as JSON names:
// whole numbers become uint32 and others float32, as llama.cpp wants them. Fields
// that are 0 are left out.
func NewGGUFHead(architecture string, config any, table map[string]string) *GGUFHead {
	h := &GGUFHead{Architecture: architecture, Config: map[string]any{}}
	h.Keys = append(h.Keys, gguf.KV{Key: "general.architecture", Value: architecture})
	v := reflect.ValueOf(config).Elem()
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if tag == "" || v.Field(i).IsZero() {
			continue
		}
		var value any
		switch f := v.Field(i); f.Kind() {
		case reflect.Int, reflect.Int32:
			h.Config[tag] = int(f.Int())
			value = uint32(f.Int())
		case reflect.Float64:
			h.Config[tag] = f.Float()
			value = float32(f.Float())
		default:
			continue
		}
		if key, ok := table[tag]; ok {
			h.Put(key, value)
		}
	}
	return h
}

// Put sets a key, in which {a} stands for the architecture.
func (h *GGUFHead) Put(key string, value any) {
	key = strings.ReplaceAll(key, "{a}", h.Architecture)
	h.Keys = slices.DeleteFunc(h.Keys, func(kv gguf.KV) bool { return kv.Key == key })
	h.Keys = append(h.Keys, gguf.KV{Key: key, Value: value})
}

// Remove takes a key away again.
func (h *GGUFHead) Remove(key string) {
	key = strings.ReplaceAll(key, "{a}", h.Architecture)
	h.Keys = slices.DeleteFunc(h.Keys, func(kv gguf.KV) bool { return kv.Key == key })
}

// putAll sets keys from a map, sorted.
func (h *GGUFHead) putAll(values map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		h.Put(key, values[key])
	}
}
