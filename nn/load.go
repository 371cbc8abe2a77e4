package nn

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/tensor"
)

// A Source is a set of named tensors, such as a checkpoint.
type Source interface {
	Names() []string
	Tensor(name string) (*tensor.Tensor, error)
}

// A module may say more about the checkpoints it is loaded from.
type (
	// Ignorer names what checkpoints hold beside parameters, such as buffers of
	// masks and positions: patterns in which * stands for any text.
	Ignorer interface{ Ignore() []string }

	// Optional names, by the same patterns, parameters that a checkpoint may
	// lack; such a parameter's Tensor stays nil.
	Optional interface{ Optional() []string }

	// Based has a part whose name some checkpoints leave out, those of the part
	// alone: "bert" has Load find bert.pooler.dense.weight under
	// pooler.dense.weight. Where module is the part alone, Load finds its
	// parameters under names that begin with the base, too.
	Based interface{ Base() string }
)

// An Option changes how Load reads a checkpoint.
type Option func(*loading)

// Untransposed says that src holds every matrix as [out,in], as GGUF does, even
// those that other checkpoints of the model hold the other way round.
func Untransposed() Option { return func(l *loading) { l.untransposed = true } }

// Ignoring adds patterns of names that are no error if left over.
func Ignoring(patterns ...string) Option {
	return func(l *loading) { l.ignore = append(l.ignore, patterns...) }
}

// Lacking adds patterns of parameters that may be missing.
func Lacking(patterns ...string) Option {
	return func(l *loading) { l.optional = append(l.optional, patterns...) }
}

// Packed has every matrix packed into room, in the form that choose gives, as soon as
// it is loaded: at no time are there two of more than one of them.
func Packed(choose Choice, room *tensor.Room) Option {
	return func(l *loading) { l.filled = func(name string, p *Param) { p.pack(name, choose, room) } }
}

// Given has Load take the tensor that given returns for a parameter, if it is not nil,
// instead of reading it: the source has to have its name still.
func Given(given func(name string, p *Param) *tensor.Tensor) Option {
	return func(l *loading) { l.given = given }
}

// loading is one call of Load.
type loading struct {
	src          Source
	names        []string
	left         map[string]bool
	base         string
	untransposed bool
	ignore       []string
	optional     []string
	filled       func(name string, p *Param)
	given        func(name string, p *Param) *tensor.Tensor
	errs         []error
}

// smallParam is the number of values up to which a parameter that is no matrix is
// kept as a plain array rather than in its file.
const smallParam = 1 << 20

// Load fills every parameter of module from src. The error tells of every tensor
// that is missing, left over or of another shape, not just of the first. Weights
// stay as src has them, without a copy where that is possible, except small ones.
func Load(module any, src Source, opts ...Option) error {
	l := &loading{src: src, names: src.Names(), left: map[string]bool{}}
	if m, ok := module.(Ignorer); ok {
		l.ignore = m.Ignore()
	}
	if m, ok := module.(Optional); ok {
		l.optional = m.Optional()
	}
	if m, ok := module.(Based); ok {
		l.base = m.Base() + "."
	}
	for _, o := range opts {
		o(l)
	}
	for _, name := range l.names {
		l.left[name] = true
	}
	found := map[*Param]bool{}
	v := reflect.ValueOf(module)
	walk(v, []string{""}, func(names []string, p *Param) {
		for _, name := range names {
			if at, ok := l.find(name); ok {
				if !found[p] && l.given != nil {
					p.Tensor = l.given(names[0], p)
				}
				if p.Tensor == nil || found[p] || l.given == nil {
					l.fill(p, at, !found[p])
				}
				if !found[p] && p.Tensor != nil && l.filled != nil {
					l.filled(names[0], p)
				}
				found[p] = true
			}
		}
	})
	walk(v, []string{""}, func(names []string, p *Param) {
		if !found[p] { // under none of its names
			found[p] = true
			if !Matches(l.optional, names[0]) {
				l.errs = append(l.errs, fmt.Errorf("missing %s %v", names[0], p.Want))
			}
		}
	})
	for _, name := range l.names {
		if l.left[name] && !Matches(l.ignore, name) {
			l.errs = append(l.errs, fmt.Errorf("unexpected %s", name))
		}
	}
	if err := errors.Join(l.errs...); err != nil {
		return fmt.Errorf("nn: load: %w", err)
	}
	return nil
}

// find returns the name under which src has the parameter name, and takes it.
func (l *loading) find(name string) (string, bool) {
	at := name
	if !l.left[at] && l.base != "" {
		short, ok := strings.CutPrefix(name, l.base)
		if at = short; !ok {
			at = l.base + name
		}
	}
	if !l.left[at] {
		return "", false
	}
	delete(l.left, at)
	return at, true
}

// fill checks the tensor that src has under name, and keeps it if it is the first
// of its names.
func (l *loading) fill(p *Param, name string, keep bool) {
	t, err := l.src.Tensor(name)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	want := p.Want
	turn := p.Transposed && !l.untransposed
	if turn {
		want = []int{p.Want[1], p.Want[0]}
	}
	if !slices.Equal(t.Shape(), want) {
		l.errs = append(l.errs, fmt.Errorf("%s is %v, want %v", name, t.Shape(), want))
		return
	}
	if !keep {
		return
	}
	if turn {
		t = tensor.Transposed(t)
	}
	if !p.Matrix && t.Len() <= smallParam {
		t = t.Dense()
	}
	p.Tensor = t
}

// Matches reports whether one of the patterns stands for name: * is any text, even none.
func Matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, name) })
}

// match reports whether pattern stands for name, * being any text.
func match(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}

// Weights yields each parameter of module once with its name, in the form that a
// checkpoint holds it.
func Weights(module any) iter.Seq2[string, *tensor.Tensor] {
	return func(yield func(string, *tensor.Tensor) bool) {
		seen, stop := map[*Param]bool{}, false
		Walk(module, func(name string, p *Param) {
			if stop || seen[p] || p.Tensor == nil {
				return
			}
			seen[p] = true
			t := p.Tensor
			if p.Transposed {
				t = tensor.Transposed(t)
			}
			stop = !yield(name, t)
		})
	}
}
