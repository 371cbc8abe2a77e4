package train

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// TestPresets: each recipe that comes along is right, is told of, and has the number
// of parameters that is known of its model.
func TestPresets(t *testing.T) {
	sizes := map[string]int{
		"gpt2-small": 124_439_808, "roberta-base": 124_697_433, "t5-small": 76_961_152, "t5-base": 247_577_856, "t5-small-mixture": 60_506_624, "llama-7b": 6_738_415_616,
		// With the heads of its training: the encoder of 109,482,240, the transform, the
		// norm and the bias of the head for masks, and the next-sentence head.
		"bert-base": 109_482_240 + 768*768 + 768 + 2*768 + 30522 + 2*768 + 2,
	}
	docs, err := os.ReadFile(filepath.Join("..", "docs", "training.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Presets() {
		r, err := Preset(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if r.Name != name || r.About == "" || !strings.Contains(string(docs), "| `"+name+"` |") {
			t.Errorf("%s: name %q, about %q, or docs/training.md lacks it", name, r.Name, r.About)
		}
		if r.Model.From != "" {
			continue
		}
		c := maps.Clone(r.Model.Config)
		if _, ok := c["vocab_size"]; !ok {
			c["vocab_size"] = r.Tokenizer.Train.Size
		}
		kind, _ := c["model_type"].(string)
		c["architectures"] = []string{classes[kind][len(classes[kind])-1]}
		if name == "bert-base" {
			c["architectures"] = []string{"BertForPreTraining"}
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		net, err := model.New(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := sizes[name]; want > 0 && nn.Count(net) != want {
			t.Errorf("%s has %d parameters, want %d", name, nn.Count(net), want)
		}
		delete(sizes, name)
	}
	if len(sizes) > 0 {
		t.Errorf("not among the recipes: %v", slices.Sorted(maps.Keys(sizes)))
	}
	if _, err := Preset("alchemy"); err == nil || !strings.Contains(err.Error(), "bert-base") {
		t.Errorf("alchemy: %v", err)
	}
}
