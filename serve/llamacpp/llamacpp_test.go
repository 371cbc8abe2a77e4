package llamacpp_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/llamacpp"
)

// letters encodes a text as the numbers of its bytes.
func letters(text string) (ids []int32) {
	for _, b := range []byte(text) {
		ids = append(ids, int32(b))
	}
	return ids
}

func TestPrompts(t *testing.T) {
	text := func(s string) llamacpp.Prompt { return llamacpp.Prompt{{Text: s}} }
	for in, want := range map[string]llamacpp.Prompts{
		`"a"`:                             {All: []llamacpp.Prompt{text("a")}},
		`{"prompt_string":"a"}`:           {All: []llamacpp.Prompt{text("a")}},
		`[1,2]`:                           {All: []llamacpp.Prompt{{{IDs: []int32{1, 2}}}}},
		`[1,"a",2,3]`:                     {All: []llamacpp.Prompt{{{IDs: []int32{1}}, {Text: "a"}, {IDs: []int32{2, 3}}}}},
		`["a"]`:                           {All: []llamacpp.Prompt{text("a")}, Many: true},
		`["a",[1],{"prompt_string":"b"}]`: {All: []llamacpp.Prompt{text("a"), {{IDs: []int32{1}}}, text("b")}, Many: true},
		`[[1,"a"],[2]]`:                   {All: []llamacpp.Prompt{{{IDs: []int32{1}}, {Text: "a"}}, {{IDs: []int32{2}}}}, Many: true},
		`[]`:                              {Many: true},
	} {
		var got llamacpp.Prompts
		if err := json.Unmarshal([]byte(in), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{`7`, `true`, `[true]`, `[[true]]`, `[1,true]`, `[1.5]`, `[1e30]`, `{"prompt_string":7}`, `{"prompt_string":"a","multimodal_data":["b"]}`, `[[[1]]]`} {
		if err := json.Unmarshal([]byte(in), new(llamacpp.Prompts)); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
	p := llamacpp.Prompt{{Text: "a"}, {IDs: []int32{7}}, {Text: "b"}}
	first := func(s string) []int32 { return append([]int32{1}, letters(s)...) }
	if ids := p.Ids(first, letters); !slices.Equal(ids, []int32{1, 'a', 7, 'b'}) {
		t.Errorf("%v", ids)
	}
	if _, alone := p.Text(); alone {
		t.Error("a text with tokens is a text alone")
	}
}

func TestBiases(t *testing.T) {
	never := float32(math.Inf(-1))
	for in, want := range map[string]map[int32]float32{
		`[[5,1.5],[6,false]]`: {5: 1.5, 6: never}, `[["ab",-0.5]]`: {'a': -0.5, 'b': -0.5}, `{"5":1,"ab":2}`: {5: 1, 'a': 2, 'b': 2},
		`[]`: {}, `{}`: {}, `[[5,1],[5,2]]`: {5: 3}, `{"5":false}`: {5: never}, `{"1x":1}`: {'1': 1, 'x': 1},
	} {
		var b llamacpp.Biases
		if err := json.Unmarshal([]byte(in), &b); err != nil || !reflect.DeepEqual(b.Of(letters), want) {
			t.Errorf("%s is %v, %v", in, b.Of(letters), err)
		}
	}
	for _, in := range []string{`7`, `[5]`, `[[5]]`, `[[5,1,2]]`, `[[5,true]]`, `[[5,"x"]]`, `[[1.5,1]]`, `[["",1]]`, `[[null,1]]`, `{"5":"x"}`} {
		if err := json.Unmarshal([]byte(in), new(llamacpp.Biases)); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
}

// TestPlan: fields change what the checkpoint wants, and llama-server's usual values stand
// where neither says anything.
func TestPlan(t *testing.T) {
	usual := generate.Options{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, EOS: []int32{2}}
	sampled := generate.Options{Temperature: 0.6, TopK: 20, TopP: 0.9, MaxTokens: 100, EOS: []int32{2}}
	with := func(o generate.Options, change func(*generate.Options)) generate.Options {
		change(&o)
		return o
	}
	for _, c := range []struct {
		name, fields string
		base         generate.Options
		want         llamacpp.Plan
	}{
		{"none", `{}`, generate.Options{EOS: []int32{2}}, llamacpp.Plan{Options: usual, Unlimited: true, Last: 64}},
		{"checkpoint's", `{}`, sampled, llamacpp.Plan{Options: sampled, Last: 64}},
		{"unlimited", `{"n_predict":-1}`, sampled, llamacpp.Plan{Options: with(sampled, func(o *generate.Options) { o.MaxTokens = 0 }), Unlimited: true, Last: 64}},
		{"nothing", `{"n_predict":0}`, sampled, llamacpp.Plan{Options: with(sampled, func(o *generate.Options) { o.MaxTokens = 1 }), Nothing: true, Last: 64}},
		{"numbers", `{"max_tokens":7,"seed":3,"temperature":-1,"top_k":-1,"top_p":2,"min_p":0,"typical_p":0.5,"repeat_last_n":5,"repeat_penalty":1.2,
			"presence_penalty":0.1,"frequency_penalty":0.2,"ignore_eos":true,"stop":["x",""],"n_probs":2,"t_max_predict_ms":50}`, sampled,
			llamacpp.Plan{Last: 5, Time: 50 * time.Millisecond, Options: generate.Options{MaxTokens: 7, Seed: 3, TopP: 1, Typical: 0.5, RepetitionPenalty: 1.2,
				PresencePenalty: 0.1, FrequencyPenalty: 0.2, Stop: []string{"x"}, LogProbs: true, TopLogProbs: 2}}},
		{"any seed", `{"seed":4294967295,"stop":"x"}`, with(sampled, func(o *generate.Options) { o.Seed = 9 }),
			llamacpp.Plan{Last: 64, Options: with(sampled, func(o *generate.Options) { o.Seed, o.Stop = 9, []string{"x"} })}},
		{"samplers", `{"samplers":["top_k","infill"]}`, sampled, llamacpp.Plan{Options: with(sampled, func(o *generate.Options) { o.Temperature, o.TopP = 1, 0 })}},
	} {
		var s llamacpp.Sampling
		if err := json.Unmarshal([]byte(c.fields), &s); err != nil || s.Check() != nil {
			t.Fatal(err, s.Check())
		}
		if got := s.Plan(c.base, letters); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestHeld(t *testing.T) {
	for fields, want := range map[string][2]string{`{}`: {}, `{"grammar":"root ::= \"a\""}`: {"gbnf", `root ::= "a"`}, `{"json_schema":{"a":1}}`: {"schema", `{"a":1}`}, `{"json_schema":null,"grammar":""}`: {}} {
		var s llamacpp.Sampling
		if err := json.Unmarshal([]byte(fields), &s); err != nil {
			t.Fatal(err)
		}
		if kind, source, err := s.Held(); err != nil || kind != want[0] || source != want[1] {
			t.Errorf("%s is %q %q, %v", fields, kind, source, err)
		}
	}
}

func TestNormalized(t *testing.T) {
	for p, want := range map[int][]float32{-1: {3, -4}, 0: {3 * 8190, -32760}, 1: {3. / 7, -4. / 7}, 2: {0.6, -0.8}} {
		got := llamacpp.Normalized([]float32{3, -4}, p)
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6*math.Abs(float64(want[i])) {
				t.Errorf("%d: %v, want %v", p, got, want)
			}
		}
	}
	if zero := llamacpp.Normalized([]float32{0, 0}, 2); zero[0] != 0 {
		t.Errorf("%v", zero)
	}
}

func TestOnly(t *testing.T) {
	v := map[string]any{"a": 1, "b": map[string]any{"c": "x", "d": []int{1}}}
	for names, want := range map[string]string{`[]`: `{"a":1,"b":{"c":"x","d":[1]}}`, `["a","z","a/b"]`: `{"a":1}`, `["b/c","b/d/e"]`: `{"c":"x"}`, `["b"]`: `{"b":{"c":"x","d":[1]}}`} {
		var list []string
		if err := json.Unmarshal([]byte(names), &list); err != nil {
			t.Fatal(err)
		}
		some, err := llamacpp.Only(v, list)
		if got, _ := json.Marshal(some); err != nil || string(got) != want {
			t.Errorf("%s of it is %s, %v", names, got, err)
		}
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		status int
		long   bool
		want   string
	}{{400, true, "exceed_context_size_error"}, {400, false, "invalid_request_error"}, {401, false, "authentication_error"}, {404, false, "not_found_error"},
		{500, false, "server_error"}, {501, false, "not_supported_error"}, {503, false, "unavailable_error"}} {
		if e := llamacpp.ErrorOf(c.status, "m", c.long).Error; e.Type != c.want || e.Code != c.status || e.Message != "m" {
			t.Errorf("%+v", e)
		}
	}
	if timing := llamacpp.TimingOf(10, 4, 5, 12*time.Millisecond, 10*time.Millisecond); timing.Prompt != 6 || timing.PromptTokenMS != 2 || timing.PredictedPerSecond != 500 {
		t.Errorf("%+v", timing)
	}
	if p := llamacpp.TokenProbOf(3, []byte("\xc3"), math.Inf(-1)); p.Token != "\uFFFD" || !slices.Equal(p.Bytes, []int{195}) || math.IsInf(p.LogProb, 0) {
		t.Errorf("%+v", p)
	}
	q := llamacpp.RerankRequest{Query: "q", Documents: []json.RawMessage{[]byte(`"a"`), []byte(`{"text":"b"}`)}, Return: true}
	texts, err := q.Texts()
	if err != nil || !slices.Equal(texts, []string{"a", "b"}) {
		t.Fatalf("%v %v", texts, err)
	}
	one := 1
	q.TopN = &one
	answer := q.Answer("m", texts, 9, func(yield func(int, float64) bool) { _ = yield(1, 0.5) && yield(0, 0.1) })
	if len(answer.Results) != 1 || answer.Results[0].Index != 1 || answer.Results[0].Document.Text != "b" || answer.Usage.Total != 9 {
		t.Errorf("%+v", answer)
	}
}

// FuzzRequests: no body of a request is more than an error.
func FuzzRequests(f *testing.F) {
	f.Add([]byte(`{"prompt":[1,"a",[2]],"logit_bias":{"5":false},"stop":"x","mirostat":1,"seed":-1,"samplers":[],"json_schema":{}}`))
	f.Add([]byte(`{"query":"q","documents":["a",{"text":"b"}],"top_n":1,"content":[[1],"a"]}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		var q llamacpp.InfillRequest
		if json.Unmarshal(body, &q) == nil && q.Check() == nil {
			plan := q.Plan(generate.Options{}, letters)
			_ = plan.Settings(&q.Sampling, 9, false)
			_, _, _ = q.Held()
			for _, p := range q.Prompt.All {
				_, _ = p.Text()
				_ = p.Ids(letters, letters)
			}
		}
		var r llamacpp.RerankRequest
		if json.Unmarshal(body, &r) == nil {
			_, _ = r.Texts()
		}
		var e llamacpp.EmbeddingRequest
		if json.Unmarshal(body, &e) == nil {
			_, _, _ = e.Asked()
		}
		_ = json.Unmarshal(body, new(llamacpp.TokenizeRequest))
	})
}
