package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

var (
	standard    atomic.Pointer[Pool]
	standardSet sync.Mutex
)

// Default returns the pool that the process shares, of [DefaultThreads] threads
// unless [SetThreads] said otherwise.
func Default() *Pool {
	if p := standard.Load(); p != nil {
		return p
	}
	standardSet.Lock()
	defer standardSet.Unlock()
	if standard.Load() == nil {
		standard.Store(New(0))
	}
	return standard.Load()
}

// SetThreads gives the shared pool n threads; less than 1 stands for
// [DefaultThreads]. It waits for a loop under way and must not be called from a task.
func SetThreads(n int) {
	standardSet.Lock()
	defer standardSet.Unlock()
	if old := standard.Swap(New(n)); old != nil {
		old.Close()
	}
}

// Threads returns the number of threads of the shared pool.
func Threads() int { return Default().Threads() }

// DefaultThreads returns the number of threads that this process may keep busy: no
// more than GOMAXPROCS, nor than its control group's share of processor time.
func DefaultThreads() int {
	n := runtime.GOMAXPROCS(0)
	if quota := cpuQuota("/"); quota > 0 {
		n = min(n, quota)
	}
	return n
}
