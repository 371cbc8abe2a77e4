package serve

import (
	"net/http"
	"strings"
	"testing"
)

// TestPage: the page comes to hosts that may ask and have a key, with its policy.
func TestPage(t *testing.T) {
	_, url := testServer(t, func(o *Options) { o.Keys = []string{"secret"} })
	const withKey = "Basic OnNlY3JldA==" // :secret, as browsers have it
	if status, _, head := callHead(t, http.MethodGet, url+"/", "", "Accept", "text/html"); status != http.StatusUnauthorized || !strings.HasPrefix(head.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("without a key: %d, %q", status, head.Get("WWW-Authenticate"))
	}
	for path, kind := range map[string]string{"/": "text/html", "/assets/app.js": "text/javascript", "/assets/app.css": "text/css", "/assets/icon.svg": "image/svg+xml"} {
		status, text, head := callHead(t, http.MethodGet, url+path, "", "Authorization", withKey)
		if status != http.StatusOK || text == "" || !strings.HasPrefix(head.Get("Content-Type"), kind) {
			t.Errorf("%s: %d, %s", path, status, head.Get("Content-Type"))
		}
		if !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: policy %q", path, head.Get("Content-Security-Policy"))
		}
		if status, text = call(t, http.MethodHead, url+path, "", "Authorization", withKey); status != http.StatusOK || text != "" {
			t.Errorf("HEAD %s: %d, %q", path, status, text)
		}
	}
	for _, c := range []struct {
		method, path, host string
		want               int
	}{
		{http.MethodPost, "/", "", 401},
		{http.MethodGet, "/assets/none.js", "", 401},
		{http.MethodGet, "/index.html", "", 401},
		{http.MethodGet, "/", "evil.example", 403},
		{http.MethodGet, "/v1/models", "", 401},
	} {
		var headers []string
		if c.host != "" {
			headers = []string{"Host", c.host}
		}
		if status, _ := call(t, c.method, url+c.path, "", headers...); status != c.want {
			t.Errorf("%s %s for %q: %d, want %d", c.method, c.path, c.host, status, c.want)
		}
	}
}
