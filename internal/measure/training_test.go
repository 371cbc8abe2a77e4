package measure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTraining(t *testing.T) {
	for _, model := range []string{"gpt/testdata/gpt2", "bert/testdata/bert-masked", "t5/testdata/t5"} {
		o := Options{Prompt: []int{5, 0}, Batch: []int{2}, Repeat: 2}
		r, err := Training(t.Context(), "../../models/"+model+"/config.json", o, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Tests) != 1 || r.Tests[0].Name != "step5" || r.Tests[0].Tokens != 10 || !(r.Tests[0].Rate.Min > 0) || r.Parameters < 1000 {
			t.Errorf("%s: %+v", model, r)
		}
	}
}

func TestTrainingRefuses(t *testing.T) {
	o := Options{Prompt: []int{4}, Repeat: 1}
	broken := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(broken, []byte(`{"model_type": "gpt2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"none": "measure: ", broken: "vocab_size", "../../models/bert/testdata/bert/config.json": "no scores",
		"../../models/gpt/testdata/gpt2/config.json": "",
	} {
		_, err := Training(t.Context(), path, o, false, nil)
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", path, err, want)
		}
	}
}
