package chat

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Defaults returns the names that Default knows.
func Defaults() []string { return slices.Sorted(maps.Keys(defaults)) }

// Default returns the template of a known form, such as chatml, for a model whose
// checkpoint carries none. The error names the forms there are.
func Default(name string) (*Template, error) {
	source, ok := defaults[name]
	if !ok {
		return nil, fmt.Errorf("chat: template %q: not one of %s", name, strings.Join(Defaults(), ", "))
	}
	return Parse(source)
}
