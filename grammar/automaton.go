package grammar

import (
	"errors"
	"fmt"
	"slices"
)

// Bounds of a grammar, so that none takes memory or time out of proportion.
const (
	maxStates = 1 << 18
	maxEdges  = 1 << 20
	maxNested = 2000 // of groups and expressions
	maxSource = 4 << 20
)

// window is how many bytes ahead states are told apart, see automaton.like. Tokens
// that are longer are not used.
const window = 255

// edge is a step over one byte of a range.
type edge struct {
	lo, hi byte
	to     int32
}

// call is a step over what a rule matches.
type call struct{ rule, to int32 }

// node is a state of the automaton of a rule.
type node struct {
	edges []edge
	empty []int32 // steps over nothing
	calls []call
}

// automaton is a pushdown automaton over bytes: a non-deterministic automaton for each
// rule, with calls of rules on its edges.
type automaton struct {
	nodes  []node
	starts []int32 // of rules
	ends   []int32 // of rules: a state that nothing leaves
	root   int32   // rule
	edges  int
	spent  *int // states of this and of those that it is made of

	nullable []bool // rules that match the empty text
	dead     []bool // states from which no end can be reached
	tail     []bool // states from which nothing is left but the end of the rule
	// like is a state that cannot be told apart from this one within window bytes:
	// copies of what is repeated very often are alike.
	like []int32

	class   [256]uint8 // bytes that no edge tells apart have one class
	sample  []byte     // a byte of each class
	tooLong bool
}

var errNoText = errors.New("grammar: no text fits it")

var errTooLarge = errors.New("grammar: it is too large: it repeats or nests too much")

// compile builds the automaton of rules, of which root is the number of the first.
func compile(rules []rule, root int) (*automaton, error) {
	a := &automaton{root: int32(root), spent: new(int)}
	for range rules {
		a.starts, a.ends = append(a.starts, a.add()), append(a.ends, a.add())
	}
	for i, r := range rules {
		if err := a.build(r.body, a.starts[i], a.ends[i], 0); err != nil {
			return nil, fmt.Errorf("grammar: %s: %w", r.name, err)
		}
		if a.tooLong {
			return nil, errTooLarge
		}
	}
	a.findNullable()
	if i := a.leftRecursive(); i >= 0 {
		return nil, fmt.Errorf("grammar: %s: left recursion: the rule may begin with itself", rules[i].name)
	}
	a.findDead()
	if a.dead[a.starts[root]] {
		return nil, errNoText
	}
	a.findTails()
	a.classify()
	return a, nil
}

func (a *automaton) add() int32 {
	if *a.spent++; len(a.nodes) >= maxStates || *a.spent > 2*maxStates {
		a.tooLong = true
		return 0
	}
	a.nodes = append(a.nodes, node{})
	a.like = append(a.like, int32(len(a.like)))
	return int32(len(a.nodes) - 1)
}

func (a *automaton) step(from, to int32) {
	if from != to {
		a.nodes[from].empty = append(a.nodes[from].empty, to)
		a.count()
	}
}

func (a *automaton) count() {
	if a.edges++; a.edges > maxEdges {
		a.tooLong = true
	}
}

func (a *automaton) bytes(from, to int32, r byteRange) {
	a.nodes[from].edges = append(a.nodes[from].edges, edge{r.lo, r.hi, to})
	a.count()
}

