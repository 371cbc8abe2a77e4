package grammar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// TestSchemaSuite: of the published tests of JSON Schema no value that is invalid fits.
func TestSchemaSuite(t *testing.T) {
	root := testkit.Shared(t, "data/api/jsonschema-suite")
	var schemas, supported, valid, taken int
	r := rand.New(rand.NewPCG(11, 12))
	for _, draft := range []string{"draft7", "draft2020-12"} {
		err := filepath.WalkDir(filepath.Join(root, draft), func(path string, d os.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".json" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var groups []struct {
				Description string
				Schema      json.RawMessage
				Tests       []struct {
					Data  json.RawMessage
					Valid bool
				}
			}
			if err := json.Unmarshal(data, &groups); err != nil {
				return err
			}
			for _, g := range groups {
				schemas++
				gr, err := FromSchema(g.Schema)
				if err != nil {
					continue
				}
				supported++
				written(t, path, draft, gr, g.Schema, r)
				for _, c := range g.Tests {
					if c.Valid {
						valid++
					}
					for i, text := range spellings(t, c.Data) {
						fits := gr.Match(text)
						if fits && !c.Valid {
							t.Errorf("%s: %s: %s fits %s", path, g.Description, text, g.Schema)
						}
						if i == 0 && fits && c.Valid {
							taken++
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d schemas are supported; of %d valid values %d fit", supported, schemas, valid, taken)
	if supported < schemas/4 || taken < valid/2 {
		t.Errorf("%d of %d schemas are supported; of %d valid values %d fit", supported, schemas, valid, taken)
	}
}

// written has texts of a grammar checked by another implementation, where that reads
// the schema.
func written(t *testing.T, path, draft string, g *Grammar, schema json.RawMessage, r *rand.Rand) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if c.DefaultDraft(jsonschema.Draft2020); draft == "draft7" {
		c.DefaultDraft(jsonschema.Draft7)
	}
	if err := c.AddResource("schema.json", v); err != nil {
		return
	}
	check, err := c.Compile("schema.json")
	if err != nil {
		return
	}
	for range 6 {
		text, whole := wander(g, r, 120)
		if !whole {
			continue
		}
		x, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil {
			err = check.Validate(x)
		}
		if err != nil {
			t.Errorf("%s: %s was written to %s: %v", path, text, schema, err)
		}
	}
}

// spellings are ways to write a value.
func spellings(t *testing.T, data json.RawMessage) []string {
	var compact, wide bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&wide, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	v, err := parseValue(data)
	if err != nil {
		return []string{compact.String(), wide.String()}
	}
	return []string{v.compact(), compact.String(), wide.String(), strings.ReplaceAll(compact.String(), ",", ", ")}
}

var manySchemas = []string{
	`{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":12},"age":{"type":"integer","minimum":0,"maximum":130},"tags":{"type":"array","items":{"enum":["a","b",3,null,{"x":[1]}]},"minItems":1,"maxItems":3}},"required":["name","age"],"additionalProperties":false}`,
	`{"type":"object","properties":{"a":{"type":"boolean"},"ab":{"type":"number"}},"additionalProperties":{"type":"integer"}}`,
	`{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"v":{"type":"integer"},"l":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["v"],"additionalProperties":false}}}`,
	`{"type":"number","minimum":-2.75,"exclusiveMaximum":13.5}`,
	`{"type":"number","exclusiveMinimum":0,"maximum":0.125}`,
	`{"type":"number","minimum":-0.001,"maximum":-1e-5}`,
	`{"type":"integer","minimum":-1234,"maximum":98765,"multipleOf":7}`,
	`{"type":"number","multipleOf":0.01,"minimum":1}`,
	`{"type":"integer","exclusiveMinimum":-10.5,"exclusiveMaximum":-3}`,
	`{"type":"string","pattern":"^[a-c\"\\\\]+\\s?\\S$","minLength":3,"maxLength":6}`,
	`{"type":"string","pattern":"x\\d{2}","maxLength":8}`,
	`{"type":"array","prefixItems":[{"type":"integer"},{"type":"string","maxLength":3}],"items":{"type":"boolean"},"minItems":1,"maxItems":4}`,
	`{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"integer"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"b"},"y":{"type":"null"}},"required":["kind","y"]}]}`,
	`{"allOf":[{"type":["object","null"],"properties":{"a":{"type":"integer","minimum":3}}},{"properties":{"a":{"maximum":5},"b":{"const":"é\n\"q"}},"required":["b"]}]}`,
	`{"type":"object","patternProperties":{"^x-[a-z]+$":{"type":"integer"}},"additionalProperties":false}`,
	`{"type":"object","propertyNames":{"pattern":"^[a-z]{2}$"},"additionalProperties":{"type":"null"},"maxProperties":3}`,
	`{"enum":[1,2.5,"x","yyyy",true,[],{"a":1}],"minLength":2,"minimum":2}`,
	`{"type":"string","format":"date"}`, `{"type":"string","format":"time"}`, `{"type":"string","format":"date-time"}`, `{"type":"string","format":"uuid"}`,
	`{"type":"string","format":"ipv4"}`, `{"type":"string","format":"ipv6"}`, `{"type":"string","format":"email"}`, `{"type":"string","format":"hostname"}`,
	`{"type":"string","format":"uri"}`, `{"type":"string","format":"duration"}`, `{"type":"string","format":"json-pointer"}`, `{"type":"string","format":"uri-reference"}`,
	`{"type":"array","items":{"type":["integer","null"]},"uniqueItems":false}`, `{"not":{"type":["object","array","string"]}}`, `{"type":"object","minProperties":1}`,
}

// TestRandomValues: whatever a model that knows nothing writes is valid, by another
// implementation of JSON Schema.
func TestRandomValues(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, schema := range manySchemas {
		g, err := FromSchema([]byte(schema))
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		check := validator(t, schema)
		ended := 0
		for range 60 {
			text, ok := wander(g, r, 300)
			if !ok {
				continue
			}
			ended++
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err == nil {
				err = check.Validate(v)
			}
			if err != nil {
				t.Errorf("%s: %s: %v", schema, text, err)
			}
		}
		if ended < 20 {
			t.Errorf("%s: %d texts came to an end", schema, ended)
		}
	}
}

func validator(t testing.TB, schema string) *jsonschema.Schema {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", v); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wander writes a text byte by byte; of the bytes that fit it takes those that close
// something once the text is long.
func wander(g *Grammar, r *rand.Rand, most int) (string, bool) {
	s := newStacks(g.a)
	c := s.start()
	var text []byte
	for len(text) < most {
		if c.whole && (len(text) > 20 || r.IntN(3) == 0) {
			return string(text), true
		}
		var fit []byte
		for b := range 256 {
			if s.step(c, g.a.class[b]) != s.dead {
				fit = append(fit, byte(b))
			}
		}
		if len(fit) == 0 {
			return string(text), c.whole
		}
		b := fit[r.IntN(len(fit))]
		if len(text) > 20 {
			for _, end := range []byte("]}\"") {
				if bytes.IndexByte(fit, end) >= 0 && r.IntN(3) > 0 {
					b = end
				}
			}
		}
		text = append(text, b)
		c = s.step(c, g.a.class[b])
	}
	return string(text), c.whole
}

// TestSchemaByTokens has the tokens of a real vocabulary write to schemas.
func TestSchemaByTokens(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, name := range []string{"qwen2", "mistral"} {
		tok, v, eos := real(t, name)
		for _, i := range []int{0, 1, 3, 11, 17} {
			schema := manySchemas[i]
			g, err := FromSchema([]byte(schema))
			if err != nil {
				t.Fatal(err)
			}
			text, whole := write(t, tok, v.Matcher(g), eos, r, 80)
			if !whole {
				continue
			}
			x, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err == nil {
				err = validator(t, schema).Validate(x)
			}
			if err != nil {
				t.Errorf("%s: %s: %s: %v", name, schema, text, err)
			}
		}
	}
}

// TestSchemaErrors: what cannot be followed is named, at once.
func TestSchemaErrors(t *testing.T) {
	deep := strings.Repeat(`{"items":`, 5000) + "{}" + strings.Repeat("}", 5000)
	wide := `{"allOf":[` + strings.Repeat(`{"anyOf":[{"type":"string"},{"type":"null"},{"minLength":1}]},`, 40) + `{}]}`
	var names, refs, branches, patterns strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&names, `"n%d":{},`, i)
	}
	for i := range 2000 {
		fmt.Fprintf(&refs, `"n%d":{"enum":[{"a":1}],"$ref":"#/$defs/big"},`, i)
		fmt.Fprintf(&branches, `{"type":"object","properties":{"k":{"const":%d}},"required":["k"]},`, i)
	}
	for i := range 60 {
		fmt.Fprintf(&patterns, `{"pattern":"^[a-%c]{300,600}$"},`, 'c'+i%20)
	}
	for schema, want := range map[string]string{
		`{"properties":{` + names.String() + `"x":{}}}`:                                                                       "#/properties",
		`{"properties":{` + refs.String() + `"x":{}},"$defs":{"big":{"properties":{` + names.String()[:20_000] + `"x":{}}}}}`: "",
		`{"oneOf":[` + branches.String() + `{"type":"null"}]}`:                                                                "too many",
		`{"type":"string","allOf":[` + patterns.String() + `{}]}`:                                                             "too large",
		`{"properties":{"` + strings.Repeat("x", 1<<20) + `":{"minLength":"x"}}}`:                                             "minLength",
		`{"properties":{"a":{"contains":{}}}}`:                                                                                "#/properties/a/contains",
		`{"if":{}}`:                                                                                                           "#/if",
		`{"type":"strin"}`:                                                                                                    "#/type",
		`{"$ref":"http://example.com/x"}`:                                                                                     "#/$ref",
		`{"$ref":"#/$defs/none"}`:                                                                                             "nothing is there",
		`{"$ref":"#"}`:                                                                                                        "without end",
		`{"anyOf":[{"$ref":"#"},{"type":"string"}]}`:                                                                          "without end",
		`{"oneOf":[{"type":"integer"},{"type":"number"}]}`:                                                                    "#/oneOf",
		`{"type":"array","uniqueItems":true}`:                                                                                 "#/uniqueItems",
		`{"type":"string","pattern":"(?=a)b"}`:                                                                                "#/pattern",
		`{"type":"string","pattern":"(((a{999}){999}){999}){999}"}`:                                                           "#/pattern",
		`{"type":"string","pattern":"a\\bc"}`:                                                                                 "#/pattern",
		`{"type":"string","format":"regex"}`:                                                                                  "#/format",
		`{"type":"integer","multipleOf":100000}`:                                                                              "#/multipleOf",
		`{"minimum":1e999999}`:                                                                                                "#/minimum",
		`{"minLength":-1}`:                                                                                                    "#/minLength",
		`{"minLength":100000000}`:                                                                                             "#/minLength",
		`{"type":"object","unevaluatedProperties":false}`:                                                                     "#/unevaluatedProperties",
		`{"type":"object","properties":{"a":5}}`:                                                                              "#/properties/a",
		`false`:                                                                                                               "no text fits", `{"a":1,"a":2}`: "twice", `{`: "schema", `[]`: "a schema is an object", ``: "schema", `{} x`: "schema",
		deep: "deep", wide: "too many alternatives",
		`{"type":"string","minLength":8000,"maxLength":8192,"pattern":"(a|b)*a(a|b){200}"}`: "too large",
	} {
		begin := time.Now()
		_, err := FromSchema([]byte(schema))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100s: %v", schema, err)
		}
		if d := time.Since(begin); d > time.Second && !testkit.Race {
			t.Errorf("%.100s: took %v", schema, d)
		}
	}
}

func FuzzSchema(f *testing.F) {
	for _, s := range manySchemas {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, schema []byte) {
		if g, err := FromSchema(schema); err == nil {
			g.Match(`{"a":1}`)
		}
	})
}
