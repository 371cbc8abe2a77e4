package objective

import (
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/tokenizer"
)

func vocabulary(t *testing.T, dir string) Vocab {
	t.Helper()
	tok, err := tokenizer.Open("../models/" + dir)
	if err != nil {
		t.Fatal(err)
	}
	return VocabOf(tok)
}

// TestVocab: special tokens and the beginnings of words, by each kind's marks.
func TestVocab(t *testing.T) {
	for dir, words := range map[string]string{
		"bert/testdata/bert": "the cats", "bert/testdata/roberta-words": " the cats", "t5/testdata/t5": "the cats",
	} {
		v := vocabulary(t, dir)
		ids := v.Encode(words)
		var firsts int
		for _, id := range ids {
			if !v.Continues(id) {
				firsts++
			}
		}
		if firsts != 2 || v.Decode(ids) != words {
			t.Errorf("%s: %q is %d words in %d tokens: %q", dir, words, firsts, len(ids), v.Decode(ids))
		}
		if v.Mask >= 0 && !v.Special(v.Mask) || v.End < 0 {
			t.Errorf("%s: mask %d, end %d", dir, v.Mask, v.End)
		}
	}
	if v := vocabulary(t, "t5/testdata/t5"); len(v.Sentinels) == 0 || v.Mask != -1 {
		t.Errorf("T5: %d sentinels, mask %d", len(v.Sentinels), v.Mask)
	}
}

func TestOptions(t *testing.T) {
	vocabularies := map[string]string{"denoising": "t5/testdata/t5", "causal": "gpt/testdata/gpt2", "prefix": "gpt/testdata/gpt2"}
	for _, name := range Names() {
		o, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Check(); err != nil {
			t.Errorf("%s: the defaults fail: %v", name, err)
		}
		dir := vocabularies[name]
		if dir == "" {
			dir = "bert/testdata/bert"
		}
		v := vocabulary(t, dir)
		if name == "infilling" || name == "restoration" {
			v.ID = func(string) (int32, bool) { return 7, true }
		}
		task, err := o.Task(v)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if own := task.Maker != nil || task.Sampler == nil && task.Answered != nil; own == (task.Sampler != nil) {
			t.Errorf("%s: wants one data half", name)
		}
		if _, err := task.Bind(7); err == nil || !strings.Contains(err.Error(), "int") {
			t.Errorf("%s: trains a number: %v", name, err)
		}
	}
	if _, err := Named("alchemy"); err == nil || !strings.Contains(err.Error(), "causal") {
		t.Errorf("alchemy: %v", err)
	}
	for want, o := range map[string]Options{
		"rate:":    &MaskedOptions{Rate: 2, Unit: "token"},
		"random:":  &MaskedOptions{Rate: 0.1, Keep: 0.5, Random: 0.6, Unit: "token"},
		"unit:":    &MaskedOptions{Unit: "page"},
		"density:": &DenoisingOptions{},
		"copies:":  &PairsOptions{MaskedOptions: MaskedOptions{Unit: "token"}},
		"places:":  &BoundaryOptions{MaskedOptions: MaskedOptions{Unit: "span"}},
		"rate: ":   &InfillingOptions{Rate: -1},
		"spm:":     &InfillingOptions{SPM: 3},
		"mean:":    &DenoisingOptions{Density: 0.1},
	} {
		if err := o.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", o, err, want)
		}
	}
	if _, err := (&MaskedOptions{}).Task(vocabulary(t, "t5/testdata/t5")); err == nil {
		t.Error("masks without a mask")
	}
}
