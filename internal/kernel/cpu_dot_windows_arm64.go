package kernel

import "syscall"

// hasDot reports whether the processor has products of bytes. On Windows no register
// tells programs, but the system does.
func hasDot() bool {
	const dotProductAvailable = 43 // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
	present := syscall.NewLazyDLL("kernel32.dll").NewProc("IsProcessorFeaturePresent")
	if present.Find() != nil {
		return false
	}
	yes, _, _ := present.Call(dotProductAvailable)
	return yes != 0
}
