package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A Species is one kind of model, known by the model_type of its config.json.
type Species struct {
	Type      string   // model_type
	Family    string   // the package that holds it
	Paper     string   // title and arXiv number
	Tasks     []string // what its classes do: "generate", "fill-mask", "classify" ...
	Objective string   // what it was trained on: "causal", "masked", "denoising" ...

	// Build declares the model of config, the text of a config.json. Arch is the
	// class that the config names first, such as "BertForMaskedLM"; where it is
	// empty Build takes the most natural one.
	Build func(config []byte, arch string) (any, error)

	GGUF *GGUF // nil: llama.cpp does not know it
}

var registry struct {
	sync.RWMutex
	species map[string]*Species
}

// Register makes s known. A family calls it in init; it panics if the type is
// taken or s cannot build.
func Register(s Species) {
	registry.Lock()
	defer registry.Unlock()
	if s.Type == "" || s.Build == nil || registry.species[s.Type] != nil {
		panic("model: cannot register " + s.Type + ": it is registered already, or lacks its type or Build")
	}
	if registry.species == nil {
		registry.species = map[string]*Species{}
	}
	registry.species[s.Type] = &s
}

// All returns every registered species, sorted by type.
func All() []Species {
	registry.RLock()
	defer registry.RUnlock()
	var all []Species
	for _, t := range slices.Sorted(maps.Keys(registry.species)) {
		all = append(all, *registry.species[t])
	}
	return all
}

// Lookup returns the species of a model_type.
func Lookup(modelType string) (Species, bool) {
	registry.RLock()
	defer registry.RUnlock()
	if s := registry.species[modelType]; s != nil {
		return *s, true
	}
	return Species{}, false
}

// head is the part of config.json that says which model it is of.
type head struct {
	ModelType     string   `json:"model_type"`
	Architectures []string `json:"architectures"`
}

// New declares the model that config, the text of a config.json, describes. Its
// parameters are yet to be filled by Load or nn.Init.
func New(config []byte) (any, error) {
	_, net, err := build(config)
	return net, err
}

func build(config []byte) (Species, any, error) {
	var h head
	if err := decode(config, &h); err != nil {
		return Species{}, nil, err
	}
	s, ok := Lookup(h.ModelType)
	if !ok {
		return Species{}, nil, fmt.Errorf("model: config.json: model_type %q is not one of %s", h.ModelType, strings.Join(types(), ", "))
	}
	arch := ""
	if len(h.Architectures) > 0 {
		arch = h.Architectures[0]
	}
	net, err := s.Build(config, arch)
	return s, net, err
}

func types() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Type)
	}
	return names
}

// decode reads config into v, and names the field that does not fit.
func decode(config []byte, v any) error {
	err := json.Unmarshal(config, v)
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("model: config.json: %s: a %s does not fit", wrong.Field, wrong.Value)
	}
	return fmt.Errorf("model: config.json: %w", err)
}
