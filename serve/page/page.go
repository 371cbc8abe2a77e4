// Package page holds the web page of the server: chat and a place to play for each task
// of its models. It is files in the binary and a handler that serves them; what the page
// asks of models it asks over the server's own API, as any client does.
//
// The sources are TypeScript in src. The program in _bundle writes the files in assets
// from them, which are committed, so that nothing but Go is needed to build the zoo.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:generate go -C _bundle run . -src ../src -out ../assets

//go:embed assets
var files embed.FS

// policy keeps the page to files of its own: no script or style in the text of the page,
// no other origin, no code made of strings, and no markup made of a model's text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// An asset is a file as it is sent.
type asset struct {
	plain, gzipped []byte // gzipped is nil where it would be no smaller
	kind           string // its content type
	tag            string // its ETag without quotation marks
}

// assets returns the files by their path in a URL.
var assets = sync.OnceValues(func() (map[string]*asset, error) {
	all := map[string]*asset{}
	err := fs.WalkDir(files, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		plain, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		a, err := newAsset(name, plain)
		if name == "assets/index.html" {
			name = ""
		}
		all["/"+name] = a
		return err
	})
	return all, err
})

func newAsset(name string, plain []byte) (*asset, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(plain)
	a := &asset{plain: plain, kind: kinds[path.Ext(name)], tag: hex.EncodeToString(sum[:8])}
	if a.kind == "" {
		a.kind = mime.TypeByExtension(path.Ext(name))
	}
	if b.Len() < len(plain) {
		a.gzipped = b.Bytes()
	}
	return a, nil
}

// kinds are the content types of the page's files. The system's own table may say
// otherwise, and browsers run no script of another type.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// Handler returns the handler of "/" and of "/assets/…", for GET and HEAD. The page works
// at any prefix that a proxy takes off. A request that is refused for want of an API key has
// it ask for one.
func Handler() (http.Handler, error) {
	all, err := assets()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := all[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
		default:
			a.serve(w, r)
		}
	}), nil
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	body, tag := a.plain, a.tag
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if a.gzipped != nil && accepts(r.Header.Values("Accept-Encoding"), "gzip") {
		body, tag = a.gzipped, a.tag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", a.cache(r))
	h.Set("Content-Type", a.kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if matches(r.Header.Values("If-None-Match"), a.tag) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client is gone, if it fails
}

// cache says how long a file may be kept without asking: for good where the address names
// the bytes, as those in the page do, and not at all elsewhere.
func (a *asset) cache(r *http.Request) string {
	if v := r.URL.Query().Get("v"); v != "" && strings.HasPrefix(a.tag, v) {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

// accepts reports whether an Accept-Encoding allows a coding: it is there, or * is, and
// not with a weight of 0.
func accepts(values []string, coding string) bool {
	anything := false
	for _, item := range items(values) {
		name, weight, _ := strings.Cut(item, ";")
		_, q, _ := strings.Cut(strings.ReplaceAll(weight, " ", ""), "q=")
		n, err := strconv.ParseFloat(q, 64)
		ok := q == "" || err == nil && n > 0
		switch strings.ToLower(strings.TrimSpace(name)) {
		case coding:
			return ok
		case "*":
			anything = ok
		}
	}
	return anything
}

// matches reports whether an If-None-Match holds a tag, in either coding.
func matches(values []string, tag string) bool {
	for _, item := range items(values) {
		item = strings.Trim(strings.TrimPrefix(item, "W/"), `"`)
		if item == "*" || item == tag || item == tag+"-gzip" {
			return true
		}
	}
	return false
}

// items returns the parts of a header that is a list.
func items(values []string) []string {
	all := strings.Split(strings.Join(values, ","), ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}
