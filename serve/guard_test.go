package serve

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Once there are keys, nothing but the probes is answered without one.
func TestKeys(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.Keys = []string{"first", "sécond"} })
	s.lines(&s.routes)
	for _, c := range []struct {
		path, name, value string
		status            int
	}{
		{"/test/write", "", "", 401},
		{"/nowhere", "", "", 401},
		{"/metrics", "", "", 401},
		{"/", "", "", 401},
		{"/health", "", "", 200},
		{"/ready", "", "", 200},
		{"/nowhere", "Authorization", "Bearer first", 404},
		{"/nowhere", "Authorization", "bearer sécond", 404},
		{"/nowhere", "X-Api-Key", "first", 404},
		{"/nowhere", "Api-Key", "first", 404},
		{"/nowhere", "Authorization", "Basic eDpmaXJzdA==", 404}, // x:first
		{"/nowhere", "Authorization", "Basic Zmlyc3Q6eA==", 401}, // first:x
		{"/nowhere", "Authorization", "Bearer", 401},
		{"/nowhere", "Authorization", "Bearer ", 401},
		{"/nowhere", "Authorization", "first", 401},
		{"/nowhere", "Authorization", "Bearer firs", 401},
		{"/nowhere", "Authorization", "Bearer first1", 401},
		{"/nowhere", "X-Api-Key", "FIRST", 401},
		{"/nowhere?api-key=first", "", "", 401},
	} {
		var headers []string
		if c.name != "" {
			headers = []string{c.name, c.value}
		}
		status, body, h := callHead(t, "GET", url+c.path, "", headers...)
		if status != c.status {
			t.Errorf("%s %s %q: %d %s, want %d", c.path, c.name, c.value, status, body, c.status)
		}
		if (status == 401) != (h.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: WWW-Authenticate %q with %d", c.path, h.Get("WWW-Authenticate"), status)
		}
	}
}

// Of all routes, of whatever dialect, the probes alone are open.
func TestKeysEverywhere(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.Keys = []string{"k"}; o.Pprof = true })
	path := regexp.MustCompile(`\{[^}]*\}`)
	for pattern := range s.routes.known {
		method, at, ok := strings.Cut(pattern, " ")
		if !ok {
			method, at = "GET", pattern
		}
		want := 401
		if at == "/health" || at == "/v1/health" || at == "/ready" {
			want = 200
		}
		if status, _ := call(t, method, url+path.ReplaceAllString(strings.TrimSuffix(at, "{$}"), "x"), ""); status != want {
			t.Errorf("%s: %d without a key, want %d", pattern, status, want)
		}
	}
}

// A name that leads to this machine without being its own is not answered for.
func TestHosts(t *testing.T) {
	_, url := testServer(t, func(o *Options) { o.Hosts = []string{"Zoo.example."} })
	for host, status := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LocalHost.": 200, "a.localhost:1": 200, "127.0.0.1": 200, "127.0.0.1:99": 200, "[::1]:8080": 200, "[::1]": 200, "10.1.2.3:80": 200,
		"zoo.example": 200, "ZOO.example:443": 200,
		"evil.example": 403, "evil.example:8080": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "zoo.example.evil": 403, "0x7f000001": 403,
	} {
		if got, body := call(t, "GET", url+"/health", "", "Host", host); got != status {
			t.Errorf("%s: %d %s, want %d", host, got, body, status)
		}
	}
	_, url = testServer(t, func(o *Options) { o.Hosts = []string{"*"} })
	if got, body := call(t, "GET", url+"/health", "", "Host", "evil.example"); got != 200 {
		t.Errorf("any host: %d %s", got, body)
	}
}

// Pages of elsewhere may not ask, those allowed may, and are told so by CORS.
func TestOrigins(t *testing.T) {
	_, url := testServer(t, func(o *Options) { o.Origins = []string{"https://app.example", "app://x"}; o.Keys = []string{"k"} })
	for origin, status := range map[string]int{
		url: 200, "https://app.example": 200, "app://x": 200,
		"http://app.example": 403, "https://app.example.evil": 403, "https://evil.example": 403, "null": 403, "http://127.0.0.1": 403, "http://localhost:1": 403, "%": 403, "file://": 403,
	} {
		got, body, h := callHead(t, "GET", url+"/health", "", "Origin", origin)
		if got != status {
			t.Errorf("%s: %d %s, want %d", origin, got, body, status)
		}
		if allowed := h.Get("Access-Control-Allow-Origin"); (allowed == origin) != (status == 200) {
			t.Errorf("%s: Access-Control-Allow-Origin %q", origin, allowed)
		}
	}
	// A preflight carries no key.
	got, _, h := callHead(t, "OPTIONS", url+"/v1/chat/completions", "", "Origin", "https://app.example",
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
	if got != http.StatusNoContent || h.Get("Access-Control-Allow-Headers") != "authorization,content-type" || h.Get("Access-Control-Allow-Methods") == "" {
		t.Errorf("preflight: %d %v", got, h)
	}
	got, _, h = callHead(t, "OPTIONS", url+"/v1/chat/completions", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	if got != http.StatusForbidden || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight of elsewhere: %d %v", got, h)
	}
}
