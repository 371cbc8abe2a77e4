package main

import "slices"

// A kernel is a loop over slices of one length.
type kernel struct {
	name    string
	slices  []string // names; of uint16 where they end in "16"
	scalars []string
	lanes   bool // the first parameter is a *lanes
	body    func(b *block)
	half    bool // 16 bit numbers, whose tail AVX2 leaves to Go
}

func unary(name string, f func(b *block, x value) value) kernel {
	return kernel{name: name, slices: []string{"dst", "x"}, body: func(b *block) { b.store(0, f(b, b.load(1))) }}
}

func binary(name string, f func(b *block, x, y value) value) kernel {
	return kernel{name: name, slices: []string{"dst", "x", "y"}, body: func(b *block) { b.store(0, f(b, b.load(1), b.load(2))) }}
}

// gated is f(x)·y.
func gated(name string, f func(b *block, x value) value) kernel {
	return binary(name, func(b *block, x, y value) value { return b.mul(f(b, x), y) })
}

// gradient adds dy·slope(x) to dx.
func gradient(name string, slope func(b *block, x value) value) kernel {
	return kernel{name: name, slices: []string{"dx", "x", "dy"}, body: func(b *block) {
		s := slope(b, b.load(1))
		b.store(0, b.fma(b.load(2), s, b.load(0)))
	}}
}

func kernels() []kernel {
	all := []kernel{
		{name: "axpy", slices: []string{"y", "x"}, scalars: []string{"a"}, body: func(b *block) {
			b.store(0, b.fma(b.scalar(0), b.load(1), b.load(0)))
		}},
		{name: "scale", slices: []string{"dst", "x"}, scalars: []string{"a"}, body: func(b *block) {
			b.store(0, b.mul(b.scalar(0), b.load(1)))
		}},
		{name: "scaleAdd", slices: []string{"dst", "x", "y"}, scalars: []string{"a"}, body: func(b *block) {
			b.store(0, b.add(b.mul(b.scalar(0), b.load(1)), b.load(2)))
		}},
		binary("add", (*block).add),
		binary("mul", (*block).mul),
		{name: "mulAdd", slices: []string{"dst", "x", "y"}, body: func(b *block) {
			b.store(0, b.fma(b.load(1), b.load(2), b.load(0)))
		}},
		unary("exp", (*block).exp),
		unary("tanh", (*block).tanh),
		unary("sigmoid", (*block).sigmoid),
		unary("silu", (*block).silu),
		unary("gelu", (*block).gelu),
		unary("geluTanh", (*block).geluTanh),
		unary("quickGELU", (*block).quickGELU),
		unary("relu", func(b *block, x value) value { return b.max(b.number(0), x) }),
		gated("siluMul", (*block).silu),
		gated("geluMul", (*block).gelu),
		gated("geluTanhMul", (*block).geluTanh),
		gradient("tanhGrad", (*block).tanhSlope),
		gradient("sigmoidGrad", (*block).sigmoidSlope),
		gradient("siluGrad", (*block).siluSlope),
		gradient("geluGrad", (*block).geluSlope),
		gradient("geluTanhGrad", (*block).geluTanhSlope),
		gradient("quickGELUGrad", func(b *block, x value) value { return b.siluSlope(b.mul(x, b.number(quickSlope))) }),
		{name: "reluGrad", slices: []string{"dx", "x", "dy"}, body: func(b *block) {
			b.store(0, b.add(b.load(0), b.emit(opAndGreater, b.load(1), b.number(0), b.load(2), 0)))
		}},
		{name: "norm", slices: []string{"dst", "x"}, scalars: []string{"mean", "rstd"}, body: func(b *block) {
			b.store(0, b.normed())
		}},
		{name: "normWeight", slices: []string{"dst", "x", "w"}, scalars: []string{"mean", "rstd"}, body: func(b *block) {
			b.store(0, b.mul(b.normed(), b.load(2)))
		}},
		{name: "normWeightBias", slices: []string{"dst", "x", "w", "b"}, scalars: []string{"mean", "rstd"}, body: func(b *block) {
			b.store(0, b.fma(b.normed(), b.load(2), b.load(3)))
		}},
		{name: "rope", slices: []string{"a", "b", "cos", "sin"}, body: func(b *block) {
			x, y, c, s := b.load(0), b.load(1), b.load(2), b.load(3)
			b.store(0, b.fnma(y, s, b.mul(x, c)))
			b.store(1, b.fma(x, s, b.mul(y, c)))
		}},
	}
	return slices.Concat(all, optimizers(), reductions(), halves())
}

