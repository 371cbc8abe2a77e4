// Package model says what a language model can do, finds the one that a
// checkpoint holds, and opens it.
//
// The models themselves stand in the packages below models, one package a
// family; importing a family registers its members, and importing models/all
// registers every one. What a model can do is told by the interfaces it has
// ([Decoder], [Encoder], [MaskedLM] and so on): tasks, objectives and the
// server ask for an interface and never for a family.
package model
