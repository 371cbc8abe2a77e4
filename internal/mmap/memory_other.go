//go:build !linux

package mmap

import "errors"

func anonymous(int) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }

func huge([]byte) {}

func populate([]byte) {}

func discard([]byte) bool { return false }
