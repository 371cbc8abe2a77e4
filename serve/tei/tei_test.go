package tei_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve/tei"
	"github.com/nlp-zoo/zoo/tensor"
)

// TestInputs: every form of inputs, and what is none.
func TestInputs(t *testing.T) {
	for text, want := range map[string]tei.Inputs{
		`"a"`: {Texts: []string{"a"}}, `["a","b"]`: {Texts: []string{"a", "b"}}, `[1,2]`: {Rows: [][]int32{{1, 2}}}, `[[1,2],[3]]`: {Rows: [][]int32{{1, 2}, {3}}},
		`[]`: {}, `""`: {Texts: []string{""}}, ` [ "a" ]`: {Texts: []string{"a"}},
	} {
		var got tei.Inputs
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) || got.Len() != len(want.Texts)+len(want.Rows) {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{`7`, `true`, `{}`, `["a",1]`, `[1,"a"]`, `[[1],"a"]`, `[[["a"]]]`, `[1e30]`, `[1.5]`, `[null]`} {
		if err := json.Unmarshal([]byte(text), new(tei.Inputs)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// TestSequences: a text, a pair, or several of either.
func TestSequences(t *testing.T) {
	for text, want := range map[string]tei.Sequences{
		`"a"`: {All: [][]string{{"a"}}}, `["a"]`: {All: [][]string{{"a"}}}, `["a","b"]`: {All: [][]string{{"a", "b"}}},
		`[["a"],["b","c"]]`: {All: [][]string{{"a"}, {"b", "c"}}, Batch: true}, `[]`: {All: [][]string{}, Batch: true},
	} {
		var got tei.Sequences
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{`7`, `["a","b","c"]`, `[[]]`, `[["a","b","c"]]`, `["a",["b"]]`, `[["a"],"b"]`, `{}`} {
		if err := json.Unmarshal([]byte(text), new(tei.Sequences)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// TestTypes: a checkpoint's kind goes by its class and its labels.
func TestTypes(t *testing.T) {
	const class = "BertForSequenceClassification"
	for _, c := range []struct {
		info   model.Info
		kind   string
		labels []string
	}{
		{model.Info{Architecture: class, Config: []byte(`{"id2label":{"0":"no","1":"yes"}}`)}, "classifier", []string{"no", "yes"}},
		{model.Info{Architecture: class, Config: []byte(`{"num_labels":1}`)}, "reranker", []string{"LABEL_0"}},
		{model.Info{Architecture: class, Config: []byte(`{}`)}, "classifier", []string{"LABEL_0", "LABEL_1"}},
		{model.Info{Architecture: class, Config: []byte(`{"num_labels":-5}`)}, "reranker", []string{"LABEL_0"}},
		{model.Info{Architecture: "BertModel", Config: []byte(`{}`)}, "embedding", []string{"LABEL_0", "LABEL_1"}},
	} {
		got := tei.TypeOf(c.info)
		if labels := tei.Labels(c.info.Config); got[c.kind] == nil || len(got) != 1 || !slices.Equal(labels, c.labels) || tei.Classifies(c.info) != (c.kind != "embedding") {
			t.Errorf("%s is %v with %v", c.info.Config, got, labels)
		}
	}
	for form, want := range map[tensor.DType]string{tensor.F32: "float32", tensor.BF16: "bfloat16", tensor.Q8_0: "q8_0"} {
		if got := tei.DType(model.Info{Forms: []model.Form{{DType: tensor.F16, Values: 1}, {DType: form, Values: 9}}}); got != want {
			t.Errorf("%v is %q", form, got)
		}
	}
}

// FuzzRequests: no body of a request is more than an error.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{`{"inputs":[["a","b"],["c"]],"truncate":true}`, `{"ids":[[1],[2]]}`, `{"query":"q","texts":["a"],"truncation_direction":"up"}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range []any{new(tei.EmbedRequest), new(tei.PredictRequest), new(tei.RerankRequest), new(tei.SimilarityRequest), new(tei.TokenizeRequest), new(tei.DecodeRequest)} {
			if json.Unmarshal(body, v) != nil {
				continue
			}
			if p, ok := v.(*tei.PredictRequest); ok {
				for _, texts := range p.Inputs.All {
					if len(texts) < 1 || len(texts) > 2 {
						t.Fatalf("%q has %d texts in a sequence", body, len(texts))
					}
				}
			}
		}
	})
}
