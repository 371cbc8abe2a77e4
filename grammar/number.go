package grammar

import (
	"math/big"
	"strings"
)

// bound is an end of a range of numbers.
type bound struct {
	at   *big.Rat
	open bool // the number itself is not in the range
}

// digits returns the digits of |r| before and behind the point, without zeros at the end.
func digits(r *big.Rat) (whole, fraction string) {
	text := new(big.Rat).Abs(r).FloatString(2 * maxDigits)
	whole, fraction, _ = strings.Cut(text, ".")
	return whole, strings.TrimRight(fraction, "0")
}

// integerRange is the integers from lo to hi; nil: no bound.
func integerRange(lo, hi *bound) expression {
	least, most := ceil(lo, 1), ceil(hi, -1)
	var all choice
	zero := big.NewInt(0)
	if most == nil || most.Sign() >= 0 {
		from := zero
		if least != nil && least.Sign() > 0 {
			from = least
		}
		all = append(all, natural(from, most))
	}
	if least == nil || least.Sign() < 0 {
		from := big.NewInt(1)
		if most != nil && most.Sign() < 0 {
			from = new(big.Int).Neg(most)
		}
		var to *big.Int
		if least != nil {
			to = new(big.Int).Neg(least)
		}
		all = append(all, sequence{literal("-"), natural(from, to)})
	}
	return all
}

// ceil is the first integer in a range in the direction of sign, from its end.
func ceil(b *bound, sign int64) *big.Int {
	if b == nil {
		return nil
	}
	q, m := new(big.Int).DivMod(b.at.Num(), b.at.Denom(), new(big.Int)) // q ≤ b.at
	switch {
	case m.Sign() == 0 && b.open:
		q.Add(q, big.NewInt(sign))
	case m.Sign() != 0 && sign > 0:
		q.Add(q, big.NewInt(1))
	}
	return q
}

// natural is the integers from lo ≥ 0 to hi, without signs and zeros before them.
func natural(lo, hi *big.Int) expression {
	a := lo.String()
	longer := func(from int, to int) expression { // numbers of that many digits
		if to >= 0 && to < from {
			return never
		}
		if to > 0 {
			to--
		}
		return sequence{charset{{'1', '9'}}, repeat{digit, from - 1, to}}
	}
	if hi == nil {
		return choice{between(a, strings.Repeat("9", len(a))), longer(len(a)+1, -1)}
	}
	if lo.Cmp(hi) > 0 {
		return never
	}
	b := hi.String()
	if len(a) == len(b) {
		return between(a, b)
	}
	all := choice{between(a, strings.Repeat("9", len(a))), between("1"+strings.Repeat("0", len(b)-1), b)}
	if len(b)-len(a) > 1 {
		all = append(all, longer(len(a)+1, len(b)-1))
	}
	return all
}

// between is the rows of digits from a to b, both as long as each other.
func between(a, b string) expression {
	switch {
	case a == b:
		return literal(a)
	case strings.Trim(a, "0") == "" && strings.Trim(b, "9") == "":
		return repeat{digit, len(a), len(a)}
	case len(a) == 1:
		return charset{{rune(a[0]), rune(b[0])}}
	case a[0] == b[0]:
		return sequence{literal(a[:1]), between(a[1:], b[1:])}
	}
	rest := repeat{digit, len(a) - 1, len(a) - 1}
	all := choice{
		sequence{literal(a[:1]), atLeast(a[1:])},
		sequence{literal(b[:1]), atMost(b[1:])},
	}
	if a[0]+1 < b[0] {
		all = append(all, sequence{charset{{rune(a[0] + 1), rune(b[0] - 1)}}, rest})
	}
	return all
}

func atLeast(a string) expression { return between(a, strings.Repeat("9", len(a))) }
func atMost(b string) expression  { return between(strings.Repeat("0", len(b)), b) }

