//go:build !unix

package train

// syncFolder does nothing: a folder cannot be synced here, and the system keeps a
// log of names.
func syncFolder(string) error { return nil }