func (b *block) normed() value {
	return b.mul(b.subtract(b.load(1), b.scalar(0)), b.scalar(1))
}

func reductions() []kernel {
	return []kernel{
		{name: "dotLanes", lanes: true, slices: []string{"x", "y"}, body: func(b *block) {
			b.setLanes(b.fma(b.load(0), b.load(1), b.lanes()))
		}},
		{name: "sumLanes", lanes: true, slices: []string{"x"}, body: func(b *block) {
			b.setLanes(b.add(b.lanes(), b.load(0)))
		}},
		{name: "addSumLanes", lanes: true, slices: []string{"dst", "x", "y"}, body: func(b *block) {
			s := b.add(b.load(1), b.load(2))
			b.store(0, s)
			b.setLanes(b.add(b.lanes(), s))
		}},
		{name: "addSquareLanes", lanes: true, slices: []string{"dst", "x", "y"}, body: func(b *block) {
			s := b.add(b.load(1), b.load(2))
			b.store(0, s)
			b.setLanes(b.fma(s, s, b.lanes()))
		}},
		{name: "maxLanes", lanes: true, slices: []string{"x"}, body: func(b *block) {
			b.setLanes(b.max(b.inTail(b.load(0), negInf), b.lanes()))
		}},
		{name: "maxScaledLanes", lanes: true, slices: []string{"x"}, scalars: []string{"scale"}, body: func(b *block) {
			b.setLanes(b.max(b.inTail(b.mul(b.load(0), b.scalar(0)), negInf), b.lanes()))
		}},
		{name: "sumSquareDevLanes", lanes: true, slices: []string{"x"}, scalars: []string{"mean"}, body: func(b *block) {
			d := b.inTail(b.subtract(b.load(0), b.scalar(0)), 0)
			b.setLanes(b.fma(d, d, b.lanes()))
		}},
		{name: "expSumLanes", lanes: true, slices: []string{"dst", "x"}, scalars: []string{"scale", "top"}, body: func(b *block) {
			e := b.exp(b.subtract(b.mul(b.load(1), b.scalar(0)), b.scalar(1)))
			b.store(0, e)
			b.setLanes(b.add(b.lanes(), b.inTail(e, 0)))
		}},
	}
}

func halves() []kernel {
	return []kernel{
		{name: "f16ToF32", half: true, slices: []string{"dst", "src16"}, body: func(b *block) {
			b.store(0, b.emit(opLoadF16, none, none, none, 1))
		}},
		{name: "bf16ToF32", half: true, slices: []string{"dst", "src16"}, body: func(b *block) {
			b.store(0, b.shift(opShl, b.emit(opLoad16, none, none, none, 1), 16))
		}},
		{name: "f32ToF16", half: true, slices: []string{"dst16", "src"}, body: func(b *block) {
			b.emit(opStoreF16, b.load(1), none, none, 0)
		}},
		{name: "f32ToBF16", half: true, slices: []string{"dst16", "src"}, body: func(b *block) {
			x := b.load(1)
			high := b.shift(opShr, x, 16)
			odd := b.binary(opAnd, high, b.bits(1))
			rounded := b.binary(opAddInt, b.binary(opAddInt, x, b.bits(0x7fff)), odd)
			quiet := b.binary(opOr, high, b.bits(0x40))
			b.emit(opStore16, b.emit(opIfNaN, x, quiet, b.shift(opShr, rounded, 16), 0), none, none, 0)
		}},
	}
}
