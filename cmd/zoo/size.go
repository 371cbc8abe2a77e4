package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a flag of a number of bytes, such as 512MiB, 8G or 1e9. M and MB are MiB.
type byteSize int64

var byteUnits = []struct {
	name  string
	bytes float64
}{{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40}}

func (b *byteSize) Set(s string) error {
	number, unit := strings.ToLower(strings.TrimSpace(s)), 1.0
	number = strings.TrimSuffix(strings.TrimSuffix(number, "b"), "i")
	for _, u := range byteUnits {
		if short, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = short, u.bytes
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n >= 0) || n*unit >= math.MaxInt64 {
		return fmt.Errorf("it is no number of bytes such as 512MiB or 8G")
	}
	*b = byteSize(n * unit)
	return nil
}

func (b *byteSize) Type() string { return "bytes" }

func (b *byteSize) String() string {
	n, i := int64(*b), 0
	for n >= 1024 && n%1024 == 0 && i < len(byteUnits) {
		n /= 1024
		i++
	}
	if i == 0 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%d%siB", n, strings.ToUpper(byteUnits[i-1].name))
}
