package grammar

import (
	"net/url"
	"strconv"
	"strings"
)

// pointerNames cuts a JSON pointer at its slashes.
func pointerNames(pointer string) []string {
	if pointer == "" {
		return nil
	}
	return strings.Split(pointer, "/")[1:]
}

// unescapePointer returns a name as it is in the document.
func unescapePointer(name string) (string, error) {
	name, err := url.PathUnescape(name)
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name), err
}

// step returns the part of v that a name of a pointer means.
func (v *value) step(name string) *value {
	if v.kind == 'a' {
		if i, err := strconv.ParseUint(name, 10, 31); err == nil && int(i) < len(v.items) {
			return v.items[i]
		}
		return nil
	}
	return v.get(name)
}

// findAnchors finds the schemas with an $anchor; one that comes twice leads nowhere.
func findAnchors(v *value, all map[string]*value) {
	if a := v.get("$anchor"); a != nil && a.kind == 's' {
		if _, twice := all[a.text]; twice {
			all[a.text] = nil
		} else {
			all[a.text] = v
		}
	}
	for _, m := range v.members {
		if m.name != "enum" && m.name != "const" {
			findAnchors(m.value, all)
		}
	}
	for _, x := range v.items {
		findAnchors(x, all)
	}
}