// build adds what e matches between two states. Nothing but e's own loops leads
// back to a state that it adds.
func (a *automaton) build(e expression, from, to int32, depth int) error {
	if a.tooLong {
		return nil
	}
	if depth > maxNested {
		return errors.New("nested too deep")
	}
	switch e := e.(type) {
	case literal:
		for i := range len(e) {
			next := to
			if i < len(e)-1 {
				next = a.add()
			}
			a.bytes(from, next, byteRange{e[i], e[i]})
			from = next
		}
		if len(e) == 0 {
			a.step(from, to)
		}
	case charset:
		a.chars(e, from, to)
	case reference:
		a.nodes[from].calls = append(a.nodes[from].calls, call{int32(e), to})
		a.count()
	case sequence:
		for i, part := range e {
			next := to
			if i < len(e)-1 {
				next = a.add()
			}
			if err := a.build(part, from, next, depth+1); err != nil {
				return err
			}
			from = next
		}
		if len(e) == 0 {
			a.step(from, to)
		}
	case choice:
		for _, part := range e {
			if err := a.build(part, from, to, depth+1); err != nil {
				return err
			}
		}
	case repeat:
		return a.repeat(e, from, to, depth)
	case multiple:
		a.multiple(e, from, to)
	case product:
		return a.product(e, from, to, depth)
	default:
		return fmt.Errorf("%T is no expression", e)
	}
	return nil
}

// chars adds a set of characters. What is left of several of them in the same way is
// shared, as is how they begin.
func (a *automaton) chars(c charset, from, to int32) {
	var all [][]byteRange
	c.eachUTF8(func(s []byteRange) { all = append(all, s) })
	shared := map[string]int32{}
	var add func(all [][]byteRange, from int32)
	add = func(all [][]byteRange, from int32) {
		for len(all) > 0 && !a.tooLong {
			first := all[0][0]
			n := 1
			for n < len(all) && all[n][0] == first {
				n++
			}
			if len(all[0]) == 1 {
				a.bytes(from, to, first)
				all = all[1:]
				continue
			}
			rest := make([][]byteRange, n)
			var key []byte
			for i, s := range all[:n] {
				rest[i] = s[1:]
				for _, r := range s[1:] {
					key = append(key, r.lo, r.hi)
				}
				key = append(key, 0, 0)
			}
			next, ok := shared[string(key)]
			if !ok {
				next = a.add()
				shared[string(key)] = next
				add(rest, next)
			}
			a.bytes(from, next, first)
			all = all[n:]
		}
	}
	add(all, from)
}

func (a *automaton) repeat(e repeat, from, to int32, depth int) error {
	var copies []int32 // where the states of each begin
	once := func(to int32) (int32, error) {
		copies = append(copies, int32(len(a.nodes)))
		next := to
		if next < 0 {
			next = a.add()
		}
		if err := a.build(e.what, from, next, depth+1); err != nil {
			return 0, err
		}
		return next, nil
	}
	var err error
	for i := 0; i < e.min && !a.tooLong; i++ {
		if from, err = once(-1); err != nil {
			return err
		}
	}
	a.alike(e.what, copies)
	if e.max < 0 {
		loop := a.add()
		a.step(from, loop)
		if err := a.build(e.what, loop, loop, depth+1); err != nil {
			return err
		}
		a.step(loop, to)
		return nil
	}
	copies = copies[:0]
	for i := e.min; i < e.max && !a.tooLong; i++ {
		a.step(from, to)
		if from, err = once(-1); err != nil {
			return err
		}
	}
	a.alike(e.what, copies)
	a.step(from, to)
	return nil
}

// alike marks copies of an expression that are followed by at least window others:
// each takes a byte at least, so what comes behind them is out of sight.
func (a *automaton) alike(e expression, copies []int32) {
	last := len(copies) - 2 - window
	if last < 1 || a.tooLong || mayBeEmpty(e) {
		return
	}
	size := copies[1] - copies[0]
	for _, begin := range copies[:last] {
		for s := range size {
			a.like[begin+s] = a.like[begin+s] - begin + copies[last]
		}
	}
}

// mayBeEmpty reports whether e may match the empty text; of rules it assumes so.
func mayBeEmpty(e expression) bool {
	switch e := e.(type) {
	case literal:
		return e == ""
	case charset, multiple:
		return false
	case sequence:
		return !slices.ContainsFunc(e, func(x expression) bool { return !mayBeEmpty(x) })
	case choice:
		return slices.ContainsFunc(e, mayBeEmpty)
	case repeat:
		return e.min == 0 || mayBeEmpty(e.what)
	case product:
		return mayBeEmpty(e.a) && mayBeEmpty(e.b)
	}
	return true
}
