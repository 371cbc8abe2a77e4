package jinja

import "math"

// integers does an operator of whole numbers; what does not fit 64 bits fails.
func integers(op string, x, y int64) any {
	var z int64
	ok := true
	switch op {
	case "+":
		z = x + y
		ok = (z > x) == (y > 0)
	case "-":
		z = x - y
		ok = (z < x) == (y > 0)
	case "*":
		z = x * y
		ok = x == 0 || z/x == y && !(x == -1 && y == math.MinInt64)
	case "//", "%":
		if y == 0 {
			fail("integer division or modulo by zero")
		}
		ok = !(x == math.MinInt64 && y == -1)
		q, m := x/y, x%y
		if m != 0 && (m < 0) != (y < 0) {
			q, m = q-1, m+y
		}
		z = q
		if op == "%" {
			z = m
		}
	case "**":
		return power(x, y)
	}
	if !ok {
		fail("%d %s %d does not fit 64 bits", x, op, y)
	}
	return z
}

func power(x, y int64) any {
	z := int64(1)
	if y > 64 && (x > 1 || x < -1) {
		fail("%d ** %d does not fit 64 bits", x, y)
	}
	for range min(y, 64+y%2) { // beyond that x is 0, 1 or -1
		z = integers("*", z, x).(int64)
	}
	return z
}

func floats(op string, f, g float64) any {
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	case "**":
		return math.Pow(f, g)
	}
	if g == 0 {
		fail("division by zero")
	}
	switch op {
	case "/":
		return f / g
	case "//":
		return math.Floor(f / g)
	}
	m := math.Mod(f, g)
	if m != 0 && (m < 0) != (g < 0) {
		m += g
	}
	return m
}
