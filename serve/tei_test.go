package serve

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/serve/llamacpp"
	"github.com/nlp-zoo/zoo/serve/tei"
)

// withHeads adds models that classify and rank texts to what a server has.
func withHeads(o *Options) {
	o.Models = append(slices.Clip(o.Models),
		ModelSpec{Name: "feelings", Path: "../task/testdata/classify-single"},
		ModelSpec{Name: "ranker", Path: "../task/testdata/classify-pairs"})
}

// TestTEIEmbed: inputs of all forms, alone and in company, have the same vectors.
func TestTEIEmbed(t *testing.T) {
	_, url := testServer(t, nil)
	embed := func(fields string) [][]float32 {
		t.Helper()
		status, body := call(t, "POST", url+"/embed", `{`+fields+`}`)
		return decode[[][]float32](t, status, body)
	}
	one, two := embed(`"inputs":"a dog"`), embed(`"inputs":["a cat","a dog"]`)
	if len(one) != 1 || len(two) != 2 || len(one[0]) != 160 || !slices.Equal(one[0], two[1]) || !unit(one[0]) {
		t.Fatalf("%d and %d vectors", len(one), len(two))
	}
	if raw := embed(`"inputs":"a dog","normalize":false`); unit(raw[0]) {
		t.Error("as it is a vector has length 1")
	}
	if short := embed(`"inputs":"a dog","dimensions":8`); len(short[0]) != 8 || !unit(short[0]) {
		t.Errorf("%d dimensions", len(short[0]))
	}
	status, body := call(t, "POST", url+"/tokenize", `{"inputs":"a dog"}`)
	var ids []int32
	for _, token := range decode[[][]tei.Token](t, status, body)[0] {
		ids = append(ids, token.ID)
	}
	for _, inputs := range []string{jsonOf(t, ids), "[" + jsonOf(t, ids) + "]"} {
		if same := embed(`"inputs":` + inputs); !slices.Equal(same[0], one[0]) {
			t.Errorf("%s has another vector", inputs)
		}
	}
	status, body = call(t, "POST", url+"/embed_all", `{"inputs":["a dog","a cat that sat"]}`)
	all := decode[[][][]float32](t, status, body)
	if len(all) != 2 || len(all[0]) != len(ids) || len(all[1]) <= len(ids) || len(all[0][0]) != 160 {
		t.Fatalf("%d texts", len(all))
	}
	mean := embed(`"inputs":"a dog","normalize":false`)[0]
	for j, want := range mean {
		sum := 0.0
		for _, v := range all[0] {
			sum += float64(v[j])
		}
		if got := sum / float64(len(all[0])); math.Abs(got-float64(want)) > 1e-6 {
			t.Fatalf("the tokens' mean is %v at %d, the text's vector %v", got, j, want)
		}
	}
	long := jsonOf(t, strings.Repeat("dog ", 400)+"cat")
	left, right := embed(`"truncate":true,"truncation_direction":"Left","inputs":`+long), embed(`"truncate":true,"inputs":`+long)
	if slices.Equal(left[0], right[0]) {
		t.Error("cut on the left or on the right a text has one vector")
	}
	status, body = call(t, "POST", url+"/similarity", `{"inputs":{"source_sentence":"a dog","sentences":["a dog","the ship sailed"]}}`)
	if near := decode[[]float64](t, status, body); len(near) != 2 || math.Abs(near[0]-1) > 1e-6 || near[1] >= near[0] {
		t.Errorf("%v", near)
	}
}

// TestTEITokenize: tokens have their places in the text, in characters.
func TestTEITokenize(t *testing.T) {
	_, url := testServer(t, nil)
	const text = "Ü dog"
	status, body := call(t, "POST", url+"/tokenize", `{"inputs":`+jsonOf(t, text)+`}`)
	rows := decode[[][]tei.Token](t, status, body)
	var ids []int32
	for i, token := range rows[0] {
		ids = append(ids, token.ID)
		if ends := i == 0 || i == len(rows[0])-1; ends != token.Special || ends != (token.Start == nil) {
			t.Errorf("token %d is %+v", i, token)
		} else if !ends && string([]rune(text)[*token.Start:*token.Stop]) != token.Text {
			t.Errorf("%q is not at %d to %d", token.Text, *token.Start, *token.Stop)
		}
	}
	status, body = call(t, "POST", url+"/decode", `{"ids":`+jsonOf(t, ids)+`}`)
	if back := decode[[]string](t, status, body); len(back) != 1 || !strings.HasSuffix(back[0], "dog") || strings.Contains(back[0], "[CLS]") {
		t.Errorf("%q", back)
	}
	status, body = call(t, "POST", url+"/tokenize", `{"inputs":["a","b"],"add_special_tokens":false}`)
	if bare := decode[[][]tei.Token](t, status, body); len(bare) != 2 || len(bare[0]) != 1 || bare[0][0].Special {
		t.Errorf("%s", body)
	}
}

