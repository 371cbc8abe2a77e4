package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nlp-zoo/zoo"

type listed struct {
	ImportPath, Dir string
	Imports         []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	for _, p := range list(t) {
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		here, ok := floor(from)
		if !ok {
			t.Errorf("%s stands on no floor: add it to Floors and docs/architecture.md", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if to, ours := strings.CutPrefix(imp, module); ours {
				to = strings.TrimPrefix(to, "/")
				if there, _ := floor(to); there >= here && !excepted(from, to) {
					t.Errorf("%s (floor %d) imports %s (floor %d)", from, here, to, there)
				}
			} else if host, _, _ := strings.Cut(imp, "/"); here < 5 && strings.Contains(host, ".") && !allowed(imp) {
				t.Errorf("%s (floor %d) imports %s: not among the libraries allowed below floor 5", from, here, imp)
			}
		}
	}
}

func floor(path string) (int, bool) {
	for _, name := range slices.SortedFunc(maps.Keys(Floors), func(a, b string) int { return len(b) - len(a) }) {
		if matches(name, path) {
			return Floors[name], true
		}
		if name != "" && strings.HasPrefix(path, name+"/") { // parts of a package in folders below it
			return Floors[name], true
		}
	}
	return 0, false
}

func matches(pattern, path string) bool {
	dir, all := strings.CutSuffix(pattern, "/...")
	return pattern == path || all && (path == dir || strings.HasPrefix(path, dir+"/"))
}

func excepted(from, to string) bool {
	for pair := range Exceptions {
		if matches(pair[0], from) && matches(pair[1], to) {
			return true
		}
	}
	return false
}

func allowed(imp string) bool {
	return slices.ContainsFunc(ThirdParty, func(m string) bool {
		return imp == m || strings.HasPrefix(imp, m+"/")
	})
}