// numberRange is the numbers from lo to hi, written without an exponent.
func numberRange(lo, hi *bound) expression {
	var all choice
	if hi == nil || hi.at.Sign() >= 0 {
		all = append(all, magnitude(lo, hi))
	}
	if lo == nil || lo.at.Sign() <= 0 {
		all = append(all, sequence{literal("-"), magnitude(hi.negative(), lo.negative())})
	}
	return all
}

func (b *bound) negative() *bound {
	if b == nil {
		return nil
	}
	return &bound{new(big.Rat).Neg(b.at), b.open}
}

// magnitude is the numbers from lo to hi that have no sign.
func magnitude(lo, hi *bound) expression {
	anyFraction := optional(sequence{literal("."), any1(digit)})
	var parts []expression
	if lo != nil && (lo.at.Sign() > 0 || lo.at.Sign() == 0 && lo.open) {
		w, f := digits(lo.at)
		n, _ := new(big.Int).SetString(w, 10)
		same := expression(sequence{literal("."), fractionFrom(f, lo.open)})
		if f == "" && !lo.open {
			same = anyFraction
		}
		parts = append(parts, choice{
			sequence{natural(new(big.Int).Add(n, big.NewInt(1)), nil), anyFraction},
			sequence{literal(w), same},
		})
	}
	if hi != nil {
		w, f := digits(hi.at)
		n, _ := new(big.Int).SetString(w, 10)
		var same choice
		if f != "" || !hi.open {
			same = choice{empty, sequence{literal("."), fractionTo(f, hi.open, true)}}
		}
		all := choice{sequence{literal(w), same}}
		if n.Sign() > 0 {
			all = append(all, sequence{natural(big.NewInt(0), new(big.Int).Sub(n, big.NewInt(1))), anyFraction})
		}
		parts = append(parts, all)
	}
	switch len(parts) {
	case 0:
		return sequence{natural(big.NewInt(0), nil), anyFraction}
	case 1:
		return parts[0]
	}
	return product{parts[0], parts[1]}
}

// fractionFrom is the digits behind a point that are at least, or more than, d.
func fractionFrom(d string, more bool) expression {
	if d == "" {
		if more {
			return sequence{any0(digit), charset{{'1', '9'}}, any0(digit)}
		}
		return any0(digit)
	}
	all := choice{sequence{literal(d[:1]), fractionFrom(d[1:], more)}}
	if d[0] < '9' {
		all = append(all, sequence{charset{{rune(d[0] + 1), '9'}}, any0(digit)})
	}
	return all
}

// fractionTo is the digits behind a point that are at most, or less than, d, which does
// not end in zero. Behind the point itself there is at least one.
func fractionTo(d string, less, first bool) expression {
	if d == "" {
		switch {
		case less:
			return never
		case first:
			return any1(literal("0"))
		}
		return any0(literal("0"))
	}
	all := choice{sequence{literal(d[:1]), fractionTo(d[1:], less, false)}}
	if d[0] > '0' {
		all = append(all, sequence{charset{{'0', rune(d[0] - 1)}}, any0(digit)})
	}
	if !first {
		all = append(all, empty)
	}
	return all
}

// multiple is the integers that a number divides, with any sign and zeros before them.
type multiple int

// maxMultiple bounds them: each remainder is a state.
const maxMultiple = 4096

func (a *automaton) multiple(n multiple, from, to int32) {
	states := make([]int32, n)
	for i := range states {
		states[i] = a.add()
	}
	if a.tooLong {
		return
	}
	sign := a.add()
	a.step(from, sign)
	a.bytes(from, sign, byteRange{'-', '-'})
	for s := -1; s < int(n); s++ {
		at, value := sign, 0
		if s >= 0 {
			at, value = states[s], s
		}
		for d := range 10 {
			a.bytes(at, states[(10*value+d)%int(n)], byteRange{byte('0' + d), byte('0' + d)})
		}
	}
	a.step(states[0], to)
}
