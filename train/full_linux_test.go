package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk fills the disk between two checkpoints: the run ends with an error,
// nothing older is lost, and with room again it goes on to the same bytes.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a small disk cannot be made here: %v", err)
	}
	defer unix.Unmount(disk, unix.MNT_DETACH)
	r := recipe(t, "bert", "eval.every=0")
	want := trained(t, r, Options{})
	for _, free := range []int{0, 1 << 10, 60 << 10, 150 << 10} {
		dir := filepath.Join(disk, "run")
		ballast := filepath.Join(disk, "ballast")
		_, err := Run(context.Background(), r, Options{Dir: dir, Force: true, Report: func(event any) {
			if s, ok := event.(Saved); ok && s.Step == 10 {
				fillDisk(t, ballast, free)
			}
		}})
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("with %d bytes free: %v", free, err)
		}
		s, bad := newest(dir)
		if bad != nil || s == nil || s.Step != 10 {
			t.Fatalf("with %d bytes free: %+v is left, %v", free, s, bad)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		trained(t, r, Options{Dir: dir, Resume: true})
		sameFiles(t, dir, want, lastName)
	}
}

// fillDisk leaves so many bytes of a disk.
func fillDisk(t *testing.T, path string, free int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	at, _ := f.Seek(0, 1)
	if err := errors.Join(f.Truncate(max(at-int64(free), 0)), f.Close()); err != nil {
		t.Fatal(err)
	}
}
