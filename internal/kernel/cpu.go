package kernel

import (
	"os"
	"runtime"
	"slices"

	"github.com/klauspost/cpuid/v2"
)

// A level is a set of kernels.
type level uint8

const (
	generic level = iota
	avx2
	avx512
	neon
	avxVNNI    // avx2 and the dot products of 8 bit integers
	avx512VNNI // avx512 likewise
	neonDot    // neon likewise
)

var levelNames = [...]string{
	generic: "generic", avx2: "avx2", avx512: "avx512", neon: "neon", avxVNNI: "avxvnni", avx512VNNI: "avx512vnni",
	neonDot: "neondot",
}

// active is the level in use, and integer that of products of integers, for which
// there are more levels. They are set before main and changed by tests only.
var active, integer = choose(os.Getenv("ZOO_KERNEL"))

// hasBF16 reports whether the processor has VDPBF16PS.
var hasBF16 = cpuid.CPU.Supports(cpuid.AVX512BF16)

// levels returns the levels of floating-point kernels that this binary has and this
// processor runs, from the slowest to the fastest.
func levels() []level {
	all := []level{generic}
	switch {
	case !assembly:
	case runtime.GOARCH == "arm64":
		all = append(all, neon)
	case runtime.GOARCH == "amd64":
		if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3, cpuid.F16C) {
			all = append(all, avx2)
			if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL) {
				all = append(all, avx512)
			}
		}
	}
	return all
}

// integerLevels returns likewise the levels of kernels of integers.
func integerLevels() []level {
	var all []level
	for _, l := range levels() {
		all = append(all, l)
		switch {
		case l == avx2 && cpuid.CPU.Has(cpuid.AVXVNNI):
			all = append(all, avxVNNI)
		case l == avx512 && cpuid.CPU.Has(cpuid.AVX512VNNI):
			all = append(all, avx512VNNI)
		case l == neon && hasDot():
			all = append(all, neonDot)
		}
	}
	return all
}

// floats returns the level of floating-point kernels that goes with l.
func (l level) floats() level {
	switch l {
	case avxVNNI:
		return avx2
	case avx512VNNI:
		return avx512
	case neonDot:
		return neon
	}
	return l
}

// choose returns the levels of the name wanted if there is one, else the fastest.
func choose(wanted string) (floats, integers level) {
	all := integerLevels()
	for _, l := range all {
		if levelNames[l] == wanted {
			return l.floats(), l
		}
	}
	fastest := all[len(all)-1]
	return fastest.floats(), fastest
}

// CPU returns the name of the kernels in use: "avx512vnni", "avx512", "avxvnni",
// "avx2", "neondot", "neon" or "generic". They are the fastest that the processor runs, unless
// the environment variable ZOO_KERNEL names others that it runs too.
func CPU() string { return levelNames[integer] }

// Features returns the processor's features that matter to kernels, as its maker
// names them, in alphabetical order.
func Features() []string {
	known := []cpuid.FeatureID{
		cpuid.AMXBF16, cpuid.AMXINT8, cpuid.ASIMD, cpuid.ASIMDDP, cpuid.ASIMDHP, cpuid.AVX, cpuid.AVX2,
		cpuid.AVX512BF16, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512F, cpuid.AVX512FP16, cpuid.AVX512VBMI,
		cpuid.AVX512VL, cpuid.AVX512VNNI, cpuid.AVXVNNI, cpuid.F16C, cpuid.FMA3, cpuid.SVE,
	}
	var names []string
	for _, f := range known {
		if cpuid.CPU.Has(f) {
			names = append(names, f.String())
		}
	}
	slices.Sort(names)
	return names
}
