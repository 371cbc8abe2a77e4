package jinja

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

var clock = Options{Now: func() time.Time { return time.Date(2024, 7, 6, 9, 5, 3, 0, time.UTC) }}

func render(source string, vars map[string]any) (string, error) {
	t, err := Parse(source)
	if err != nil {
		return "", err
	}
	return t.Render(context.Background(), vars, clock)
}

// fields decodes a JSON object in order into variables.
func fields(t testing.TB, data json.RawMessage) map[string]any {
	t.Helper()
	v, err := FromJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	d := v.(*Dict)
	for _, k := range d.keys {
		out[k.(string)] = d.values[k]
	}
	return out
}

func load(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// check compares with the reference's text; nil means that the reference refused.
func check(t *testing.T, name, source string, vars map[string]any, want *string) bool {
	t.Helper()
	got, err := render(source, vars)
	switch {
	case want == nil:
		if err == nil {
			t.Errorf("%s: reference refuses, got %q", name, got)
		}
		return err != nil
	case err != nil:
		t.Errorf("%s: %v\nwant %q", name, err, *want)
		return false
	case strings.HasPrefix(*want, "sha256:"):
		if fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(got))) != *want {
			t.Errorf("%s: text differs from the reference's:\n%s", name, got)
			return false
		}
	case got != *want:
		t.Errorf("%s:\n got %q\nwant %q", name, got, *want)
		return false
	}
	return true
}

func TestSnippetsEqualReference(t *testing.T) {
	var file struct {
		Context json.RawMessage
		Cases   []struct {
			Template string
			Want     *string
		}
	}
	load(t, "testdata/snippets.json", &file)
	for _, c := range file.Cases {
		check(t, c.Template, c.Template, fields(t, file.Context), c.Want)
	}
}

// known lists where this package means to differ from the reference, and why.
var known = map[string]string{
	"strings:FILTER_OPERATOR_4":  lazy,
	"strings:FILTER_OPERATOR_5":  lazy,
	"strings:FILTER_OPERATOR_6":  lazy,
	"strings:FILTER_OPERATOR_11": lazy,
	"strings:FILTER_OPERATOR_12": lazy,

	"llama-cpp-deepseek-r1.jinja:tools":    lazy,
	"llama-cpp-deepseek-r1.jinja:called":   lazy,
	"llama-cpp-deepseek-r1.jinja:nullcall": lazy,

	"strings:REPLACE": "count= by name, which Python has from 3.13 on",

	"MadeAgents/Hammer2.1": "its target prints a list as JSON; Python's str, and the reference, do not",

	"HuggingFaceTB/SmolVLM-Instruct": "a case of another program, which formats the source",
}

const lazy = "the results of select, map and items are lists here; Python's generators have no length and no JSON"

func TestPublishedTemplatesEqualReference(t *testing.T) {
	dir := testkit.Shared(t, "data/api")
	var file struct {
		Chats map[string]json.RawMessage
		Want  map[string]*string
	}
	load(t, "testdata/published.json", &file)
	var strs struct {
		Templates map[string]string          `json:"TEST_STRINGS"`
		Contexts  map[string]json.RawMessage `json:"TEST_CONTEXT"`
	}
	load(t, filepath.Join(dir, "jinja-hf", "templates_test.json"), &strs)
	equal := 0
	for name, want := range file.Want {
		if known[name] != "" {
			continue
		}
		head, tail, _ := strings.Cut(name, ":")
		var source string
		var vars map[string]any
		if head == "strings" {
			source, vars = strs.Templates[tail], fields(t, strs.Contexts[tail])
		} else {
			data, err := os.ReadFile(filepath.Join(dir, "chat-templates", head))
			if err != nil {
				t.Fatal(err)
			}
			source = string(data)
			vars = fields(t, file.Chats[tail])
			for k, v := range map[string]any{"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": true, "tools": nil} {
				if _, ok := vars[k]; !ok {
					vars[k] = v
				}
			}
		}
		if check(t, name, source, vars, want) {
			equal++
		}
	}
	t.Logf("%d of %d equal, %d known to differ", equal, len(file.Want), len(known))
}

