//go:build unix

package measure

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// PeakMemory returns the most bytes that the process had in memory so far.
func PeakMemory() int {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int(u.Maxrss)
	}
	return int(u.Maxrss) << 10
}
