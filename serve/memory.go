package serve

import (
	"bytes"
	"os"
	"strconv"
)

// memory returns how much of the machine's memory models may take where nobody says:
// four fifths of what the machine, or its control group, has.
func memory() int64 {
	total := int64(8 << 30)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range bytes.Lines(text) {
			if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == "MemTotal:" {
				if kib, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil {
					total = kib << 10
				}
			}
		}
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(file); err == nil {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil {
				total = min(total, n)
			}
		}
	}
	return total / 5 * 4
}
