package all

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// FuzzConfig holds model.New to refuse what it cannot build, without a panic.
func FuzzConfig(f *testing.F) {
	for _, pattern := range []string{"../../model/testdata/config/*.json", "../*/testdata/*/config.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no configs in %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		net, err := model.New(config)
		if err == nil && nn.Count(net) <= 0 {
			t.Errorf("a model without parameters was built of %s", config)
		}
	})
}
