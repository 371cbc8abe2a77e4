package train

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// packed returns the rows of documents as texts, as a recipe with that packing has
// them.
func packed(t *testing.T, packing string, docs ...string) (texts []string) {
	t.Helper()
	tok, err := tokenizer.Open(filepath.Join("..", "models", "bert", "testdata", "bert"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := objective.Named("masked")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{Recipe: &Recipe{Data: Data{Packing: packing}, Batch: Batch{Length: 18}}, tok: tok}
	if r.task, err = o.Task(objective.VocabOf(tok)); err != nil {
		t.Fatal(err)
	}
	var ids [][]int32
	for _, d := range docs {
		ids = append(ids, tok.Encode(d, tokenizer.Bare))
	}
	rows, err := r.rows(data.NewMemory(ids...), true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows.Len() {
		row := rows.At(i)
		if len(row.IDs) > 16 { // [CLS] and [SEP] have their places
			t.Errorf("%s: row %d has %d tokens", packing, i, len(row.IDs))
		}
		texts = append(texts, tok.Decode(row.IDs, false))
	}
	return texts
}

// TestPacking: what the recipe says is how documents become rows.
func TestPacking(t *testing.T) {
	first, second := "the cat sat. the dog ran. a cat.", "a dog."
	for packing, want := range map[string]int{packCut: 2, packFullSentences: 2, packDocSentences: 2, packBestFit: 2} {
		texts := packed(t, packing, first, second)
		if len(texts) < want {
			t.Errorf("%s: %d rows: %q", packing, len(texts), texts)
		}
		var across bool
		for i, text := range texts {
			text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "[SEP]"))
			whole := strings.HasSuffix(text, ".")
			if sentences := packing == packFullSentences || packing == packDocSentences; sentences && !whole {
				t.Errorf("%s: row %d is %q, not whole sentences", packing, i, text)
			}
			across = across || strings.Contains(text, "[SEP]")
		}
		if packing == packFullSentences && !across || packing == packDocSentences && across {
			t.Errorf("%s: rows across documents: %v: %q", packing, across, texts)
		}
	}
	if cut, same := packed(t, "", first, second), packed(t, packCut, first, second); strings.Join(cut, "|") != strings.Join(same, "|") {
		t.Errorf("without a word: %q, cut: %q", cut, same)
	}
}

// TestPackingTrains: a run has the packing of its recipe, and is refused one that its
// objective has no use for.
func TestPackingTrains(t *testing.T) {
	trained(t, recipe(t, "bert", "steps=2", "eval.every=2", "data.packing=full-sentences", "sample.prompts=[]"), Options{})
	for _, c := range []struct{ family, change, packing, want string }{
		{"bert", "objective=next-sentence", packFullSentences, "cuts documents itself"},
		{"bert", "objective.documents=true", packDocSentences, "cut or best-fit"},
	} {
		r := recipe(t, c.family, c.change, "data.packing="+c.packing)
		if _, err := Run(context.Background(), r, Options{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "data.packing: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s: %v", c.change, c.packing, err)
		}
	}
	if _, err := Parse("x.yaml", []byte(small), "data.packing=tight"); err == nil || !strings.Contains(err.Error(), "data.packing: must be one of cut, best-fit") {
		t.Errorf("an unknown packing: %v", err)
	}
}
