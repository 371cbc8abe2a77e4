package train

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestPage(t *testing.T) {
	dir := trained(t, recipe(t, "llama", "about=tries the page"), Options{})
	page, err := os.ReadFile(filepath.Join(dir, pageName))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"loss.svg", "learning-rate.svg"} {
		if plot, err := os.ReadFile(filepath.Join(dir, plotsName, name)); err != nil || !bytes.Contains(plot, []byte("<svg")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	samples, err := readSamples(filepath.Join(dir, samplesName))
	if err != nil || len(samples) != 2 || samples[1].Step != 20 || samples[1].Text == "" {
		t.Errorf("samples are %+v, %v", samples, err)
	}
	for _, want := range []string{"tries the page", "<th>model</th><td>llama</td>", "best held-out loss", "<svg", "weight_decay"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
