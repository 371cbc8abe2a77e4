//go:build (amd64 || arm64) && !purego

package parallel

// pause tells the processor n times, n > 0, that it is in a spinning loop.
//
//go:noescape
func pause(n uint32)
