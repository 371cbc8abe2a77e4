//go:build race

package testkit

// Race tells that the race detector is on: it makes everything slower, and
// sync.Pool forget at random, so that times and allocations say nothing.
const Race = true
