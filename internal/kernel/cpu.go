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
)

var levelNames = [...]string{generic: "generic", avx2: "avx2", avx512: "avx512", neon: "neon"}

// active is the level in use. It is set before main and changed by tests only.
var active = choose(os.Getenv("ZOO_KERNEL"))

// levels returns the levels that this binary has and this processor runs, from the
// slowest to the fastest.
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

// choose returns the level of the name wanted if there is one, else the fastest.
func choose(wanted string) level {
	all := levels()
	for _, l := range all {
		if levelNames[l] == wanted {
			return l
		}
	}
	return all[len(all)-1]
}

// CPU returns the name of the kernels in use: "avx512", "avx2", "neon" or "generic".
// They are the fastest that the processor runs, unless the environment variable
// ZOO_KERNEL names others that it runs too.
func CPU() string { return levelNames[active] }

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
