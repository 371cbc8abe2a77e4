// Package data brings texts and records to training: readers, mixtures,
// shuffling, packing and collating. It knows no models.
package data

// A Stream yields one value after another, in an order that depends on nothing
// but how it was made: the same seed gives the same values. One goroutine at a
// time may use it.
type Stream[T any] interface {
	// Next returns the next value, or io.EOF after the last.
	Next() (T, error)
	// State returns where the stream stands: a small JSON value, for Restore.
	State() ([]byte, error)
	// Restore brings a stream that was made in the same way to where State was
	// called: what Next returns from then on is the same, byte for byte.
	Restore(state []byte) error
}
