package parallel

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type taskFunc func(lo, hi int)

func (f taskFunc) Run(lo, hi int) { f(lo, hi) }

func TestDoCoversEachIterationOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := New(threads)
		for _, n := range []int{0, 1, 2, 7, 100, 1001} {
			for _, grain := range []int{-1, 1, 3, 64, 5000} {
				counts := make([]atomic.Int32, n)
				p.Do(n, grain, taskFunc(func(lo, hi int) {
					if hi-lo > max(grain, 1) || lo%max(grain, 1) != 0 || lo >= hi {
						t.Errorf("part [%d,%d) of %d by %d", lo, hi, n, grain)
					}
					for i := lo; i < hi; i++ {
						counts[i].Add(1)
					}
				}))
				for i := range counts {
					if c := counts[i].Load(); c != 1 {
						t.Fatalf("%d threads, n=%d, grain=%d: iteration %d ran %d times", threads, n, grain, i, c)
					}
				}
			}
		}
		p.Close()
		p.Close()
		ran := 0
		p.Do(10, 1, taskFunc(func(lo, hi int) { ran++ }))
		if ran != 10 {
			t.Errorf("a closed pool ran %d of 10", ran)
		}
	}
}

// rendezvous runs two parts that wait for each other: it returns only if two
// goroutines run them.
func rendezvous(p *Pool) {
	meet := make(chan struct{})
	p.Do(2, 1, taskFunc(func(lo, hi int) {
		if lo == 0 {
			meet <- struct{}{}
		} else {
			<-meet
		}
	}))
}

func TestWorkersTakePart(t *testing.T) {
	p := New(3)
	defer p.Close()
	rendezvous(p)
	time.Sleep(5 * spin) // the workers are asleep now, and must be woken
	rendezvous(p)
}

func TestDoWaitsForSlowWorkers(t *testing.T) {
	p := New(2)
	defer p.Close()
	for range 20 {
		var ended atomic.Int32
		p.Do(2, 1, taskFunc(func(lo, hi int) {
			time.Sleep(time.Duration(lo+1) * 3 * spin)
			ended.Add(1)
		}))
		if ended.Load() != 2 {
			t.Fatal("Do returned before its workers")
		}
	}
}

func TestManyGoroutinesShareAPool(t *testing.T) {
	p := New(4)
	defer p.Close()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for round := range 300 {
				sum := make([]atomic.Int64, 50)
				p.Do(50, 1+(g+round)%5, taskFunc(func(lo, hi int) {
					for i := lo; i < hi; i++ {
						p.Do(3, 1, taskFunc(func(lo, hi int) { sum[i].Add(int64(i)) })) // nested
					}
				}))
				for i := range sum {
					if s := sum[i].Load(); s != int64(3*i) {
						t.Errorf("goroutine %d: iteration %d gave %d", g, i, s)
						return
					}
				}
			}
		})
	}
	all.Wait()
}

func TestPanicReachesTheCaller(t *testing.T) {
	p := New(4)
	defer p.Close()
	for round := range 200 {
		func() {
			defer func() {
				if got := recover(); got != fmt.Sprint("at ", round) {
					t.Errorf("recovered %v", got)
				}
			}()
			p.Do(64, 1, taskFunc(func(lo, hi int) {
				if lo == round%64 {
					panic(fmt.Sprint("at ", round))
				}
			}))
			t.Error("Do returned")
		}()
	}
	ran := atomic.Int32{}
	p.Do(64, 1, taskFunc(func(lo, hi int) { ran.Add(1) }))
	if ran.Load() != 64 {
		t.Errorf("after panics %d of 64 ran", ran.Load())
	}
}

func TestWorkerOutlivesGoexit(t *testing.T) {
	p := New(2)
	defer p.Close()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Do did not tell that a task ended its goroutine")
			}
		}()
		meet := make(chan struct{})
		var first atomic.Bool
		p.Do(2, 1, taskFunc(func(lo, hi int) {
			worker := !onCaller()
			if first.CompareAndSwap(false, true) {
				<-meet
			} else {
				close(meet)
			}
			if worker {
				runtime.Goexit()
			}
		}))
	}()
	rendezvous(p)
}

// onCaller reports whether the calling goroutine runs a test rather than a worker.
func onCaller() bool {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(0, pc)])
	for {
		f, more := frames.Next()
		if filepath.Ext(f.Function) == ".loop" {
			return false
		}
		if !more {
			return true
		}
	}
}

func TestFewerProcessorsThanThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := New(4)
	defer p.Close()
	for range 2000 {
		var ran atomic.Int32
		p.Do(9, 2, taskFunc(func(lo, hi int) { ran.Add(int32(hi - lo)) }))
		if ran.Load() != 9 {
			t.Fatalf("%d of 9 ran", ran.Load())
		}
	}
}

type sumTask struct {
	x   []int64
	sum atomic.Int64
}

func (s *sumTask) Run(lo, hi int) {
	var part int64
	for _, v := range s.x[lo:hi] {
		part += v
	}
	s.sum.Add(part)
}

func TestDoAllocatesNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	task := &sumTask{x: make([]int64, 1000)}
	if n := testing.AllocsPerRun(500, func() { p.Do(1000, 100, task) }); n != 0 {
		t.Errorf("Do allocates %g times", n)
	}
}

func TestSetThreads(t *testing.T) {
	defer SetThreads(0)
	old := Default()
	SetThreads(3)
	if Threads() != 3 || Default() == old || Default().Threads() != 3 {
		t.Errorf("Threads() = %d", Threads())
	}
	old.Do(5, 1, taskFunc(func(lo, hi int) {})) // the pool that was replaced
	if n := DefaultThreads(); n < 1 || n > runtime.GOMAXPROCS(0) {
		t.Errorf("DefaultThreads() = %d of %d", n, runtime.GOMAXPROCS(0))
	}
}

func TestQuota(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int
	}{
		"none":      {nil, 0},
		"v2":        {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "150000 100000\n"}, 2},
		"v2 parent": {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "100000 100000\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, 1},
		"v2 root":   {map[string]string{"proc/self/cgroup": "0::/host/path\n", "sys/fs/cgroup/cpu.max": "350000 100000"}, 4},
		"v2 max":    {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000"}, 0},
		"v1":        {map[string]string{"proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x\n", "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "250000\n", "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n"}, 3},
		"v1 none":   {map[string]string{"proc/self/cgroup": "3:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, 0},
		"nonsense":  {map[string]string{"proc/self/cgroup": "::\nx\n0::/../..\n", "sys/fs/cgroup/cpu.max": "5 0"}, 0},
	} {
		root := t.TempDir()
		for path, text := range c.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := cpuQuota(root); got != c.want {
			t.Errorf("%s: cpuQuota = %d, want %d", name, got, c.want)
		}
	}
}

func BenchmarkForkJoin(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint(threads), func(b *testing.B) {
			p := New(threads)
			defer p.Close()
			task := &sumTask{x: make([]int64, threads)}
			for b.Loop() {
				p.Do(threads, 1, task)
			}
		})
	}
}
