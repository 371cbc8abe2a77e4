package llama_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// TestStories holds stories260K, a published llama2.c checkpoint, to the text
// that llama2.c itself gives when it takes the likeliest token each time.
func TestStories(t *testing.T) {
	path := testkit.Shared(t, "data/weights/stories260K/stories260K.bin")
	m, err := model.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	want, err := os.ReadFile(filepath.Join(filepath.Dir(path), "expected_stdout.txt"))
	if err != nil {
		t.Fatal(err)
	}
	d := m.Net.(model.Decoder)
	p := &nn.Pass{Cache: d.NewCache(1, 256), Arena: &tensor.Arena{}, Last: true}
	ids := []int32{1}
	for len(ids) < 200 {
		scores := d.Logits(p, &nn.IDs{Data: ids[len(ids)-1:], B: 1, T: 1}).Data()
		best := 0
		for i, v := range scores {
			if math.IsNaN(float64(v)) {
				t.Fatalf("logit %d is NaN", i)
			}
			if v > scores[best] {
				best = i
			}
		}
		p.Arena.Reset()
		ids = append(ids, int32(best))
		if best == 1 {
			break
		}
	}
	if m.Tokenizer == nil {
		t.Fatal("the tokenizer beside the checkpoint was not found")
	}
	got := strings.TrimSpace(m.Tokenizer.Decode(slices.DeleteFunc(ids, func(id int32) bool { return id == 1 }), true))
	if len(got) < 300 || !strings.HasPrefix(string(want), got) {
		t.Errorf("text is\n%s\nwant\n%s", got, want)
	}
}
