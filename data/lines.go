package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxRecord is the most bytes of a record: a line, a row, a paragraph. Longer ones
// are an error, so that no file can fill the memory.
const MaxRecord = 16 << 20

// errLong is returned for records over MaxRecord.
var errLong = fmt.Errorf("is longer than %d MiB", MaxRecord>>20)

// lines reads lines.
type lines struct {
	r    *bufio.Reader
	n    int // number of the line that was read last, from 1
	long []byte
}

func newLines(r io.Reader) *lines {
	l := &lines{r: bufio.NewReaderSize(r, 1<<16)}
	if mark, err := l.r.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = l.r.Discard(3) // they are in the buffer
	}
	return l
}

// next returns a line without its end, "\n" or "\r\n". It is valid until the next
// call.
func (l *lines) next() ([]byte, error) {
	part, err := l.r.ReadSlice('\n')
	l.n++
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], part...)
		for errors.Is(err, bufio.ErrBufferFull) {
			part, err = l.r.ReadSlice('\n')
			if len(l.long)+len(part) > MaxRecord {
				return nil, l.wrap(errLong)
			}
			l.long = append(l.long, part...)
		}
		part = l.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, l.wrap(err)
	}
	if err != nil && len(part) == 0 {
		return nil, io.EOF
	}
	part = bytes.TrimSuffix(part, []byte("\n"))
	return bytes.TrimSuffix(part, []byte("\r")), nil
}

func (l *lines) wrap(err error) error { return fmt.Errorf("line %d: %w", l.n, err) }
