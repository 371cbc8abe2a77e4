// Package hatchling holds small models of our own making, which a program that
// imports it carries: model.Open finds them as hatchling/gpt, hatchling/bert and
// hatchling/t5. They are trained by the recipes that stand beside them; README.md
// tells how, and Card what each is, what it learnt from, and what it can and
// cannot do.
package hatchling

import (
	"embed"
	"strings"

	"github.com/nlp-zoo/zoo/model"
)

// prefix begins the names of the models.
const prefix = "hatchling/"

// Default is the model that writes text where none is named.
const Default = prefix + "gpt"

var (
	//go:embed gpt.zoo
	gpt []byte
	//go:embed bert.zoo
	bert []byte
	//go:embed t5.zoo
	t5 []byte

	//go:embed gpt.md bert.md t5.md
	cards embed.FS
)

func init() {
	model.Embed(prefix+"gpt", gpt)
	model.Embed(prefix+"bert", bert)
	model.Embed(prefix+"t5", t5)
}

// Card returns the card of a model, as Markdown, or "" where the name is none of
// ours.
func Card(name string) string {
	short, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return ""
	}
	text, err := cards.ReadFile(short + ".md")
	if err != nil {
		return ""
	}
	return string(text)
}
