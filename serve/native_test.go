package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// nativeModels are the hatchlings, and tiny models of the tasks that they do not do.
func nativeServer(t *testing.T, change func(*Options)) (*Server, string) {
	return testServer(t, func(o *Options) {
		o.Models = slices.Clone(o.Models)
		for _, name := range []string{"classify-single", "classify-pairs", "entail", "tag", "answer"} {
			o.Models = append(o.Models, ModelSpec{Name: "tiny/" + name, Path: filepath.Join("../task/testdata", name)})
		}
		if change != nil {
			change(o)
		}
	})
}

// described is what the tests read of /openapi.json.
type described struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string
		Summary     string
		Responses   map[string]struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
		RequestBody *struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
	Components struct{ Schemas map[string]map[string]any }
}

// document reads /openapi.json, and returns a compiler of its schemas.
func document(t *testing.T, url string) (described, func(ref string) *jsonschema.Schema) {
	t.Helper()
	status, body := call(t, "GET", url+"/openapi.json", "")
	var d described
	if err := json.Unmarshal([]byte(body), &d); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("mem:///openapi.json", whole); err != nil {
		t.Fatal(err)
	}
	return d, func(ref string) *jsonschema.Schema {
		s, err := c.Compile("mem:///openapi.json" + ref)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// fits holds a body to a schema.
func fits(t *testing.T, what string, s *jsonschema.Schema, body string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		t.Errorf("%s: %v\n%.300s", what, err, body)
	}
}

var nativeRequests = []struct{ path, body string }{
	{"fill", `{"model":"hatchling/bert","text":"The [MASK] is [MASK].","top":3}`},
	{"classify", `{"model":"tiny/classify-single","text":"the lions sleep","text_pair":"in the shade"}`},
	{"zero-shot", `{"model":"tiny/entail","text":"the lions sleep","labels":["animals","rain"]}`},
	{"zero-shot", `{"model":"hatchling/gpt","text":"The dog sleeps.","labels":["animals","rain"],"multi_label":true}`},
	{"tag", `{"model":"tiny/tag","text":"the keeper feeds naïve lions"}`},
	{"answer", `{"model":"tiny/answer","question":"who sleeps?","context":"the naïve lions sleep","top":2}`},
	{"translate", `{"model":"hatchling/t5","text":"The lions sleep.","from":"en","to":"German","max_tokens":4}`},
	{"summarize", `{"model":"hatchling/t5","text":"The lions sleep.","max_tokens":4}`},
	{"compare", `{"model":"hatchling/bert","texts":["The lions sleep.","It rains."]}`},
	{"rerank", `{"model":"tiny/classify-pairs","query":"who sleeps?","texts":["the lions sleep","it rains"]}`},
	{"tokenize", `{"model":"hatchling/gpt","text":"The naïve lions sleep."}`},
	{"next", `{"text":"The lions","top":3}`},
	{"attention", `{"model":"hatchling/bert","text":"The lions sleep."}`},
	{"attention", `{"model":"hatchling/gpt","text":"The lions sleep."}`},
}

// TestNative: each task answers, and requests and answers fit what /openapi.json says.
func TestNative(t *testing.T) {
	_, url := nativeServer(t, nil)
	d, schema := document(t, url)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("openapi is %q", d.OpenAPI)
	}
	asked := map[string]bool{}
	for _, q := range nativeRequests {
		op := d.Paths["/zoo/"+q.path]["post"]
		fits(t, q.path+" is asked", schema(op.RequestBody.Content["application/json"].Schema.Ref), q.body)
		status, body := call(t, "POST", url+"/zoo/"+q.path, q.body)
		if asked["/zoo/"+q.path] = true; status != http.StatusOK {
			t.Errorf("%s: %d %s", q.path, status, body)
			continue
		}
		fits(t, q.path, schema(op.Responses["200"].Content["application/json"].Schema.Ref), body)
	}
	for path, ops := range d.Paths {
		for method, op := range ops {
			if method == "post" && !asked[path] || op.Summary == "" || op.OperationID == "" {
				t.Errorf("%s %s is not asked, or has no summary or id", method, path)
			}
		}
	}
	list := d.Paths["/zoo/models"]["get"].Responses["200"].Content["application/json"].Schema.Ref
	status, body := call(t, "GET", url+"/zoo/models", "")
	if fits(t, "models", schema(list), body); status != http.StatusOK {
		t.Error(status)
	}
	one := d.Paths["/zoo/models/{name}"]["get"].Responses["200"].Content["application/json"].Schema.Ref
	for _, name := range []string{"hatchling/bert", "tiny/tag"} {
		status, body := call(t, "GET", url+"/zoo/models/"+name, "")
		if fits(t, name, schema(one), body); status != http.StatusOK || strings.Contains(body, `"card"`) != strings.HasPrefix(name, "hatchling/") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// TestNativeDescribed: every property in the document says what it is.
func TestNativeDescribed(t *testing.T) {
	_, url := nativeServer(t, nil)
	d, schema := document(t, url)
	for name, s := range d.Components.Schemas {
		schema("#/components/schemas/" + name)
		properties, _ := s["properties"].(map[string]any)
		if len(properties) == 0 {
			t.Errorf("%s has no properties", name)
		}
		for key, p := range properties {
			if p, _ := p.(map[string]any); p["description"] == nil {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
	}
	if path := os.Getenv("ZOO_OPENAPI"); path != "" { // to hold it to other tools
		_, body := call(t, "GET", url+"/openapi.json", "")
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNativeModels: what models are said to do is what they do.
func TestNativeModels(t *testing.T) {
	_, url := nativeServer(t, nil)
	_, body := call(t, "GET", url+"/zoo/models", "")
	var list struct {
		Models []struct {
			Name, Mask string
			Tasks      []string
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Models) != 8 {
		t.Fatal(err, body)
	}
	for _, m := range list.Models {
		if (m.Mask == "[MASK]") != slices.Contains(m.Tasks, "fill") {
			t.Errorf("%s has the mask %q and does %v", m.Name, m.Mask, m.Tasks)
		}
		for _, q := range nativeRequests {
			var in map[string]any
			if err := json.Unmarshal([]byte(q.body), &in); err != nil {
				t.Fatal(err)
			}
			in["model"] = m.Name
			text, _ := json.Marshal(in)
			status, answer := call(t, "POST", url+"/zoo/"+q.path, string(text))
			if can := slices.Contains(m.Tasks, q.path); can != (status == http.StatusOK) && !strings.Contains(answer, "MASK") {
				t.Errorf("%s is said to do %v; asked to %s: %d %s", m.Name, m.Tasks, q.path, status, answer)
			}
		}
	}
}

// TestNativeErrors: what is wrong is told in the form of RFC 9457, with the field.
func TestNativeErrors(t *testing.T) {
	_, url := nativeServer(t, nil)
	d, schema := document(t, url)
	problem := schema(d.Paths["/zoo/fill"]["post"].Responses["400"].Content["application/problem+json"].Schema.Ref)
	long := strings.Repeat("lions ", 3000)
	for i, c := range []struct {
		path, body string
		status     int
		param      string
	}{
		{"fill", ``, 400, ""},
		{"fill", `{`, 400, ""},
		{"fill", `[]`, 400, ""},
		{"fill", `null`, 400, ""},
		{"fill", `{"model":"hatchling/bert"}`, 400, ""},
		{"fill", `{"model":"hatchling/bert","text":""}`, 400, "text"},
		{"fill", `{"model":"hatchling/bert","text":7}`, 400, "text"},
		{"fill", `{"model":"hatchling/bert","text":"no mask"}`, 400, "text"},
		{"fill", `{"model":"hatchling/bert","text":"[MASK]","top":0}`, 400, "top"},
		{"fill", `{"model":"hatchling/bert","text":"[MASK]","top":1e9}`, 400, "top"},
		{"fill", `{"model":"hatchling/bert","text":"[MASK]","tip":1}`, 400, "tip"},
		{"fill", `{"model":"hatchling/gpt","text":"[MASK]"}`, 400, "model"},
		{"fill", `{"model":"nobody","text":"[MASK]"}`, 404, "model"},
		{"fill", `{"model":"hatchling/bert","text":"[MASK] ` + long + `"}`, 400, "text"},
		{"fill", strings.Repeat("[", 100), 400, ""},
		{"classify", `{"model":"hatchling/bert","text":"a"}`, 400, "model"},
		{"classify", `{"model":"tiny/classify-single","text":"` + long + `"}`, 400, "text"},
		{"zero-shot", `{"model":"tiny/entail","text":"a","labels":[]}`, 400, "labels"},
		{"zero-shot", `{"model":"tiny/entail","text":"a","labels":[""]}`, 400, "labels"},
		{"zero-shot", `{"model":"tiny/entail","text":"a","labels":["b"],"template":"c"}`, 400, "template"},
		{"tag", `{"model":"tiny/tag","text":"a","aggregation":"all"}`, 400, "aggregation"},
		{"tag", `{"model":"tiny/tag","text":"a","stride":1000}`, 400, "stride"},
		{"answer", `{"model":"tiny/answer","question":" ","context":"a"}`, 400, "question"},
		{"answer", `{"model":"tiny/answer","question":"` + long + `","context":"a"}`, 400, "text"},
		{"translate", `{"model":"hatchling/t5","text":"a","to":"qqqq"}`, 400, "to"},
		{"translate", `{"model":"hatchling/gpt","text":"a"}`, 400, "model"},
		{"translate", `{"model":"hatchling/t5","text":"a","max_tokens":-1}`, 400, "max_tokens"},
		{"compare", `{"model":"hatchling/bert","texts":[]}`, 400, "texts"},
		{"compare", `{"model":"hatchling/bert","texts":["a",""],"pooling":"sum"}`, 400, "pooling"},
		{"compare", `{"model":"tiny/tag","texts":["` + long + `"]}`, 400, "input"},
		{"rerank", `{"model":"tiny/classify-single","query":"a","texts":["b"]}`, 400, "model"},
		{"next", `{"model":"hatchling/bert","text":"a"}`, 400, "model"},
		{"attention", `{"model":"hatchling/bert","text":"` + long + `"}`, 400, "text"},
		{"models/nobody", ``, 404, "model"},
	} {
		method := "POST"
		if strings.HasPrefix(c.path, "models") {
			method = "GET"
		}
		status, body, head := callHead(t, method, url+"/zoo/"+c.path, c.body)
		var p struct{ Param, Detail string }
		if err := json.Unmarshal([]byte(body), &p); err != nil || status != c.status || p.Param != c.param || p.Detail == "" || head.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s %.60s: %d %s", i, c.path, c.body, status, body)
		}
		fits(t, fmt.Sprintf("%d %s", i, c.path), problem, body)
	}
}

// TestNativeKey: with keys the document says so, and needs one.
func TestNativeKey(t *testing.T) {
	_, url := nativeServer(t, func(o *Options) { o.Keys = []string{"k"} })
	if status, body := call(t, "GET", url+"/zoo/models", ""); status != http.StatusUnauthorized || !bytes.Contains([]byte(body), []byte("about:blank")) {
		t.Error(status, body)
	}
	status, body := call(t, "GET", url+"/openapi.json", "", "Authorization", "Bearer k")
	if status != http.StatusOK || !strings.Contains(body, `"securitySchemes":{"key":`) {
		t.Errorf("%d %.200s", status, body)
	}
}
