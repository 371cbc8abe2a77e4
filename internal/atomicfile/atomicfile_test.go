package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errFault = errors.New("fault")

// fakeDisk is a disk in memory that loses, at a power cut, all that was not
// synced. After budget operations every operation fails.
type fakeDisk struct {
	names   map[string]*fakeFile // as programs see them
	kept    map[string]*fakeFile // as the disk has them
	budget  int
	created int
}

type fakeFile struct {
	disk          *fakeDisk
	name          string
	content, kept []byte
}

func newFakeDisk(budget int) *fakeDisk {
	d := &fakeDisk{names: map[string]*fakeFile{}, kept: map[string]*fakeFile{}, budget: budget}
	old := &fakeFile{content: []byte("old"), kept: []byte("old")}
	d.names["dir/file"], d.kept["dir/file"] = old, old
	return d
}

func (d *fakeDisk) step() error {
	if d.budget == 0 {
		return errFault
	}
	d.budget--
	return nil
}

func (d *fakeDisk) CreateTemp(dir, prefix string) (File, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	d.created++
	f := &fakeFile{disk: d, name: fmt.Sprintf("%s/%s%d", dir, prefix, d.created)}
	d.names[f.name] = f
	return f, nil
}

func (d *fakeDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *fakeDisk) Remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	delete(d.names, name)
	return nil
}

func (d *fakeDisk) SyncDir(string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.syncNames()
	return nil
}

func (d *fakeDisk) syncNames() {
	d.kept = map[string]*fakeFile{}
	for name, f := range d.names {
		d.kept[name] = f
	}
}

func (f *fakeFile) Name() string { return f.name }

func (f *fakeFile) Write(p []byte) (int, error) {
	if err := f.disk.step(); err != nil {
		n := len(p) / 2 // part of a write may have happened
		f.content = append(f.content, p[:n]...)
		return n, err
	}
	f.content = append(f.content, p...)
	return len(p), nil
}

func (f *fakeFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.kept = bytes.Clone(f.content)
	return nil
}

func (f *fakeFile) Close() error { return f.disk.step() }

// newContent takes several writes.
var newContent = bytes.Repeat([]byte("new content "), 3*buffer/12)

func writeNew(w io.Writer) error {
	for part := newContent; len(part) > 0; {
		n := min(len(part), 100_000)
		if _, err := w.Write(part[:n]); err != nil {
			return err
		}
		part = part[n:]
	}
	return nil
}

// TestPowerCut stops the machine before every operation. The name must then lead
// to the old content or all of the new one, whether or not the disk had already
// taken note of the new names by itself; and to the new one where Write succeeded.
func TestPowerCut(t *testing.T) {
	for budget := 0; ; budget++ {
		for _, eager := range []bool{false, true} {
			d := newFakeDisk(budget)
			err := WriteOn(d, "dir/file", writeNew)
			if eager {
				d.syncNames()
			}
			got := d.kept["dir/file"].kept
			if isNew := bytes.Equal(got, newContent); !isNew && string(got) != "old" || err == nil && !isNew {
				t.Fatalf("stopped after %d operations (%v): %d bytes are left", budget, err, len(got))
			}
			if err == nil && eager {
				if len(d.names) != 1 {
					t.Errorf("files left: %d", len(d.names))
				}
				return
			}
			if err != nil && !errors.Is(err, errFault) {
				t.Errorf("after %d operations: %v", budget, err)
			}
		}
	}
}

// oneFault fails a single operation; the disk works again afterwards.
type oneFault struct {
	*fakeDisk
	left int
}

type oneFaultFile struct {
	*fakeFile
	d *oneFault
}

func (d *oneFault) fails() bool { d.left--; return d.left == -1 }

func (d *oneFault) CreateTemp(dir, prefix string) (File, error) {
	if d.fails() {
		return nil, errFault
	}
	f, err := d.fakeDisk.CreateTemp(dir, prefix)
	return oneFaultFile{f.(*fakeFile), d}, err
}

func (d *oneFault) Rename(from, to string) error {
	if d.fails() {
		return errFault
	}
	return d.fakeDisk.Rename(from, to)
}

func (f oneFaultFile) Write(p []byte) (int, error) {
	if f.d.fails() {
		return 0, errFault
	}
	return f.fakeFile.Write(p)
}

func (f oneFaultFile) Sync() error {
	if f.d.fails() {
		return errFault
	}
	return f.fakeFile.Sync()
}

func (f oneFaultFile) Close() error {
	if f.d.fails() {
		return errFault
	}
	return f.fakeFile.Close()
}

// TestFaults fails each operation up to the renaming in turn: the old file stays,
// and no temporary file does.
func TestFaults(t *testing.T) {
	for left := 0; ; left++ {
		d := &oneFault{newFakeDisk(1 << 30), left}
		err := WriteOn(d, "dir/file", writeNew)
		if err == nil {
			if left < 6 {
				t.Errorf("only %d operations seen", left)
			}
			return
		}
		if len(d.names) != 1 || string(d.names["dir/file"].content) != "old" {
			t.Errorf("operation %d failed: %d files are left, the content is %d bytes", left, len(d.names), len(d.names["dir/file"].content))
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, content := range []string{"first", "second", ""} {
		err := Write(path, func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("content is %q (%v), want %q", got, err, content)
		}
	}
	err := Write(path, func(io.Writer) error { return errFault })
	if !errors.Is(err, errFault) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
	if err := Write(filepath.Join(dir, "absent", "file"), writeNew); err == nil {
		t.Error("written to a folder that does not exist")
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files are left", len(files))
	}
}
