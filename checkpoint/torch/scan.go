package torch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
)

const (
	maxPickle = 8 << 20 // bytes of one pickle
	maxDepth  = 64      // marks that are open at once
	maxHeight = 1 << 12 // things on the stack since a mark; Python writes 1,000 pairs at a time
	// maxCost bounds the memory that a pickle makes, in units of about 16 bytes.
	// A tensor of a state dict costs about 200.
	maxCost = 7 << 19
)

// scan checks a pickle before it is run. A pickle is a program for a small stack
// machine, that may make objects of any class; only what torch.save needs for a
// state dict passes: the operations of the table below, the classes of
// [allowed], and a bounded amount of both.
type scan struct {
	data []byte
	at   int
	cost int

	height int   // of the stack, since the last mark
	below  []int // the heights under the marks that are open

	// Protocol 4 names classes by two strings on the stack: the strings are
	// followed through pushes and memo, and any other operation forgets them.
	names [][]byte
	memo  map[uint32][]byte
	puts  uint32
	putBy byte // the operation that fills the memo: 0x94, or another
}

// scanPickle returns the length of the pickle that data starts with.
func scanPickle(data []byte) (int, error) {
	s := &scan{data: data[:min(len(data), maxPickle)], memo: map[uint32][]byte{}}
	if len(s.data) < 2 || s.data[0] != 0x80 {
		return 0, errors.New("pickle: it is of protocol 0 or 1, or no pickle")
	}
	for {
		start := s.at
		if s.at == len(s.data) {
			return 0, fmt.Errorf("pickle: it does not end within %d bytes", len(s.data))
		}
		code := s.data[s.at]
		s.at++
		if code == '.' {
			if s.height != 1 || len(s.below) > 0 {
				return 0, errors.New("pickle: it ends with other than one thing on the stack")
			}
			return s.at, nil
		}
		if err := s.operation(code); err != nil {
			return 0, fmt.Errorf("pickle: byte %d: %w", start, err)
		}
		if s.cost > maxCost {
			return 0, errors.New("pickle: it is too large")
		}
	}
}

// form says how an operation is written, and what it costs in memory.
type form struct {
	argument int // bytes that follow, or one of the constants below
	cost     int
	takes    int // things it takes from the stack; above is all since the last mark, and the mark
	gives    int // things it puts there; mark is a mark
	each     int // cost of each thing above a mark
}

const (
	above = -1
	mark  = -1
)

const (
	counted1 = -1 - iota // a length of one byte, and as many bytes: a string
	counted4             // a length of four bytes, likewise
	long1                // a length of one byte, and a number of 1 to 8 bytes
	lines                // two lines: the names of a class
)

func (s *scan) operation(code byte) error {
	f, ok := operations[code]
	if !ok {
		return fmt.Errorf("operation %#x is not allowed", code)
	}
	if err := s.move(f); err != nil {
		return err
	}
	argument, err := s.argument(f.argument)
	if err != nil {
		return err
	}
	return s.follow(code, argument)
}

// move keeps account of the height of the stack, and of the cost.
func (s *scan) move(f form) error {
	s.cost += f.cost
	if f.takes == above {
		top := len(s.below) - 1
		if top < 0 {
			return errors.New("there is no mark")
		}
		s.cost += s.height * f.each
		s.height, s.below = s.below[top], s.below[:top]
		if f.gives == 0 && s.height == 0 {
			return errors.New("there is nothing below the mark to add to")
		}
	} else if s.height -= f.takes; s.height < 0 {
		return errors.New("the stack is empty")
	}
	if f.gives == mark {
		if len(s.below) == maxDepth {
			return fmt.Errorf("there are more than %d marks", maxDepth)
		}
		s.below, s.height = append(s.below, s.height), 0
	} else if s.height += f.gives; s.height > maxHeight {
		return fmt.Errorf("there are more than %d things on the stack", maxHeight)
	}
	return nil
}

func (s *scan) take(n int) ([]byte, error) {
	if n < 0 || n > len(s.data)-s.at {
		return nil, fmt.Errorf("%d bytes are needed, %d are left", n, len(s.data)-s.at)
	}
	b := s.data[s.at : s.at+n]
	s.at += n
	return b, nil
}

func (s *scan) argument(kind int) ([]byte, error) {
	switch kind {
	case counted1, long1:
		n, err := s.take(1)
		if err != nil {
			return nil, err
		}
		if kind == long1 && (n[0] == 0 || n[0] > 8) {
			return nil, fmt.Errorf("a number of %d bytes", n[0])
		}
		s.cost += int(n[0]) / 8
		return s.take(int(n[0]))
	case counted4:
		b, err := s.take(4)
		if err != nil {
			return nil, err
		}
		n := int(int32(binary.LittleEndian.Uint32(b)))
		s.cost += max(n, 0) / 8
		return s.take(n)
	case lines:
		return s.class()
	}
	return s.take(kind)
}

// class reads two lines that name a class.
func (s *scan) class() ([]byte, error) {
	var name [2][]byte
	for i := range name {
		rest := s.data[s.at:]
		n := bytes.IndexByte(rest[:min(len(rest), 256)], '\n')
		if n < 0 {
			return nil, errors.New("the name of a class does not end")
		}
		name[i] = rest[:n]
		s.at += n + 1
	}
	return nil, checkClass(name[0], name[1])
}

func checkClass(module, name []byte) error {
	full := string(module) + "." + string(name)
	if !allowed[full] {
		return fmt.Errorf("class %s is not allowed", entry.Quote(full))
	}
	return nil
}

// follow keeps account of the strings that protocol 4 may name a class with.
func (s *scan) follow(code byte, argument []byte) error {
	switch code {
	case 'X', 'U', 'T', 0x8c: // a string
		s.names = append(s.names, argument)
	case 'q', 'r', 0x94: // to the memo
		at := s.puts // for 0x94 the next free place
		if code != 0x94 {
			at, code = index(argument), 'q'
		}
		if s.puts++; s.putBy != 0 && s.putBy != code {
			return errors.New("the memo is filled in two ways")
		}
		s.putBy = code
		delete(s.memo, at)
		if n := len(s.names); n > 0 && len(s.names[n-1]) < 256 {
			s.memo[at] = s.names[n-1]
		}
	case 'h', 'j': // from the memo
		name, ok := s.memo[index(argument)]
		if !ok {
			s.names = s.names[:0]
			break
		}
		s.names = append(s.names, name)
	case 0x93:
		n := len(s.names)
		if n < 2 {
			return errors.New("a class is not named by two strings")
		}
		err := checkClass(s.names[n-2], s.names[n-1])
		s.names = s.names[:0]
		return err
	case 0x95: // a frame, which the machine allocates
		if n := binary.LittleEndian.Uint64(argument); n > uint64(len(s.data)-s.at) {
			return fmt.Errorf("a frame of %d bytes, %d are left", n, len(s.data)-s.at)
		}
		s.cost += int(binary.LittleEndian.Uint64(argument) / 16)
	default:
		s.names = s.names[:0]
	}
	if n := len(s.names); n > 2 {
		s.names = append(s.names[:0], s.names[n-2:]...)
	}
	return nil
}

// index returns a memo's index, of one byte or four.
func index(b []byte) uint32 {
	if len(b) == 1 {
		return uint32(b[0])
	}
	return binary.LittleEndian.Uint32(b)
}
