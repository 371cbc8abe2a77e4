//go:build !unix

package atomicfile

// SyncDir is part of [Disk]. A folder cannot be synced here; the system keeps
// its own log of names.
func (system) SyncDir(string) error { return nil }
