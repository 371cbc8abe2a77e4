// Command bundle writes the files of the web page from their sources: one script, one
// style sheet, and the page that names both by their content, so that they can be kept.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	src := flag.String("src", "../src", "folder of the sources")
	out := flag.String("out", "../assets", "folder of the page's files")
	plain := flag.Bool("plain", false, "leave names and lines as they are, to look for a mistake")
	flag.Parse()
	if err := run(*src, *out, !*plain); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(src, out string, minify bool) error {
	index, err := os.ReadFile(filepath.Join(src, "index.html"))
	if err != nil {
		return err
	}
	for name, entry := range map[string]string{"app.js": "main.ts", "app.css": "style/main.css"} {
		text, err := bundle(filepath.Join(src, entry), minify)
		if err != nil {
			return err
		}
		if index, err = stamp(index, name, text); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return err
		}
	}
	icon, err := os.ReadFile(filepath.Join(src, "icon.svg"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "icon.svg"), icon, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "index.html"), index, 0o644)
}

// bundle returns an entry with all that it imports.
func bundle(entry string, minify bool) ([]byte, error) {
	r := api.Build(api.BuildOptions{
		EntryPoints:       []string{entry},
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		Engines:           []api.Engine{{Name: api.EngineChrome, Version: "112"}, {Name: api.EngineFirefox, Version: "117"}, {Name: api.EngineSafari, Version: "16.4"}},
		MinifyWhitespace:  minify,
		MinifyIdentifiers: minify,
		MinifySyntax:      minify,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		LogLevel:          api.LogLevelWarning,
	})
	if len(r.Errors) > 0 {
		return nil, errors.New(r.Errors[0].Text) // told in full by esbuild itself
	}
	return r.OutputFiles[0].Contents, nil
}

// stamp puts the first digits of a file's sum behind its name in the page.
func stamp(index []byte, name string, text []byte) ([]byte, error) {
	sum := sha256.Sum256(text)
	mark := []byte("assets/" + name)
	if bytes.Count(index, mark) != 1 {
		return nil, fmt.Errorf("index.html names %s other than once", name)
	}
	return bytes.Replace(index, mark, append(mark, "?v="+hex.EncodeToString(sum[:8])...), 1), nil
}
