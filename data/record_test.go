package data

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

type fields = map[string]string

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Format[Record]
		text string
		want []Record
	}{
		{"all fields", JSONLines(), "{\"a\":\"x\\ny\", \"b\":[1, 2],\"c\":null,\"d\":1.50}\n\n{}\r\n", []Record{
			{Fields: fields{"a": "x\ny", "b": "[1, 2]", "d": "1.50"}, Line: 1}, {Fields: fields{}, Line: 3}}},
		{"paths", JSONLines("a.b", "c.1.d", "e"), `{"a":{"b":"x"},"c":[{"d":1},{"d":true}]}` + "\n" + `{"a":"b","c":[],"e":{"b":1}}`, []Record{
			{Fields: fields{"a.b": "x", "c.1.d": "true"}, Line: 1}, {Fields: fields{"e": `{"b":1}`}, Line: 2}}},
		{"array", JSON(""), " [\n{\"a\":1},\n{\"a\":\"2\"}]\n", []Record{{Fields: fields{"a": "1"}}, {Fields: fields{"a": "2"}}}},
		{"array inside", JSON("x.y", "a"), `{"w":[{"a":0}],"x":{"z":{"y":[]},"y":[{"a":1,"b":2}]}}`, []Record{{Fields: fields{"a": "1"}}}},
		{"CSV", CSV(), "\uFEFFtext,label\n\"a, \"\"b\"\"\nc\",x\nd,\n", []Record{
			{Fields: fields{"text": "a, \"b\"\nc", "label": "x"}, Line: 2}, {Fields: fields{"text": "d", "label": ""}, Line: 4}}},
		{"CSV, named", CSV("n", "m"), "1,2\n", []Record{{Fields: fields{"n": "1", "m": "2"}, Line: 1}}},
		{"TSV", TSV(), "a\tb\r\n\"x\t y\n\n1\t2", []Record{
			{Fields: fields{"a": "\"x", "b": " y"}, Line: 2}, {Fields: fields{"a": "1", "b": "2"}, Line: 4}}},
		{"XML", XML("doc"), "<?xml version=\"1.0\"?>\n<c>\n<doc id=\"7\" x:y=\"z\">a <b>b &amp; <![CDATA[<c>]]></b>\n</doc><doc/></c>", []Record{
			{Fields: fields{"@id": "7", "@y": "z", "text": "a b & <c>"}, Line: 3}, {Fields: fields{"text": ""}, Line: 4}}},
		{"XML, fields", XML("p", "title", "s"), "<p><title>T</title>no<s>one <i>two</i></s><q><s>three<s>4</s></s></q></p>", []Record{
			{Fields: fields{"title": "T", "s": "one two\nthree4"}, Line: 1}}},
	} {
		got, err := all(c.f, c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// Errors tell the line and the reason.
func TestRecordErrors(t *testing.T) {
	long := strings.Repeat("a", MaxRecord)
	for _, c := range []struct {
		f         Format[Record]
		text      string
		line, why string
	}{
		{JSONLines(), "{}\n[1]", "line 2", "begins with ["},
		{JSONLines("a.b"), "{}\n{\"a\":{\"b\":1]}", "line 2", "invalid"},
		{JSONLines(), "{\"a\":1,\"a\":2}", "line 1", "twice"},
		{JSONLines("a"), "{\"a\":1,\"a\":2}", "line 1", "twice"},
		{JSONLines(), "{\"a\":1} x", "line 1", "more"},
		{JSONLines("a"), "{\"a\":1", "line 1", "unexpected"},
		{JSONLines(), "\n\n{" + strings.Repeat(`"a":{`, 20000), "line 3", "depth"},
		{JSON(""), "[\n{},\n{\"a\":tru}]", "line 3", "invalid"},
		{JSON("x"), "{\n\"y\":[]}", "line 2", `no "x"`},
		{JSON(""), "[\n{},\n1]", "line 3", "must be"},
		{JSON(""), "[\n{}", "line 2", "unexpected"},
		{JSON(""), "[\n{\"a\":\"" + long + "\"}]", "line 2", "longer"},
		{CSV(), "a,b\n1,2\n3\n", "line 3", "columns"},
		{CSV(), "a,b\n1,\"2\n", "line 2", "quote"},
		{CSV(), "a,a\n", "line 1", "twice"},
		{CSV(), "a,b\n1,\"2" + long + long, "line 2", "longer"},
		{TSV(), "a\tb\n1\n", "line 2", "columns"},
		{XML("d"), "<a>\n<d>x</a>", "line 2", "element"},
		{XML("d"), "<a>\n<d>&nbsp;</d></a>", "line 2", "entity"},
		{XML("d"), "<a>\n<d>", "line 2", "unexpected"},
		{XML("d"), "<d>" + strings.Repeat("\n<a>", 100), "line 65", "deep"},
		{XML("d"), "<d>\n" + long, "line 2", "longer"},
	} {
		got, err := all(c.f, c.text)
		short := c.text[:min(len(c.text), 60)]
		if err == nil {
			t.Errorf("%q: %d records", short, len(got))
		} else if !strings.Contains(err.Error(), c.line+":") || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%q: %v, want %s and %q", short, err, c.line, c.why)
		}
	}
}

func TestRecordFields(t *testing.T) {
	r := Record{Fields: fields{"text": "a", "n": "[1,2]"}, File: "x.csv", Line: 9}
	var n []int
	if err := r.Decode("n", &n); err != nil || !reflect.DeepEqual(n, []int{1, 2}) {
		t.Errorf("%v, %v", n, err)
	}
	for _, err := range []error{r.Decode("text", &n), func() error { _, err := r.Text("label"); return err }()} {
		if err == nil || !strings.Contains(err.Error(), "x.csv: line 9: ") {
			t.Errorf("%v", err)
		}
	}
}

func TestCoNLL(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Columns
		text string
		want []Tagged
	}{
		{"IOB", IOB, "@a\tO\n#b\tB-x\n\t\n\nc\tO\n", []Tagged{
			{Words: []string{"@a", "#b"}, Tags: []string{"O", "B-x"}, Line: 1}, {Words: []string{"c"}, Tags: []string{"O"}, Line: 5}}},
		{"UNER", UNER, "# sent_id = s-1\n# text = a = b\n1\ta\tO\t-\n2\t=\tO\n3\t1-2\tB-X\n\n# newdoc\n\n1\tc\tO", []Tagged{
			{Words: []string{"a", "=", "1-2"}, Tags: []string{"O", "O", "B-X"}, Text: "a = b", ID: "s-1", Line: 3}, {Words: []string{"c"}, Tags: []string{"O"}, Line: 9}}},
		{"CoNLL-U", CoNLLU, "1-2\tdu\t_\t_\n1\tde\t_\tADP\n2\tle\t_\tDET\n2.1\tx\t_\tX\n", []Tagged{
			{Words: []string{"de", "le"}, Tags: []string{"ADP", "DET"}, Line: 2}}},
		{"CoNLL 2003", CoNLL2003, "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\n. . O O\n", []Tagged{
			{Words: []string{"EU", "."}, Tags: []string{"B-ORG", "O"}, Line: 3}}},
	} {
		got, err := all(CoNLL(c.c), c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	for text, why := range map[string]string{
		"a\tO\nb\n":                            "line 2: has 1 columns",
		"a\t \n":                               "line 1: column 1 is empty",
		strings.Repeat("a\tO\n", MaxRecord/30): "longer",
	} {
		if _, err := all(CoNLL(IOB), text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text[:min(len(text), 20)], err, why)
		}
	}
}

func squad(start int, impossible bool) string {
	return fmt.Sprintf(`{"version":"2","data":[{"title":"T","paragraphs":[]},
{"title":"U","paragraphs":[{"context":"añb c","qas":[{"id":"7","question":"q?","is_impossible":%v,"answers":[{"text":"b","answer_start":%d}]}]}]}]}`, impossible, start)
}

func TestSQuAD(t *testing.T) {
	want := Question{ID: "7", Title: "U", Context: "añb c", Text: "q?", Answers: []Answer{{"b", 3}}}
	for _, impossible := range []bool{false, true} {
		if impossible {
			want.Answers = nil
		}
		got, err := all(SQuAD(), squad(2, impossible))
		if err != nil || !reflect.DeepEqual(got, []Question{want}) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	for _, start := range []int{-1, 0, 5, 6, 1 << 40} {
		if got, err := all(SQuAD(), squad(start, false)); err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "question 7") {
			t.Errorf("an answer at %d: %+v, %v", start, got, err)
		}
	}
}

// fuzz adds seeds, and holds that nothing but an error comes of any text, and that
// after the error, or the end, there is no other value.
func fuzz[T any](f *testing.F, formats map[string]Format[T], seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, format := range formats {
			got, err := all(format, text)
			if err != nil && strings.TrimSpace(err.Error()) == "" {
				t.Errorf("%s: an error without a reason", name)
			}
			if len(got) > len(text)+1 {
				t.Errorf("%s: %d values of %d bytes", name, len(got), len(text))
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	fuzz(f, map[string]Format[Record]{"all": JSONLines(), "paths": JSONLines("a.b", "c.0"), "array": JSON(""), "inside": JSON("a.b", "c")},
		`{"a":{"b":1},"c":["x"]}`, `[{"a":1},{}]`, `{"a":{"b":[{"c":2}]}}`, "{\"a\":\"\\ud800\"}\n\n[", `{"a":[[[[`)
}

func FuzzTable(f *testing.F) {
	fuzz(f, map[string]Format[Record]{"csv": CSV(), "named": CSV("a", "b"), "tsv": TSV()},
		"a,b\n1,\"2\n\"\"3\"\n", "a\tb\n1\t2\n", "\"a", ",,\n", "\uFEFFa\r\n")
}

func FuzzXML(f *testing.F) {
	fuzz(f, map[string]Format[Record]{"all": XML("d"), "fields": XML("d", "t", "s")},
		"<c><d a='b'>x<t>y</t></d></c>", "<d><![CDATA[x]]><s>a</s><s>b</s></d>", "<!DOCTYPE d [<!ENTITY a 'b'>]><d>&a;</d>", "<d><d/>")
}

func FuzzCoNLL(f *testing.F) {
	fuzz(f, map[string]Format[Tagged]{"iob": CoNLL(IOB), "uner": CoNLL(UNER), "conllu": CoNLL(CoNLLU), "2003": CoNLL(CoNLL2003)},
		"a\tO\n\nb\tB-x\n", "# text = a\n1\ta\tO\n", "1-2\tdu\t_\t_\n1\tde\t_\tADP\n", "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\n", "#\n\t\n")
}

func FuzzSQuAD(f *testing.F) {
	fuzz(f, map[string]Format[Question]{"squad": SQuAD()}, squad(2, false), squad(2, true), squad(9, false), `{"data":[1]}`)
}
