// Package hatchling holds small models of our own making, which a program that
// imports it carries: model.Open finds them as hatchling/gpt and so on. They are
// trained by the recipes that stand beside them; Card tells of each.
package hatchling
