package train

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed recipes
var recipeFiles embed.FS

// Presets returns the names of the recipes that come with the package: settings that
// papers published, and small ones that end on an ordinary machine.
func Presets() []string {
	entries, err := fs.ReadDir(recipeFiles, "recipes")
	if err != nil {
		panic("train: " + err.Error())
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Preset returns the recipe of that name, with changes of the form a.b=value.
func Preset(name string, changes ...string) (*Recipe, error) {
	if !slices.Contains(Presets(), name) {
		return nil, fmt.Errorf("train: recipe %.60q: neither a file nor one of %s", name, strings.Join(Presets(), ", "))
	}
	text, err := recipeFiles.ReadFile(path.Join("recipes", name+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return Parse(name+".yaml", text, changes...)
}
