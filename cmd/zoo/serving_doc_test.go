package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/nlp-zoo/zoo/serve"
)

// TestServingDoc: docs/serving.md has every setting of zoo serve, and no other.
func TestServingDoc(t *testing.T) {
	text, err := os.ReadFile("../../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	_, settings, _ := strings.Cut(string(text), "\n## Settings\n")
	settings, _, _ = strings.Cut(settings, "\n## ")
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`--.*?) \\|").FindAllStringSubmatch(settings, -1) {
		for _, name := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(row[1], -1) {
			told[name[1]] = true
		}
	}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	(&server{g: &global{}, o: serve.Defaults()}).flags(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		if !told[f.Name] {
			t.Errorf("--%s is not told of", f.Name)
		}
		delete(told, f.Name)
	})
	for name := range told {
		t.Errorf("--%s is no setting", name)
	}
}
