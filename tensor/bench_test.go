package tensor

import (
	"testing"
	"time"
)

// leastTime runs f and reports the least time that a call took, and the operations a
// second that are flops of it: neighbours on the machine disturb it least.
func leastTime(b *testing.B, flops float64, f func()) {
	f()
	least := time.Hour
	for b.Loop() {
		start := time.Now()
		f()
		least = min(least, time.Since(start))
	}
	b.ReportMetric(float64(least.Nanoseconds())/1e3, "µs-least")
	if flops > 0 {
		b.ReportMetric(flops/least.Seconds()/1e9, "GFLOP/s-most")
	}
}
