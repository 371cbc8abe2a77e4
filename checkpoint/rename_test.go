package checkpoint

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/tensor"
)

func values(t *testing.T, src Source, name string) []float32 {
	t.Helper()
	x, err := src.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return x.Dense().Data()
}

func renameOne(t *testing.T, src Source, line Rename) Source {
	t.Helper()
	to, err := Renamed(src, []Rename{line})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestRenameOperations(t *testing.T) {
	for name, c := range map[string]struct {
		line Rename
		src  *shards
		want map[string][]float32
	}{
		"same": {
			Rename{From: "blk.{n}.x", To: "layers.{n}.x.weight"}, sourceOf("blk.10.x", []int{2}, "y", []int{1}),
			map[string][]float32{"layers.10.x.weight": {0, 1}, "y": {200}},
		},
		"drop": {Rename{From: "a", Op: Drop}, sourceOf("a", []int{1}, "b", []int{1}), map[string][]float32{"b": {200}}},
		"transpose": {
			Rename{From: "a", To: "b", Op: Transpose}, sourceOf("a", []int{2, 3}), map[string][]float32{"b": {0, 3, 1, 4, 2, 5}},
		},
		// A head of 4 rows pairs 0 with 2 and 1 with 3.
		"permute": {
			Rename{From: "a", To: "b", Op: Permute, Heads: 2}, sourceOf("a", []int{8}), map[string][]float32{"b": {0, 2, 1, 3, 4, 6, 5, 7}},
		},
		"permute of a matrix": {
			Rename{From: "a", To: "b", Op: Permute, Heads: 1}, sourceOf("a", []int{6, 2}),
			map[string][]float32{"b": {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11}},
		},
		"unpermute": {
			Rename{From: "a", To: "b", Op: Unpermute, Heads: 1}, sourceOf("a", []int{6}), map[string][]float32{"b": {0, 2, 4, 1, 3, 5}},
		},
		// Two heads, each of a query, a key and a value of 2 rows.
		"ungroup": {
			Rename{From: "a", To: "b", Op: Ungroup, Heads: 2}, sourceOf("a", []int{12}),
			map[string][]float32{"b": {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11}},
		},
		"group": {
			Rename{From: "a", To: "b", Op: Group, Heads: 2}, sourceOf("a", []int{6}), map[string][]float32{"b": {0, 2, 4, 1, 3, 5}},
		},
		"group of 2": {
			Rename{From: "a", To: "b", Op: Group, Heads: 3, Parts: []int{2}}, sourceOf("a", []int{6}),
			map[string][]float32{"b": {0, 3, 1, 4, 2, 5}},
		},
		"concat": {
			Rename{From: "{n}.q {n}.k", To: "{n}.qk", Op: Concat},
			sourceOf("0.q", []int{1, 2}, "0.k", []int{1, 2}, "1.q", []int{1, 1}, "1.k", []int{1, 1}),
			map[string][]float32{"0.qk": {0, 1, 200, 201}, "1.qk": {400, 600}},
		},
		"concat of parts": {
			Rename{From: "q k v", To: "qkv", Op: Concat, Parts: []int{2, 1, 1}},
			sourceOf("q", []int{2}, "k", []int{1}, "v", []int{1}), map[string][]float32{"qkv": {0, 1, 200, 400}},
		},
		"split": {
			Rename{From: "{n}.qk", To: "{n}.q {n}.k", Op: Split, Parts: []int{2, 1}}, sourceOf("3.qk", []int{3, 2}),
			map[string][]float32{"3.q": {0, 1, 2, 3}, "3.k": {4, 5}},
		},
		"split alike": {
			Rename{From: "a", To: "x y z", Op: Split}, sourceOf("a", []int{3}), map[string][]float32{"x": {0}, "y": {1}, "z": {2}},
		},
		"stack": {
			Rename{From: "{n}.e.{e}.w", To: "{n}.w", Op: Stack},
			sourceOf("0.e.0.w", []int{2}, "0.e.1.w", []int{2}, "1.e.0.w", []int{1}),
			map[string][]float32{"0.w": {0, 1, 200, 201}, "1.w": {400}},
		},
		"unstack": {
			Rename{From: "{n}.w", To: "{n}.e.{e}.w", Op: Unstack}, sourceOf("7.w", []int{2, 2}),
			map[string][]float32{"7.e.0.w": {0, 1}, "7.e.1.w": {2, 3}},
		},
		"one that is absent": {Rename{From: "b", To: "c"}, sourceOf("a", []int{1}), map[string][]float32{"a": {0}}},
	} {
		t.Run(name, func(t *testing.T) {
			there := renameOne(t, c.src, c.line)
			if len(there.Names()) != len(c.want) {
				t.Errorf("names are %q", there.Names())
			}
			for name, want := range c.want {
				if got := values(t, there, name); !slices.Equal(got, want) {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
				x, err := there.Tensor(name)
				if info, ok := there.Info(name); err != nil || !ok || !slices.Equal(info.Shape, x.Shape()) {
					t.Errorf("%s: Info says %v", name, info)
				}
			}
			if c.line.Op != Drop {
				back, err := Renamed(there, Invert([]Rename{c.line}))
				if err != nil {
					t.Fatal(err)
				}
				equal(t, back, c.src)
			}
		})
	}
}

// Rows move whole, so block formats stay as they are.
func TestRenameKeepsBlocks(t *testing.T) {
	s := sourceOf()
	raw := make([]byte, 8*2*34)
	for i := range raw {
		raw[i] = byte(i / 68) // the row
	}
	if err := s.Add("q", Info{DType: tensor.Q8_0, Shape: []int{8, 64}}, raw); err != nil {
		t.Fatal(err)
	}
	there := renameOne(t, s, Rename{From: "q", To: "p", Op: Permute, Heads: 2})
	x, err := there.Tensor("p")
	if err != nil || x.DType() != tensor.Q8_0 {
		t.Fatal(err)
	}
	for row, from := range []byte{0, 2, 1, 3, 4, 6, 5, 7} {
		if got := x.Raw()[row*68 : row*68+68]; !bytes.Equal(got, bytes.Repeat([]byte{from}, 68)) {
			t.Errorf("row %d is %d, want %d", row, got[0], from)
		}
	}
	for _, line := range []Rename{{From: "q", To: "p", Op: Transpose}, {From: "q", To: "a b c", Op: Split}} {
		if _, err := Renamed(s, []Rename{line}); err == nil {
			t.Errorf("%+v is applied", line)
		}
	}
}

func TestRenameTable(t *testing.T) {
	table := []Rename{
		{From: "token_embd.weight", To: "model.embed_tokens.weight"},
		{From: "blk.{n}.attn_q.weight", To: "model.layers.{n}.self_attn.q_proj.weight", Op: Unpermute, Heads: 2},
		{From: "blk.{n}.ffn_gate.weight blk.{n}.ffn_up.weight", To: "model.layers.{n}.mlp.gate_up_proj.weight", Op: Concat, Parts: []int{2, 2}},
		{From: "rope_freqs.weight", Op: Drop},
	}
	src := sourceOf("token_embd.weight", []int{3, 2}, "blk.0.attn_q.weight", []int{8, 2}, "blk.1.attn_q.weight", []int{8, 2},
		"blk.0.ffn_gate.weight", []int{2, 2}, "blk.0.ffn_up.weight", []int{2, 2}, "rope_freqs.weight", []int{2}, "blk.01.attn_q.weight", []int{1})
	there, err := Renamed(src, table)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"blk.01.attn_q.weight", "model.embed_tokens.weight", "model.layers.0.mlp.gate_up_proj.weight",
		"model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.q_proj.weight",
	}
	if !slices.Equal(there.Names(), want) {
		t.Errorf("names are %q", there.Names())
	}
	back, err := Renamed(there, Invert(table))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range back.Names() {
		if !slices.Equal(values(t, back, name), values(t, src, name)) {
			t.Errorf("%s is not what it was", name)
		}
	}
	if len(back.Names()) != len(src.Names())-1 {
		t.Errorf("names are %q", back.Names())
	}
	if _, err := there.Tensor("token_embd.weight"); err == nil || !strings.Contains(err.Error(), "token_embd.weight") {
		t.Errorf("an old name: %v", err)
	}
}

// A tensor may get two names, as a tied head does in formats that store it twice.
func TestRenameTwice(t *testing.T) {
	there, err := Renamed(sourceOf("a", []int{1}), []Rename{{From: "a", To: "b"}, {From: "a", To: "c"}})
	if err != nil || !slices.Equal(there.Names(), []string{"b", "c"}) {
		t.Errorf("%v, %v", there, err)
	}
}

func TestRenameRefuses(t *testing.T) {
	src := sourceOf("a", []int{4, 2}, "b", []int{4, 3}, "blk.0.x", []int{2, 2}, "blk.2.x", []int{2, 2}, "v", []int{3}, "s", []int{})
	if err := src.Add("half", Info{DType: tensor.F16, Shape: []int{4, 2}}, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line Rename
		want string
	}{
		{Rename{From: "a", To: "b"}, "two tensors get this name"},
		{Rename{From: "blk.{n}.x", To: "y"}, "two tensors get this name"},
		{Rename{From: "a b", To: "y"}, "needs 1 names"},
		{Rename{From: "a", To: "y z"}, "needs 1 names"},
		{Rename{From: "a", To: ""}, "needs 1 names"},
		{Rename{From: "a", To: "y", Op: Drop}, "give 0"},
		{Rename{From: "a", To: "y", Op: Op(99)}, "no operation 99"},
		{Rename{From: "a", To: "y", Op: Permute}, "0 heads"},
		{Rename{From: "a", To: "y", Op: Permute, Heads: 3}, "tensor a: 4 rows"},
		{Rename{From: "a", To: "y", Op: Permute, Heads: 4}, "tensor a: 4 rows"},
		{Rename{From: "a", To: "y", Op: Group, Heads: 2}, "tensor a: 4 rows"},
		{Rename{From: "a", To: "y", Op: Group, Heads: 2, Parts: []int{-1}}, "parts"},
		{Rename{From: "a", To: "y", Op: Group, Heads: 2, Parts: []int{2, 2}}, "parts"},
		{Rename{From: "s", To: "y", Op: Permute, Heads: 1}, "has no rows"},
		{Rename{From: "v", To: "y", Op: Transpose}, "cannot be transposed"},
		{Rename{From: "a b", To: "y", Op: Concat}, "does not go with"},
		{Rename{From: "a half", To: "y", Op: Concat}, "does not go with"},
		{Rename{From: "a absent", To: "y", Op: Concat}, "tensor a is there, but not"},
		{Rename{From: "a a", To: "y", Op: Concat, Parts: []int{4, 3}}, "has 4 rows, not 3"},
		{Rename{From: "a a", To: "y", Op: Concat, Parts: []int{4}}, "1 parts"},
		{Rename{From: "a", To: "y z w", Op: Split}, "cannot be split"},
		{Rename{From: "a", To: "y z", Op: Split, Parts: []int{5, -1}}, "a part of 5"},
		{Rename{From: "a", To: "y z", Op: Split, Parts: []int{1, 2}}, "cannot be split"},
		{Rename{From: "blk.{e}.x", To: "y", Op: Stack}, "not number 1"},
		{Rename{From: "a", To: "y", Op: Stack}, "no {e}"},
		{Rename{From: "a", To: "y", Op: Unstack}, "no {e}"},
	} {
		_, err := Renamed(src, []Rename{c.line})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "checkpoint: rename") {
			t.Errorf("%+v: %v", c.line, err)
		}
	}
}

