package model_test

import (
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/nn"
)

// Two networks on one memory have the same tensors and give the same; another
// checkpoint's weights are refused.
func TestSharing(t *testing.T) {
	paths, err := filepath.Glob("../models/*/testdata/*/config.json")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d checkpoints: %v", len(paths), err)
	}
	for i, path := range paths {
		path, other := filepath.Dir(path), filepath.Dir(paths[(i+1)%len(paths)])
		base, err := model.Open(path)
		if err != nil {
			continue // a config alone
		}
		m, err := model.Open(path, model.Sharing(base))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		weights := map[string]*nn.Param{}
		nn.Walk(base.Net, func(name string, p *nn.Param) { weights[name] = p })
		nn.Walk(m.Net, func(name string, p *nn.Param) {
			if b := weights[name]; b == nil || b == p || b.Tensor != p.Tensor {
				t.Errorf("%s: %s is not shared", path, name)
			}
		})
		if m, err := model.Open(other, model.Sharing(base)); err == nil {
			t.Errorf("%s took the weights of %s", other, path)
			m.Close()
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	}
}
