package serve

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDoc: docs/serving.md has every path and every metric of the server, and no other.
func TestDoc(t *testing.T) {
	file, err := os.ReadFile("../docs/serving.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(file)
	s, url := testServer(t, func(o *Options) { o.Pprof = true })
	told := map[string]bool{}
	_, paths, _ := strings.Cut(doc, "\n## Paths\n")
	paths, _, _ = strings.Cut(paths, "\n## ")
	for _, m := range regexp.MustCompile("`((?:GET|POST|PUT|DELETE|HEAD) [^`]+)`").FindAllStringSubmatch(paths, -1) {
		told[m[1]] = true
	}
	spelt := strings.NewReplacer("{$}", "", "...}", "}")
	for pattern, rt := range s.routes.known {
		name := spelt.Replace(pattern)
		switch {
		case strings.HasPrefix(pattern, "GET /debug/pprof/") && pattern != "GET /debug/pprof/", rt.fallback():
		case !told[name]:
			t.Errorf("%s is not told of", name)
		}
		delete(told, name)
	}
	for name := range told {
		t.Errorf("%s is no route", name)
	}
	s.lines(&s.routes)
	if status, body := call(t, "POST", url+"/test/write", `{"prompt":"a","max_tokens":2}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	_, metrics, _ := strings.Cut(doc, "\n## Metrics\n")
	_, body := call(t, "GET", url+"/metrics", "")
	for _, m := range regexp.MustCompile("`(zoo_[a-z_]+)`").FindAllStringSubmatch(metrics, -1) {
		if !strings.Contains(body, "\n# TYPE "+m[1]+" ") && m[1] != "zoo_model_evictions_total" {
			t.Errorf("%s is no metric", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (zoo_[a-z_]+) `).FindAllStringSubmatch(body, -1) {
		if !strings.Contains(metrics, "`"+m[1]+"`") {
			t.Errorf("%s is not told of", m[1])
		}
	}
}

// fallback tells whether a route is for paths that a dialect knows of and does not have.
func (r *route) fallback() bool { return !strings.Contains(r.pattern, " ") }
