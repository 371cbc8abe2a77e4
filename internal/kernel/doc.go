// Package kernel holds the inner loops: plain functions over slices, with no
// tensors, no allocation and no goroutines.
//
// Every function gives the same bits on every processor. Its meaning is fixed
// down to the rounding, and the portable Go in the _generic.go files states it:
//
//   - A multiply-add is fused: one rounding, to float32.
//   - [Gemm] sums over k one after the other, so that a row of the result depends
//     on nothing but its own inputs, whatever is computed beside it.
//   - A reduction of a slice keeps 16 lanes, of which lane j takes the elements
//     i with i mod 16 = j, and folds them in halves: 8, 4, 2, 1 apart.
//   - An elementary function is one sequence of float32 operations.
//   - [GemmBlocks] sums products of integers exactly within a group that shares a
//     scale, and the groups one after the other.
//
// Only the sign and the payload of a NaN may differ. Slices that overlap must be
// the same slice.
//
// The files of a theme, say reduce, are named after it:
//
//	reduce.go           the exported functions: their meaning and their checks
//	reduce_generic.go   the reference in portable Go, always compiled and tested
//	vector_amd64.go     what chooses between the levels of amd64, with the assembly
//	                    in vector_avx2_amd64.s and vector_avx512_amd64.s
//	vector_arm64.go     likewise, with vector_neon_arm64.s
//	vector_purego.go    every other processor, and the build tag purego
//
// The tiles files hold the matrix products in the same way, and the blocks files those
// of block-quantised weights, which have more levels: avx512vnni, avxvnni and neondot
// multiply bytes by an instruction that avx512, avx2 and neon lack. All of these files are written by
// the program in _generate.
package kernel

//go:generate go -C _generate run . -out ..
