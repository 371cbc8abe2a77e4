package model

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
)

// The forms of a file's tensors are those that llama.cpp's own quantiser chose.
func TestMixesAreTheReference(t *testing.T) {
	raw, err := os.ReadFile("testdata/mix.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Letters map[string]string
		Models  map[string]struct {
			Keys struct {
				Arch                       string
				Layers, Heads, KV, Experts uint32
			}
			Shapes [][]any
			Types  map[string]string
		}
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	for name, g := range golden.Models {
		keys := []gguf.KV{
			{Key: "general.architecture", Value: g.Keys.Arch},
			{Key: g.Keys.Arch + ".block_count", Value: g.Keys.Layers},
			{Key: g.Keys.Arch + ".attention.head_count", Value: g.Keys.Heads},
			{Key: g.Keys.Arch + ".attention.head_count_kv", Value: g.Keys.KV},
			{Key: g.Keys.Arch + ".expert_count", Value: g.Keys.Experts},
		}
		var weights []weight
		for _, s := range g.Shapes {
			w := weight{name: s[0].(string), Info: checkpoint.Info{}}
			for _, n := range s[1:] {
				w.Shape = append(w.Shape, int(n.(float64)))
			}
			weights = append(weights, w)
		}
		for _, m := range mixes {
			forms := m.forms(keys, weights)
			want := g.Types[m.name]
			if len(want) != len(weights) {
				t.Fatalf("%s: no golden types of %s", name, m.name)
			}
			for i, w := range weights {
				if form := golden.Letters[want[i:i+1]]; forms[w.name].String() != form {
					t.Errorf("%s: %s: %s %v is %v, want %s", name, m.name, w.name, w.Shape, forms[w.name], form)
				}
			}
		}
	}
}

func TestMixNames(t *testing.T) {
	for name, want := range map[string]string{"q4_k": "q4_k_m", "q5_k_s": "q5_k_s", "iq4_nl": "iq4_nl", "q7_k": "", "f16": "", "": ""} {
		if m, ok := findMix(name); m.name != want || ok != (want != "") {
			t.Errorf("findMix(%q) = %q, %v; want %q", name, m.name, ok, want)
		}
	}
}
