// Package zoo opens language models and runs them on ordinary CPUs: encoders,
// encoder-decoders and decoders, from their published checkpoints, in Go alone.
//
//	m, err := zoo.Open("./Qwen2.5-0.5B-Instruct")
//	for token, err := range m.Generate(ctx, "Once upon a time", zoo.MaxTokens(100)) { ... }
//
// The map of the house, from the ground up: internal/kernel (inner loops),
// tokenizer (text to ids), tensor (arrays and gradients), nn (layers, caches),
// checkpoint (file formats), model (what a model can do, and the registry),
// models (one package a family), generate (decoding), task (text in, answer
// out), and this package, which is what a program imports. docs/architecture.md
// tells why.
package zoo

//go:generate go run ./tools/species
