package checkpoint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/tensor"
)

// renamed is a source under other names.
type renamed struct {
	src   Source
	items map[string]derived
}

// derived is a tensor made of others.
type derived struct {
	Info
	load func() (*tensor.Tensor, error)
}

// Renamed returns src under the names that table gives it. A tensor that no line
// of it is about keeps its name; one that several are about gets all their names.
// It fails if a tensor does not have the shape that its line needs, if only some
// of the tensors of a line are there, or if two get one name. Values are moved
// when a tensor is asked for. To close the result closes src.
func Renamed(src Source, table []Rename) (Source, error) {
	r := &renamed{src, map[string]derived{}}
	names, used := src.Names(), map[string]bool{}
	for i := range table {
		if err := r.apply(&table[i], names, used); err != nil {
			return nil, fmt.Errorf("checkpoint: rename %s: %w", entry.Quote(table[i].From), err)
		}
	}
	for _, name := range names {
		if !used[name] {
			info, _ := src.Info(name)
			if err := r.put(name, derived{info, func() (*tensor.Tensor, error) { return src.Tensor(name) }}); err != nil {
				return nil, fmt.Errorf("checkpoint: rename: %w", err)
			}
		}
	}
	return r, nil
}

func (r *renamed) put(name string, d derived) error {
	if _, taken := r.items[name]; taken {
		return fmt.Errorf("tensor %s: two tensors get this name", entry.Quote(name))
	}
	r.items[name] = d
	return nil
}

// Names is part of Source.
func (r *renamed) Names() []string { return slices.Sorted(maps.Keys(r.items)) }

// Info is part of Source.
func (r *renamed) Info(name string) (Info, bool) {
	d, ok := r.items[name]
	return d.Info, ok
}

// Tensor is part of Source.
func (r *renamed) Tensor(name string) (*tensor.Tensor, error) {
	d, ok := r.items[name]
	if !ok {
		return nil, fmt.Errorf("checkpoint: there is no tensor %s", entry.Quote(name))
	}
	t, err := d.load()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: tensor %s: %w", entry.Quote(name), err)
	}
	return t, nil
}

// Close is part of Source.
func (r *renamed) Close() error { return r.src.Close() }

// group is the tensors that one application of a line takes: one for each name
// of From, or for Stack one for each {e}.
type group struct {
	binding
	names map[int]string
}

// apply enters what a line makes of the tensors of those names.
func (r *renamed) apply(line *Rename, names []string, used map[string]bool) error {
	from, to := parsePatterns(line.From), parsePatterns(line.To)
	if err := checkLine(line, len(from), len(to)); err != nil {
		return err
	}
	groups, order := map[binding]*group{}, []*group{}
	for i := range from {
		for _, name := range names {
			b, ok := from[i].match(name)
			if !ok {
				continue
			}
			used[name] = true
			at := i
			if line.Op == Stack {
				at, _ = strconv.Atoi(b.e) // digits, and few of them
				b.e = ""
			}
			g := groups[b]
			if g == nil {
				g = &group{b, map[int]string{}}
				groups[b] = g
				order = append(order, g)
			}
			g.names[at] = name
		}
	}
	if line.Op == Drop {
		return nil
	}
	for _, g := range order {
		in, err := r.inputs(line, g, len(from))
		if err != nil {
			return err
		}
		if err := r.enter(line, in, to, g.binding); err != nil {
			return fmt.Errorf("tensor %s: %w", entry.Quote(in[0].name), err)
		}
	}
	return nil
}

// maxHeads bounds the heads of a line, so that no product overflows.
const maxHeads = 1 << 16

// checkLine checks that a line has as many names, and the numbers, that its
// operation needs.
func checkLine(line *Rename, from, to int) error {
	wantFrom, wantTo := 1, 1
	switch line.Op {
	case Concat:
		wantFrom = max(from, 2)
	case Split:
		wantTo = max(to, 2)
	case Drop:
		wantTo = 0
	case Permute, Unpermute, Group, Ungroup:
		if line.Heads < 1 || line.Heads > maxHeads {
			return fmt.Errorf("%d heads", line.Heads)
		}
		if n := len(line.Parts); n > 1 || n == 1 && (line.Parts[0] < 1 || line.Parts[0] > maxHeads) {
			return fmt.Errorf("parts %d are not one number of at least 1", line.Parts)
		}
	case Same, Transpose:
	case Stack, Unstack:
		many, one := line.From, line.To
		if line.Op == Unstack {
			many, one = one, many
		}
		if !strings.Contains(many, "{e}") || strings.Contains(one, "{e}") {
			return fmt.Errorf("there is no {e} for the stacked tensors, or one more")
		}
	default:
		return fmt.Errorf("there is no operation %d", line.Op)
	}
	if from != wantFrom || to != wantTo {
		return fmt.Errorf("its operation needs %d names to give %d, not %d and %d", wantFrom, wantTo, from, to)
	}
	if n := len(line.Parts); n > 0 && (line.Op == Concat && n != from || line.Op == Split && n != to) {
		return fmt.Errorf("there are %d parts", n)
	}
	return nil
}

// input is a tensor of the source that a line takes.
type input struct {
	Info
	name string
	src  Source
}

func (in *input) tensor() (*tensor.Tensor, error) { return in.src.Tensor(in.name) }

// inputs returns the tensors of a group in their order, all of which must be there.
func (r *renamed) inputs(line *Rename, g *group, parts int) ([]input, error) {
	if line.Op == Stack {
		parts = len(g.names)
	}
	in := make([]input, parts)
	for i := range in {
		name, ok := g.names[i]
		if !ok {
			for _, other := range g.names {
				return nil, fmt.Errorf("tensor %s is there, but not number %d of those that go with it", entry.Quote(other), i)
			}
		}
		info, _ := r.src.Info(name)
		in[i] = input{info, name, r.src}
	}
	return in, nil
}
