package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// call asks the handler for a path, with headers given as name and value in turn.
func call(t *testing.T, method, path string, headers ...string) *http.Response {
	t.Helper()
	h, err := Handler()
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/assets/app.js", 200},
		{"GET", "/assets/app.css", 200},
		{"HEAD", "/assets/icon.svg", 200},
		{"POST", "/", 405},
		{"DELETE", "/assets/app.js", 405},
		{"GET", "/assets/", 404},
		{"GET", "/assets/index.html", 404},
		{"GET", "/assets/../page.go", 404},
		{"GET", "/assets/app.js/", 404},
		{"GET", "/other", 404},
		{"POST", "/other", 404},
	} {
		r := call(t, c.method, c.path)
		if r.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, r.StatusCode, c.want)
		}
		if c.want == 405 && r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow is %q", c.method, c.path, r.Header.Get("Allow"))
		}
		if c.method == "HEAD" && len(body(t, r)) != 0 {
			t.Errorf("HEAD %s has a body", c.path)
		}
	}
}

func TestTypesAndPolicy(t *testing.T) {
	for path, kind := range map[string]string{"/": "text/html; charset=utf-8", "/assets/app.js": "text/javascript; charset=utf-8", "/assets/app.css": "text/css; charset=utf-8", "/assets/icon.svg": "image/svg+xml"} {
		h := call(t, "GET", path).Header
		if got := h.Get("Content-Type"); got != kind {
			t.Errorf("%s is %q, want %q", path, got, kind)
		}
		p := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(p, part) {
				t.Errorf("the policy of %s lacks %s", path, part)
			}
		}
		if strings.Contains(p, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: policy %q, X-Content-Type-Options %q", path, p, h.Get("X-Content-Type-Options"))
		}
	}
}

func TestCoding(t *testing.T) {
	for accept, coded := range map[string]bool{"": false, "gzip": true, "br, gzip;q=0.5": true, "*": true, "gzip;q=0": false, "gzip; q=0.0, *": false, "identity": false, "GZIP": true, "gzip;q=x": false} {
		r := call(t, "GET", "/assets/app.js", "Accept-Encoding", accept)
		got := body(t, r)
		if (r.Header.Get("Content-Encoding") == "gzip") != coded {
			t.Errorf("Accept-Encoding %q: coding %q", accept, r.Header.Get("Content-Encoding"))
			continue
		}
		if coded {
			z, err := gzip.NewReader(bytes.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if got, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if want, _ := files.ReadFile("assets/app.js"); !bytes.Equal(got, want) {
			t.Errorf("Accept-Encoding %q: other bytes than the file's", accept)
		}
		if r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary is %q", accept, r.Header.Get("Vary"))
		}
	}
}

func TestCache(t *testing.T) {
	index := string(body(t, call(t, "GET", "/")))
	links := regexp.MustCompile(`assets/app\.\w+\?v=\w+`).FindAllString(index, -1)
	if len(links) != 2 {
		t.Fatalf("the page names %q", links)
	}
	for _, link := range links {
		if got := call(t, "GET", "/"+link).Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q: the page names other bytes; run go generate", link, got)
		}
	}
	for _, path := range []string{"/", "/assets/app.js", "/assets/app.js?v=0000"} {
		r := call(t, "GET", path)
		if got := r.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
		tag := r.Header.Get("ETag")
		for given, want := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
			again := call(t, "GET", path, "If-None-Match", given)
			if again.StatusCode != want {
				t.Errorf("%s with If-None-Match %s: %d, want %d", path, given, again.StatusCode, want)
			}
			if want == 304 && len(body(t, again)) != 0 {
				t.Errorf("%s: 304 with a body", path)
			}
		}
		if zipped := call(t, "GET", path, "Accept-Encoding", "gzip").Header.Get("ETag"); zipped == tag {
			t.Errorf("%s: both codings have the ETag %s", path, tag)
		}
	}
}

// TestFiles: the page is small, and holds nothing that its policy would have to allow.
func TestFiles(t *testing.T) {
	all, err := assets()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, a := range all {
		n := len(a.plain)
		if a.gzipped != nil {
			n = len(a.gzipped)
		}
		total += n
		text := strings.ReplaceAll(string(a.plain), "http://www.w3.org/2000/svg", "")
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "<style", " style=", " onclick=", "url(", `src="http`, "//cdn"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
	if total > 150_000 {
		t.Errorf("the page has %d bytes, gzipped, over 150000", total)
	}
}