// TestTEIPredict: texts and pairs of texts have classes, the likeliest first.
func TestTEIPredict(t *testing.T) {
	_, url := testServer(t, withHeads)
	status, body := call(t, "POST", url+"/predict", `{"inputs":"the cat sat"}`)
	one := decode[[]tei.Prediction](t, status, body)
	status, body = call(t, "POST", url+"/predict", `{"inputs":[["the cat sat"],["the cat","sat"]]}`)
	all := decode[[][]tei.Prediction](t, status, body)
	if len(one) != 3 || len(all) != 2 || !slices.Equal(all[0], one) || slices.Equal(all[1], one) {
		t.Fatalf("%v %v", one, all)
	}
	sum := 0.0
	for i, p := range one {
		if sum += p.Score; i > 0 && p.Score > one[i-1].Score || p.Label == "" {
			t.Errorf("%+v", one)
		}
	}
	status, body = call(t, "POST", url+"/predict", `{"inputs":["the cat","sat"],"raw_scores":true}`)
	raw := decode[[]tei.Prediction](t, status, body)
	if math.Abs(sum-1) > 1e-6 || raw[0].Label != all[1][0].Label || raw[0].Score == all[1][0].Score {
		t.Errorf("sum %v, raw %v, %v", sum, raw, all[1])
	}
	status, body = call(t, "POST", url+"/predict", `{"inputs":`+jsonOf(t, strings.Repeat("the cat ", 99))+`,"truncate":true}`)
	if cut := decode[[]tei.Prediction](t, status, body); len(cut) != 3 {
		t.Errorf("%v", cut)
	}
	for model, kind := range map[string]string{"feelings": "classifier", "ranker": "reranker", "hatchling/gpt": "embedding", "": "embedding"} {
		status, body = call(t, "GET", url+"/info?model="+model, "")
		if info := decode[tei.Info](t, status, body); info.Type[kind] == nil || info.MaxInput == 0 || info.AutoTruncate {
			t.Errorf("%s: %s", model, body)
		}
	}
}

// TestRerank: both forms of a request rank texts alike.
func TestRerank(t *testing.T) {
	_, url := testServer(t, withHeads)
	status, body := call(t, "POST", url+"/rerank", `{"query":"the cat","texts":["sat","on the mat","dog"],"return_text":true}`)
	ranks := decode[[]tei.Rank](t, status, body)
	status, body = call(t, "POST", url+"/rerank", `{"query":"the cat","texts":["sat","on the mat","dog"],"raw_scores":true}`)
	raw := decode[[]tei.Rank](t, status, body)
	if len(ranks) != 3 || *ranks[0].Text != []string{"sat", "on the mat", "dog"}[ranks[0].Index] || raw[0].Text != nil {
		t.Fatalf("%s", body)
	}
	for i := range ranks {
		if want := 1 / (1 + math.Exp(-raw[i].Score)); math.Abs(ranks[i].Score-want) > 1e-6 || ranks[i].Index != raw[i].Index || i > 0 && ranks[i].Score > ranks[i-1].Score {
			t.Errorf("number %d: %+v, raw %+v", i, ranks[i], raw[i])
		}
	}
	for _, path := range []string{"/rerank", "/v1/rerank", "/reranking", "/v1/reranking"} {
		status, body = call(t, "POST", url+path, `{"query":"the cat","documents":["sat",{"text":"on the mat"},"dog"],"top_n":2,"return_documents":true}`)
		jina := decode[llamacpp.RerankResponse](t, status, body)
		if len(jina.Results) != 2 || jina.Results[0].Index != raw[0].Index || jina.Results[0].Score != raw[0].Score || jina.Results[1].Document == nil || jina.Usage.Total == 0 || jina.Model != "ranker" {
			t.Errorf("%s", body)
		}
	}
	// A model that gives vectors ranks by them.
	status, body = call(t, "POST", url+"/rerank", `{"model":"hatchling/bert","query":"a dog","texts":["a ship of war","a dog"]}`)
	if near := decode[[]tei.Rank](t, status, body); near[0].Index != 1 || math.Abs(near[0].Score-1) > 1e-6 {
		t.Errorf("%s", body)
	}
	long := jsonOf(t, strings.Repeat("the cat ", 99))
	status, body = call(t, "POST", url+"/rerank", `{"query":"the cat","texts":[`+long+`],"truncate":true,"return_text":true}`)
	if cut := decode[[]tei.Rank](t, status, body); len(*cut[0].Text) != 8*99 {
		t.Errorf("%s", body)
	}
}

