//go:build !unix

package train

import "os"

// syncFolder does nothing: a folder cannot be synced here, and the system keeps a
// log of names.
func syncFolder(string) error { return nil }

// hold holds nothing back here.
func hold(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666) }
