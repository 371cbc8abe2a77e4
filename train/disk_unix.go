//go:build unix

package train

import (
	"errors"
	"os"
)

// syncFolder returns when the names in dir are on the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
