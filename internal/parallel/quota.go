package parallel

import (
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// cpuQuota returns how many processors the control groups of this process let it
// use, rounded up, or 0 if they set no limit; root is the file system's root. Where
// there are no control groups the files are absent, which is no limit.
func cpuQuota(root string) int {
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return 0
	}
	least := math.Inf(1)
	for line := range strings.Lines(string(groups)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		mount, limit := "sys/fs/cgroup", quotaV2
		if controllers != "" {
			if !hasController(controllers, "cpu") {
				continue
			}
			mount, limit = mountV1(root, controllers), quotaV1
		}
		// A limit on a group holds for the groups within it. In a container the
		// group's path may be the host's, of which only the mount's root is seen.
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			if share := limit(filepath.Join(root, mount, dir)); share > 0 {
				least = min(least, share)
			}
			if dir == "/" {
				break
			}
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return int(math.Ceil(least))
}

// hasController reports whether a comma-separated list holds a name.
func hasController(list, name string) bool {
	for c := range strings.SplitSeq(list, ",") {
		if c == name {
			return true
		}
	}
	return false
}

// mountV1 returns where the hierarchy of the controllers is mounted.
func mountV1(root, controllers string) string {
	for _, name := range []string{controllers, "cpu", "cpu,cpuacct", "cpuacct,cpu"} {
		mount := filepath.Join("sys/fs/cgroup", name)
		if _, err := os.Stat(filepath.Join(root, mount)); err == nil {
			return mount
		}
	}
	return "sys/fs/cgroup/cpu"
}

// quotaV2 returns the processors that cpu.max of a group allows, 0 for no limit.
func quotaV2(dir string) float64 {
	text, err := os.ReadFile(filepath.Join(dir, "cpu.max"))
	if err != nil {
		return 0
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	return ratio(quota, period)
}

// quotaV1 is quotaV2 for the first version of control groups.
func quotaV1(dir string) float64 {
	quota, err := os.ReadFile(filepath.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return 0
	}
	period, err := os.ReadFile(filepath.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return 0
	}
	return ratio(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
}

// ratio returns quota/period, or 0 unless both are positive numbers.
func ratio(quota, period string) float64 {
	q, err := strconv.ParseUint(quota, 10, 53)
	if err != nil {
		return 0 // "max" and -1 are no limit
	}
	p, err := strconv.ParseUint(period, 10, 53)
	if err != nil || p == 0 {
		return 0
	}
	return float64(q) / float64(p)
}
