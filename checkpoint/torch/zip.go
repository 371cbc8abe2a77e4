package torch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
)

// maxRecords bounds how many files an archive may hold.
const maxRecords = 1 << 17

// An archive is a zip file whose parts are not compressed, as torch.save writes
// them. The parts are slices of the file.
type archive map[string][]byte

// The parts of a zip file, by the signatures that they start with.
const (
	signLocal   = 0x04034b50
	signCentral = 0x02014b50
	signEnd     = 0x06054b50
	signEnd64   = 0x06064b50
	signLocator = 0x07064b50
)

// isZip reports whether data starts as a zip file does.
func isZip(data []byte) bool {
	return len(data) >= 4 && binary.LittleEndian.Uint32(data) == signLocal
}

// readArchive reads the directory at the end of data.
func readArchive(data []byte) (archive, error) {
	directory, count, err := findDirectory(data)
	if err != nil {
		return nil, err
	}
	if count > maxRecords || count > uint64(len(directory)/46) {
		return nil, fmt.Errorf("zip: the directory of %d bytes cannot hold %d entries, or they are over %d", len(directory), count, maxRecords)
	}
	a := archive{}
	for range count {
		e, size, err := readEntry(directory)
		if err != nil {
			return nil, fmt.Errorf("zip: entry %d: %w", len(a), err)
		}
		directory = directory[size:]
		name := string(e.name)
		if _, twice := a[name]; twice {
			return nil, fmt.Errorf("zip: entry %s: it is there twice", entry.Quote(name))
		}
		if a[name], err = e.content(data); err != nil {
			return nil, fmt.Errorf("zip: entry %s: %w", entry.Quote(name), err)
		}
	}
	return a, nil
}

// findDirectory returns the central directory, and how many entries it has.
func findDirectory(data []byte) (directory []byte, count uint64, err error) {
	const endSize, locatorSize, end64Size = 22, 20, 56
	tail := data[max(0, len(data)-endSize-math.MaxUint16):] // a comment may follow
	at := bytes.LastIndex(tail, binary.LittleEndian.AppendUint32(nil, signEnd))
	if at < 0 || len(tail)-at < endSize {
		return nil, 0, errors.New("zip: it has no directory at its end: it may be cut short")
	}
	end := tail[at:]
	count = uint64(binary.LittleEndian.Uint16(end[10:]))
	size, offset := uint64(binary.LittleEndian.Uint32(end[12:])), uint64(binary.LittleEndian.Uint32(end[16:]))
	if at >= locatorSize && binary.LittleEndian.Uint32(tail[at-locatorSize:]) == signLocator {
		at64 := binary.LittleEndian.Uint64(tail[at-locatorSize+8:])
		if len(data) < end64Size || at64 > uint64(len(data)-end64Size) || binary.LittleEndian.Uint32(data[at64:]) != signEnd64 {
			return nil, 0, fmt.Errorf("zip: there is no directory's end at byte %d", at64)
		}
		end64 := data[at64:]
		count = binary.LittleEndian.Uint64(end64[32:])
		size, offset = binary.LittleEndian.Uint64(end64[40:]), binary.LittleEndian.Uint64(end64[48:])
	}
	if offset > uint64(len(data)) || size > uint64(len(data))-offset {
		return nil, 0, fmt.Errorf("zip: a directory of %d bytes at byte %d is not within %d bytes", size, offset, len(data))
	}
	return data[offset : offset+size], count, nil
}

// zipEntry is an entry of the central directory.
type zipEntry struct {
	name                   []byte
	flags, method          uint16
	packed, unpacked, from uint64
}

// readEntry reads the first entry of a directory, and returns how many bytes it takes.
func readEntry(b []byte) (e zipEntry, size int, err error) {
	if len(b) < 46 || binary.LittleEndian.Uint32(b) != signCentral {
		return e, 0, errors.New("the directory ends, or holds something else")
	}
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	e.flags, e.method = u16(b[8:]), u16(b[10:])
	e.packed, e.unpacked, e.from = uint64(u32(b[20:])), uint64(u32(b[24:])), uint64(u32(b[42:]))
	nameEnd := 46 + int(u16(b[28:]))
	extraEnd := nameEnd + int(u16(b[30:]))
	size = extraEnd + int(u16(b[32:]))
	if size > len(b) {
		return e, 0, errors.New("it is longer than the directory")
	}
	e.name = b[46:nameEnd]
	return e, size, e.wide(b[nameEnd:extraEnd])
}

// wide reads the sizes that do not fit in 32 bits from the extra field.
func (e *zipEntry) wide(extra []byte) error {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return errors.New("its extra field is longer than its place")
		}
		field := extra[:n]
		extra = extra[n:]
		if id != 1 {
			continue
		}
		for _, v := range []*uint64{&e.unpacked, &e.packed, &e.from} {
			if *v != math.MaxUint32 {
				continue
			}
			if len(field) < 8 {
				return errors.New("its 64 bit sizes are missing")
			}
			*v, field = binary.LittleEndian.Uint64(field), field[8:]
		}
	}
	return nil
}

// content returns the bytes of the entry.
func (e *zipEntry) content(data []byte) ([]byte, error) {
	const localSize = 30
	switch {
	case e.flags&1 != 0:
		return nil, errors.New("it is encrypted")
	case e.method != 0 || e.packed != e.unpacked:
		return nil, errors.New("it is compressed, which torch.save does not do")
	case len(data) < localSize || e.from > uint64(len(data)-localSize) || binary.LittleEndian.Uint32(data[e.from:]) != signLocal:
		return nil, fmt.Errorf("there is no header of it at byte %d", e.from)
	}
	local := data[e.from:]
	skip := localSize + int(binary.LittleEndian.Uint16(local[26:])) + int(binary.LittleEndian.Uint16(local[28:]))
	if skip > len(local) || e.unpacked > uint64(len(local)-skip) {
		return nil, fmt.Errorf("%d bytes at byte %d are not within %d bytes", e.unpacked, e.from, len(data))
	}
	return local[skip : skip+int(e.unpacked)], nil
}

// prefix returns the folder of the archive that data.pkl lies in, with its slash.
func (a archive) prefix() (string, error) {
	prefix, found := "", false
	for name := range a {
		if p, ok := strings.CutSuffix(name, "data.pkl"); ok && (p == "" || strings.Count(p, "/") == 1 && strings.HasSuffix(p, "/")) {
			if found {
				return "", errors.New("zip: there are two data.pkl")
			}
			prefix, found = p, true
		}
	}
	if !found {
		return "", errors.New("zip: there is no data.pkl: it was not written by torch.save")
	}
	if _, script := a[prefix+"constants.pkl"]; script {
		return "", errors.New("zip: it is a TorchScript program, not a checkpoint")
	}
	return prefix, nil
}