// TestTEIErrors: each mistake has this dialect's status and form.
func TestTEIErrors(t *testing.T) {
	_, url := testServer(t, withHeads)
	long := jsonOf(t, strings.Repeat("the cat ", 400))
	for _, c := range []struct {
		path, body string
		status     int
		kind, says string
	}{
		{"/embed", `{`, 422, tei.Validation, "JSON"},
		{"/embed", `{}`, 400, tei.Empty, "inputs"},
		{"/embed", `{"inputs":[]}`, 400, tei.Empty, "inputs"},
		{"/embed", `{"inputs":""}`, 400, tei.Empty, "inputs"},
		{"/embed", `{"inputs":["a",""]}`, 400, tei.Empty, "inputs"},
		{"/embed", `{"inputs":7}`, 422, tei.Validation, "inputs"},
		{"/embed", `{"inputs":["a",7]}`, 422, tei.Validation, ""},
		{"/embed", `{"inputs":[[1,2],"a"]}`, 422, tei.Validation, ""},
		{"/embed", `{"inputs":[99999]}`, 422, tei.Validation, "99999"},
		{"/embed", `{"inputs":[` + strings.Repeat(`"a",`, 32) + `"a"]}`, 422, tei.Validation, "batch size 33"},
		{"/embed", `{"inputs":` + long + `}`, 422, tei.Validation, "256"},
		{"/embed", `{"inputs":"a","dimensions":0}`, 422, tei.Validation, "dimensions"},
		{"/embed", `{"inputs":"a","dimensions":9999}`, 422, tei.Validation, "160"},
		{"/embed", `{"inputs":"a","truncation_direction":"up"}`, 422, tei.Validation, "truncation_direction"},
		{"/embed", `{"inputs":"a","prompt_name":"query"}`, 422, tei.Validation, "prompt_name"},
		{"/embed", `{"inputs":"a","model":"none"}`, 404, tei.Validation, "none"},
		{"/embed", `{"inputs":"a","model":"hatchling/t5"}`, 424, tei.Backend, "vectors"},
		{"/embed_all", `{"inputs":[]}`, 400, tei.Empty, "inputs"},
		{"/embed_all", `{"inputs":"a","model":"hatchling/t5"}`, 424, tei.Backend, ""},
		{"/embed_sparse", `{"inputs":"a"}`, 424, tei.Backend, "sparse"},
		{"/similarity", `{"inputs":{"source_sentence":"a","sentences":[]}}`, 400, tei.Empty, "sentences"},
		{"/predict", `{"inputs":[]}`, 400, tei.Empty, "inputs"},
		{"/predict", `{"inputs":["a","b","c"]}`, 422, tei.Validation, "pair"},
		{"/predict", `{"inputs":[["a","b","c"]]}`, 422, tei.Validation, "pair"},
		{"/predict", `{"inputs":"a","model":"hatchling/bert"}`, 424, tei.Backend, "classify"},
		{"/predict", `{"inputs":` + long + `}`, 422, tei.Validation, "64"},
		{"/rerank", `{"query":"a","texts":[]}`, 400, tei.Empty, "texts"},
		{"/rerank", `{"query":"a","texts":["b"],"model":"feelings"}`, 424, tei.Backend, "classes"},
		{"/rerank", `{"query":` + long + `,"texts":["b"]}`, 422, tei.Validation, "64"},
		{"/tokenize", `{"inputs":[]}`, 400, tei.Empty, "inputs"},
		{"/tokenize", `{"inputs":7}`, 422, tei.Validation, "inputs"},
		{"/decode", `{"ids":"a"}`, 422, tei.Validation, "ids"},
		{"/decode", `{"ids":[]}`, 400, tei.Empty, "ids"},
	} {
		status, body := call(t, "POST", url+c.path, c.body)
		var e tei.Error
		if err := json.Unmarshal([]byte(body), &e); err != nil || status != c.status || e.Type != c.kind || !strings.Contains(e.Error, c.says) {
			t.Errorf("%s %.80s = %d %s, want %d %s with %q", c.path, c.body, status, body, c.status, c.kind, c.says)
		}
	}
	for body, says := range map[string]string{
		`{"query":"a"}`: "documents", `{"documents":["a"]}`: "query", `{"query":"a","documents":[7]}`: "documents", `{"query":"a","documents":["b"],"top_n":-1}`: "top_n",
		`{"query":"a","documents":["b"],"model":"feelings"}`: "classes", `{"query":"a","documents":[` + long + `]}`: "64",
	} {
		status, text := call(t, "POST", url+"/v1/rerank", body)
		if e := (llamacpp.ErrorAnswer{}); json.Unmarshal([]byte(text), &e) != nil || status != http.StatusBadRequest || !strings.Contains(e.Error.Message, says) {
			t.Errorf("%.80s = %d %s, want %q", body, status, text, says)
		}
	}
}
