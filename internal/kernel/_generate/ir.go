package main

import (
	"fmt"
	"math"
)

// A value is a vector: the number of the instruction that makes it.
type value int

const none value = -1

// An op is one vector operation. Where the comment has a condition, a NaN makes it
// false.
type op int

const (
	opLoad      op = iota // the vector at pointer imm
	opLoad16              // 16 bit integers at pointer imm, widened
	opLoadF16             // half precision numbers at pointer imm, widened
	opConst               // the bits imm in every lane
	opPinned              // what register imm holds during the loop
	opStore               // a to pointer imm
	opStore16             // a's lower halves to pointer imm
	opStoreF16            // a, rounded, to pointer imm
	opSetPinned           // a becomes what register imm holds
	opAdd                 // a + b
	opSub                 // a - b
	opMul                 // a · b
	opDiv                 // a / b
	opFMA                 // a · b + c
	opFNMA                // c - a · b
	opMax                 // a > b ? a : b
	opMin                 // a < b ? a : b
	opAnd                 // bits
	opOr
	opXor
	opAndGreater // a > b ? c : +0
	opIfNaN      // a is NaN ? b : c
	opTail       // in the tail's lanes a, elsewhere the constant b
	opToInt      // nearest integer
	opAddInt     // a + b
	opSubInt     // a - b
	opShl        // a << imm
	opShr        // a >> imm, zeros coming in
	opSar        // a >> imm, the sign coming in
	opScalef     // a · 2^b, AVX-512 only
	opSqrt       // the root of a, rounded once
)

type instruction struct {
	op      op
	a, b, c value
	imm     uint32
}

// A block is the body of a loop, for one vector.
type block struct {
	isa  *isa
	tail bool // the body for the elements that do not fill a vector
	sub  int  // which vector of the 16 lanes
	code []instruction
	regs int // pinned registers
}

func (b *block) emit(o op, x, y, z value, imm uint32) value {
	b.code = append(b.code, instruction{o, x, y, z, imm})
	return value(len(b.code) - 1)
}

func (b *block) load(i int) value       { return b.emit(opLoad, none, none, none, uint32(i)) }
func (b *block) store(i int, v value)   { b.emit(opStore, v, none, none, uint32(i)) }
func (b *block) number(f float64) value { return b.bits(math.Float32bits(float32(f))) }
func (b *block) bits(u uint32) value {
	return b.emit(opConst, none, none, none, u)
}

// scalar returns parameter i, in every lane.
func (b *block) scalar(i int) value { return b.emit(opPinned, none, none, none, uint32(i)) }

// lanes returns the lanes of a reduction, whose registers follow the scalars', and
// setLanes changes them.
func (b *block) lanes() value { return b.emit(opPinned, none, none, none, uint32(b.laneReg())) }
func (b *block) setLanes(v value) {
	b.emit(opSetPinned, v, none, none, uint32(b.laneReg()))
}
func (b *block) laneReg() int { return b.regs - 16/b.isa.width + b.sub }

func (b *block) binary(o op, x, y value) value { return b.emit(o, x, y, none, 0) }
func (b *block) add(x, y value) value          { return b.binary(opAdd, x, y) }
func (b *block) subtract(x, y value) value     { return b.binary(opSub, x, y) }
func (b *block) mul(x, y value) value          { return b.binary(opMul, x, y) }
func (b *block) div(x, y value) value          { return b.binary(opDiv, x, y) }
func (b *block) max(x, y value) value          { return b.binary(opMax, x, y) }
func (b *block) min(x, y value) value          { return b.binary(opMin, x, y) }
func (b *block) fma(x, y, z value) value       { return b.emit(opFMA, x, y, z, 0) }
func (b *block) fnma(x, y, z value) value      { return b.emit(opFNMA, x, y, z, 0) }
func (b *block) shift(o op, x value, n uint32) value {
	return b.emit(o, x, none, none, n)
}

// inTail returns v, with the number f in the lanes past the end of the slice.
func (b *block) inTail(v value, f float64) value {
	if !b.tail {
		return v
	}
	return b.binary(opTail, v, b.number(f))
}

// A machine turns instructions into text. Registers are numbers.
type machine interface {
	// instruction emits in, its operands and its result being in registers; those
	// that are constants have the register -1.
	instruction(a *allocation, in instruction, d int)
}

// An allocation assigns registers to the values of a block, in one pass.
type allocation struct {
	block *block
	last  []int // the instruction that uses a value last
	reg   map[value]int
	free  []int
	at    int
}

// lower turns the block into text, with the registers from b.regs to n-1 free.
func lower(b *block, n int, m machine) {
	a := &allocation{block: b, last: make([]int, len(b.code)), reg: map[value]int{}}
	for r := n - 1; r >= b.regs; r-- {
		a.free = append(a.free, r)
	}
	for i, in := range b.code {
		for _, v := range []value{in.a, in.b, in.c} {
			if v != none {
				a.last[v] = i
			}
		}
	}
	for i, in := range b.code {
		a.at = i
		switch in.op {
		case opConst:
			continue
		case opPinned:
			a.reg[value(i)] = int(in.imm)
			continue
		}
		m.instruction(a, in, i)
		for _, v := range []value{in.a, in.b, in.c} {
			a.release(v)
		}
	}
}

// isConst reports whether v is a constant, which has no register.
func (a *allocation) isConst(v value) bool { return v != none && a.block.code[v].op == opConst }

// dies reports whether the present instruction may overwrite v's register. The
// lanes of a reduction may be overwritten by what replaces them.
func (a *allocation) dies(v value) bool {
	if v == none || a.isConst(v) || a.last[v] != a.at {
		return false
	}
	in := a.block.code[v]
	return in.op != opPinned || int(in.imm) >= a.block.regs-16/a.block.isa.width && a.block.hasLanes()
}

func (b *block) hasLanes() bool {
	for _, in := range b.code {
		if in.op == opSetPinned {
			return true
		}
	}
	return false
}

// take returns a free register.
func (a *allocation) take() int {
	if len(a.free) == 0 {
		panic("generate: out of registers")
	}
	r := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	return r
}

// give returns a register that take handed out.
func (a *allocation) give(r int) {
	for _, f := range a.free {
		if f == r {
			panic(fmt.Sprint("generate: register freed twice: ", r))
		}
	}
	a.free = append(a.free, r)
}

// release frees v's register after its last use, unless a result has taken it over.
func (a *allocation) release(v value) {
	if v == none || a.last[v] != a.at {
		return
	}
	r, ok := a.reg[v]
	if !ok {
		return
	}
	delete(a.reg, v)
	for _, other := range a.reg {
		if other == r {
			return
		}
	}
	if r >= a.block.regs {
		a.give(r)
	}
}

// inherit makes the result of the present instruction take over v's register.
func (a *allocation) inherit(v value) int {
	r := a.reg[v]
	a.reg[value(a.at)] = r
	return r
}

// fresh gives the result of the present instruction a register of its own.
func (a *allocation) fresh() int {
	r := a.take()
	a.reg[value(a.at)] = r
	return r
}

// result returns a register for the result, taking over an operand's if one dies.
func (a *allocation) result(operands ...value) int {
	for _, v := range operands {
		if a.dies(v) {
			return a.inherit(v)
		}
	}
	return a.fresh()
}
