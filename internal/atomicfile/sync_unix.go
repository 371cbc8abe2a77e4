//go:build unix

package atomicfile

import (
	"errors"
	"os"
)

// SyncDir is part of [Disk].
func (system) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
