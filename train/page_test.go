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
	for _, want := range []string{"tries the page", "<th>model</th><td>llama</td>", "best held-out loss", "<svg", "weight_decay"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