// A source of plain arrays, not of stored bytes, can be renamed too.
type plain struct{ *shards }

func (p plain) Tensor(name string) (*tensor.Tensor, error) {
	x, err := p.shards.Tensor(name)
	if err != nil {
		return nil, err
	}
	return x.Dense(), nil
}

func TestRenamePlain(t *testing.T) {
	src := plain{sourceOf("a", []int{4}, "b", []int{2, 2})}
	there, err := Renamed(src, []Rename{{From: "a", To: "c", Op: Permute, Heads: 1}, {From: "b", To: "x y", Op: Split}})
	if err != nil {
		t.Fatal(err)
	}
	if got := values(t, there, "c"); !slices.Equal(got, []float32{0, 2, 1, 3}) {
		t.Errorf("c is %v", got)
	}
	if got := values(t, there, "y"); !slices.Equal(got, []float32{202, 203}) {
		t.Errorf("y is %v", got)
	}
}

func TestPattern(t *testing.T) {
	p := parsePattern("blk.{n}.e.{e}.w")
	for name, want := range map[string]binding{
		"blk.0.e.12.w": {"0", "12"}, "blk.10.e.0.w": {"10", "0"}, "blk.00.e.0.w": {}, "blk..e.0.w": {}, "blk.1.e.0.w2": {}, "xblk.1.e.0.w": {},
		"blk.1.e.-1.w": {}, "blk.1.e.1234567890.w": {},
	} {
		got, ok := p.match(name)
		if ok != (want != binding{}) || ok && got != want {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
		if ok && p.expand(got) != name {
			t.Errorf("%s: expanded to %s", name, p.expand(got))
		}
	}
	same := parsePattern("{n}.{n}")
	if _, ok := same.match("1.2"); ok {
		t.Error("one place stands for two numbers")
	}
	if b, ok := same.match("3.3"); !ok || same.expand(b) != "3.3" {
		t.Error("two places for one number")
	}
	literal := parsePattern("a{b")
	if _, ok := literal.match("a{b"); !ok {
		t.Error("a lone brace is not itself")
	}
}

func TestSwapRows(t *testing.T) {
	if got := string(entry.SwapRows([]byte("aabbccddeeff"), 1, 3, 2, 2)); got != "aacceebbddff" {
		t.Errorf("rows are %s", got)
	}
}