func TestEndToEndTemplates(t *testing.T) {
	var groups map[string]json.RawMessage
	load(t, testkit.Shared(t, "data/api/jinja-hf/e2e_test.json"), &groups)
	equal, all := 0, 0
	for _, group := range []string{"TEST_DEFAULT_TEMPLATES", "TEST_CUSTOM_TEMPLATES", "TEST_CUSTOM_FORMATTING"} {
		var cases map[string]struct {
			Template string `json:"chat_template"`
			Data     json.RawMessage
			Target   string
		}
		if err := json.Unmarshal(groups[group], &cases); err != nil {
			t.Fatal(err)
		}
		for name, c := range cases {
			if known[name] != "" {
				continue
			}
			all++
			vars := fields(t, c.Data)
			vars["strftime_now"] = callable(func(r *run, a *arguments) any {
				return strftime(time.Date(2025, 7, 10, 0, 0, 0, 0, time.UTC), a.text(r, 0, "", ""))
			})
			if check(t, name, c.Template, vars, &c.Target) {
				equal++
			}
		}
	}
	t.Logf("%d of %d equal", equal, all)
}

func TestHostileTemplatesAreBounded(t *testing.T) {
	for name, source := range map[string]string{
		"loops":     "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}x{% endfor %}{% endfor %}{% endfor %}",
		"doubling":  "{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
		"repeat":    "{{ 'a' * 10**15 }}",
		"list":      "{{ [1] * 10**9 }}",
		"recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
		"mutual":    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
		"caller":    "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
		"width":     "{{ '%999999999d' % 1 }}",
		"center":    "{{ 'a'.center(10**12) }}",
		"indent":    "{{ ('\\n' * 100000) | indent(100000, blank=true) }}",
		"replace":   "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
		"chain":     "{{ " + strings.Repeat("1 + ", 100000) + "1 }}",
		"nesting":   "{{ " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000) + " }}",
		"blocks":    strings.Repeat("{% if 1 %}", 10000),
		"cycle":     "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
		"cyclic eq": "{% set n = namespace() %}{% set n.n = [n] %}{{ n.n | string }}",
		"tojson":    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
		"print":     "{% set ns = namespace(x=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"equal":     "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"power":     "{{ 9 ** 9 ** 9 }}",
		"overflow":  "{{ 9223372036854775807 + 1 }}",
		"range":     "{{ range(-9223372036854775807, 9223372036854775807, 9223372036854775807) | list }}",
		"include":   "{% include '/etc/passwd' %}",
		"import":    "{% import 'os' as os %}",
		"filters":   "{{ 'x'" + strings.Repeat("|upper", 100000) + " }}",
	} {
		start := time.Now()
		if got, err := render(source, nil); err == nil {
			t.Errorf("%s: rendered %d bytes", name, len(got))
		}
		if d := time.Since(start); d > 3*time.Second && !testkit.Race {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func TestRenderStopsWithContext(t *testing.T) {
	tmpl, err := Parse("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tmpl.Render(ctx, nil, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Render = %v, want cancelled", err)
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	for source, want := range map[string]string{
		"a\nb\n{% if %}":                   "line 3",
		"a\n{{ 1 +\n }}":                   "line 2",
		"{# x\ny #}\n{{ missing.x }}":      "line 3",
		"\n{% set x = 1 %}\n\n{{ x.y.z }}": "line 4",
	} {
		if _, err := render(source, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", source, err, want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	var file struct{ Cases []struct{ Template string } }
	load(f, "testdata/snippets.json", &file)
	for _, c := range file.Cases {
		f.Add(c.Template)
	}
	vars := map[string]any{"s": "hello", "l": []any{1, 2, 3}, "d": map[string]any{"k": "v"}}
	f.Fuzz(func(t *testing.T, source string) {
		a, errA := render(source, vars)
		b, errB := render(source, vars)
		if a != b || (errA == nil) != (errB == nil) {
			t.Errorf("two renders differ: %q, %q", a, b)
		}
	})
}
