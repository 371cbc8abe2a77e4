//go:build !(windows && arm64)

package kernel

import "github.com/klauspost/cpuid/v2"

// hasDot reports whether the processor has products of bytes, being an arm64.
func hasDot() bool { return cpuid.CPU.Has(cpuid.ASIMDDP) }
