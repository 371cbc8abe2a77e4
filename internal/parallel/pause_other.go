//go:build !(amd64 || arm64) || purego

package parallel

import "runtime"

// pause lets other goroutines run, as there is no instruction to pause with.
func pause(uint32) { runtime.Gosched() }
