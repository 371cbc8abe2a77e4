package all

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// TestParameters holds the models that published configs declare to the number
// of parameters that the reference counts in them, for each class.
func TestParameters(t *testing.T) {
	dir := "../../model/testdata"
	data, err := os.ReadFile(filepath.Join(dir, "parameters.json"))
	if err != nil {
		t.Fatal(err)
	}
	var table map[string]struct {
		Architecture string
		Counts       map[string]int
	}
	if err := json.Unmarshal(data, &table); err != nil || len(table) == 0 {
		t.Fatalf("%d rows: %v", len(table), err)
	}
	counted := 0
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			config, err := os.ReadFile(filepath.Join(dir, "config", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if !registered(t, config) {
				t.Fatal("no registered family has this model type")
			}
			counted++
			net, err := model.New(config)
			if err != nil {
				t.Fatal(err)
			}
			if n := nn.Count(net); n != row.Counts[row.Architecture] {
				t.Errorf("%d parameters, want %d", n, row.Counts[row.Architecture])
			}
			for class, want := range row.Counts {
				count(t, config, class, want)
			}
		})
	}
	if counted < 10 { // the llama and gpt families alone
		t.Errorf("only %d models were counted", counted)
	}
}

// registered reports whether a family is there for config.
func registered(t *testing.T, config []byte) bool {
	var head struct {
		Type string `json:"model_type"`
	}
	if err := json.Unmarshal(config, &head); err != nil {
		t.Fatal(err)
	}
	_, ok := model.Lookup(head.Type)
	return ok
}

// count declares a class on config and counts its parameters.
func count(t *testing.T, config []byte, class string, want int) {
	t.Helper()
	var head struct {
		Type string `json:"model_type"`
	}
	if err := json.Unmarshal(config, &head); err != nil {
		t.Fatal(err)
	}
	s, ok := model.Lookup(head.Type)
	if !ok {
		t.Fatalf("model type %q is not registered", head.Type)
	}
	net, err := s.Build(config, class)
	if err != nil {
		t.Fatal(err)
	}
	if n := nn.Count(net); n != want {
		t.Errorf("%s has %d parameters, want %d", class, n, want)
	}
}
