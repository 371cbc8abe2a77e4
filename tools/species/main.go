// Command species rewrites the table of species in README.md from the registry.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
)

const (
	file  = "README.md"
	begin = "<!-- species: made by go generate -->\n"
	end   = "<!-- end of species -->\n"
)

func main() {
	log.SetFlags(0)
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	head, rest, ok := bytes.Cut(text, []byte(begin))
	_, tail, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		log.Fatalf("species: %s: no markers of the table", file)
	}
	table := append([]byte(begin), table()...)
	out := append(append(append([]byte{}, head...), append(table, end...)...), tail...)
	if bytes.Equal(out, text) {
		return
	}
	if err := os.WriteFile(file, out, 0o644); err != nil {
		log.Fatal(err)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("\n| model_type | family | what it does | GGUF | paper |\n|---|---|---|---|---|\n")
	for _, s := range model.All() {
		gguf := ""
		if s.GGUF != nil {
			gguf = "`" + s.GGUF.Architecture + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s.Type, s.Family, strings.Join(s.Tasks, ", "), gguf, s.Paper)
	}
	b.WriteString("\n")
	return b.String()
}
