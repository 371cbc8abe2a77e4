package serve

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/serve/llamacpp"
)

// events returns the data of server-sent events.
func eventsOf[T any](t *testing.T, status int, body string) (all []T) {
	t.Helper()
	for line := range strings.Lines(body) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			all = append(all, decode[T](t, status, data))
		} else if strings.TrimSpace(line) != "" {
			t.Fatalf("a line is %q", line)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%d: %q", status, body)
	}
	return all
}

// TestLlamacppCompletion: a stream and a whole answer say the same.
func TestLlamacppCompletion(t *testing.T) {
	_, url := testServer(t, nil)
	const ask = `{"prompt":"It was a dark","n_predict":12,"seed":5,"temperature":0.7,"return_tokens":true,"stream":`
	status, body := call(t, "POST", url+"/completion", ask+"false}")
	whole := decode[llamacpp.Completion](t, status, body)
	if whole.Ending == nil || !whole.Stop || whole.StopType != llamacpp.StopLimit || whole.Predicted != 12 || len(whole.Tokens) != 12 || whole.Content == "" {
		t.Fatalf("%s", body)
	}
	if whole.Model != "hatchling/gpt" || whole.Prompt != "It was a dark" || whole.Settings.Seed != 5 || whole.Settings.Predict != 12 || whole.Timings.Predicted != 12 {
		t.Errorf("%s", body)
	}
	status, body, head := callHead(t, "POST", url+"/completion", ask+"true}")
	if head.Get("Content-Type") != "text/event-stream" {
		t.Errorf("a stream is %q", head.Get("Content-Type"))
	}
	parts := eventsOf[llamacpp.Completion](t, status, body)
	text, ids := "", []int32{}
	for i, p := range parts {
		text += p.Content
		ids = append(ids, p.Tokens...)
		if last := i == len(parts)-1; p.Stop != last || (p.Ending != nil) != last {
			t.Errorf("part %d is %+v", i, p)
		}
	}
	if text != whole.Content || len(ids) < 11 || !slices.Equal(ids, whole.Tokens[:len(ids)]) {
		t.Errorf("in parts %q, whole %q", text, whole.Content)
	}
}

// TestLlamacppPrompts: a prompt may be a text, tokens, both, or several of these.
func TestLlamacppPrompts(t *testing.T) {
	_, url := testServer(t, nil)
	status, body := call(t, "POST", url+"/tokenize", `{"content":"It was a dark","add_special":true}`)
	tokens := decode[struct{ Tokens []int32 }](t, status, body).Tokens
	ids, _ := json.Marshal(tokens)
	rest, _ := json.Marshal(tokens[:len(tokens)-1])
	write := func(prompt string) string {
		t.Helper()
		status, body := call(t, "POST", url+"/completion", `{"n_predict":8,"temperature":0,"prompt":`+prompt+`}`)
		if status != http.StatusOK {
			t.Fatalf("%s = %d %s", prompt, status, body)
		}
		return body
	}
	content := func(prompt string) string {
		return decode[llamacpp.Completion](t, http.StatusOK, write(prompt)).Content
	}
	want := content(`"It was a dark"`)
	for _, prompt := range []string{string(ids), `{"prompt_string":"It was a dark"}`, strings.TrimSuffix(string(rest), "]") + `," dark"]`} {
		if got := content(prompt); got != want {
			t.Errorf("%s goes on %q, the text %q", prompt, got, want)
		}
	}
	all := decode[[]llamacpp.Completion](t, http.StatusOK, write(`["It was a dark",`+string(ids)+`,"The"]`))
	if len(all) != 3 || all[0].Content != want || all[1].Content != want || all[2].Content == want || all[2].Index != 2 {
		t.Errorf("several go on %+v", all)
	}
	if one := decode[[]llamacpp.Completion](t, http.StatusOK, write(`["It was a dark"]`)); len(one) != 1 || one[0].Content != want {
		t.Errorf("one in an array goes on %+v", one)
	}
}

// TestLlamacppOptions: fields reach the text, and what is told of it.
func TestLlamacppOptions(t *testing.T) {
	_, url := testServer(t, nil)
	write := func(fields string) llamacpp.Completion {
		t.Helper()
		status, body := call(t, "POST", url+"/completion", `{"prompt":"the the the the the the","temperature":0,"n_predict":16,"seed":1,`+fields+`}`)
		return decode[llamacpp.Completion](t, status, body)
	}
	greedy := write(`"stop":[]`)
	for _, fields := range []string{`"repeat_penalty":1.8`, `"presence_penalty":9`, `"temperature":1.5`, `"logit_bias":[["the",9]]`} {
		if other := write(fields); other.Content == greedy.Content {
			t.Errorf("%s changes nothing", fields)
		}
	}
	if same := write(`"temperature":9,"samplers":["top_k"],"top_k":1`); same.Content != greedy.Content || same.Settings.Temperature != 1 || same.Settings.MinP != 0 {
		t.Errorf("the likeliest alone goes on %q, greedy %q", same.Content, greedy.Content)
	}
	if none := write(`"n_predict":0`); none.Content != "" || none.Predicted != 0 || none.Evaluated == 0 || len(none.Tokens) != 0 {
		t.Errorf("nothing wanted: %+v", none)
	}
	if word := write(`"stop":["t"]`); strings.Contains(word.Content, "t") || word.StopType != llamacpp.StopWord || word.StopWord != "t" {
		t.Errorf("%+v", word)
	}
	probs := write(`"n_probs":3,"n_predict":4`)
	if len(probs.Probs) != 4 || len(probs.Probs[0].Top) != 3 || probs.Probs[0].Top[0].ID != probs.Probs[0].ID || probs.Probs[0].LogProb > 0 {
		t.Errorf("%+v", probs.Probs)
	}
	banned := write(`"logit_bias":{"` + json.Number(itoa(probs.Probs[0].ID)).String() + `":false},"n_probs":1,"n_predict":4`)
	if slices.ContainsFunc(banned.Probs, func(p llamacpp.Prob) bool { return p.ID == probs.Probs[0].ID }) {
		t.Error("a banned token was written")
	}
	status, body := call(t, "POST", url+"/completion", `{"prompt":"a","n_predict":3,"n_cmpl":2,"temperature":1,"seed":4}`)
	if two := decode[[]llamacpp.Completion](t, status, body); len(two) != 2 || two[0].Predicted != 3 || two[1].Predicted != 3 || two[1].Index != 1 {
		t.Errorf("%s", body)
	}
	status, body = call(t, "POST", url+"/completion", `{"prompt":"a","n_predict":3,"response_fields":["content","generation_settings/n_predict","none"]}`)
	if only := decode[map[string]any](t, status, body); len(only) != 2 || only["n_predict"] != 3.0 {
		t.Errorf("%s", body)
	}
}

// TestLlamacppForms: a text is held to a grammar or a schema.
func TestLlamacppForms(t *testing.T) {
	_, url := testServer(t, nil)
	for fields, want := range map[string]string{
		`"grammar":"root ::= \"yes\" | \"yea\" \"h\""`: "yes yeah", `"json_schema":{"const":"red"}`: `"red"`, `"json_schema":{"type":"boolean"}`: "true false",
	} {
		status, body := call(t, "POST", url+"/completion", `{"prompt":"a","n_predict":20,`+fields+`}`)
		if c := decode[llamacpp.Completion](t, status, body); !slices.Contains(strings.Fields(want), strings.TrimSpace(c.Content)) || c.StopType != llamacpp.StopEOS {
			t.Errorf("%s gives %q (%s)", fields, c.Content, c.StopType)
		}
	}
	for fields, says := range map[string]string{`"grammar":"root ::= ("`: "grammar", `"json_schema":{"type":"nonsense"}`: "json_schema"} {
		if status, body := call(t, "POST", url+"/completion", `{"prompt":"a",`+fields+`}`); status != http.StatusBadRequest || !strings.Contains(body, says) {
			t.Errorf("%s = %d %s", fields, status, body)
		}
	}
}

func itoa(id int32) string {
	text, _ := json.Marshal(id)
	return string(text)
}

// TestLlamacppInfill: gaps are filled by models that can.
func TestLlamacppInfill(t *testing.T) {
	_, url := testServer(t, withCode(t))
	status, body := call(t, "POST", url+"/infill", `{"model":"code","input_prefix":"def f(","input_suffix":"):","input_extra":[{"filename":"a","text":"b"}],"prompt":"x","n_predict":4,
		"n_indent":0,"t_max_prompt_ms":500,"t_max_predict_ms":3000,"samplers":["top_k","top_p","infill"],"cache_prompt":true,"id_slot":-1}`)
	if r := decode[llamacpp.Completion](t, status, body); !strings.Contains(r.Prompt, "<|fim_prefix|>def f(<|fim_suffix|>):<|fim_middle|>x") || !strings.HasPrefix(r.Prompt, "<|repo_name|>") {
		t.Errorf("%s", body)
	}
	if status, body = call(t, "POST", url+"/infill", `{"input_prefix":"a","input_suffix":"b"}`); status != http.StatusNotImplemented || !strings.Contains(body, "not_supported_error") {
		t.Errorf("%d %s", status, body)
	}
}

// TestLlamacppTokens: texts become tokens and come back.
func TestLlamacppTokens(t *testing.T) {
	_, url := testServer(t, withCode(t))
	ids := func(fields string) []int32 {
		t.Helper()
		status, body := call(t, "POST", url+"/tokenize", `{"model":"code",`+fields+`}`)
		return decode[struct{ Tokens []int32 }](t, status, body).Tokens
	}
	if got := ids(`"content":"<|endoftext|>"`); !slices.Equal(got, []int32{299}) {
		t.Errorf("a special token is %v", got)
	}
	if got := ids(`"content":"<|endoftext|>","parse_special":false`); len(got) < 5 {
		t.Errorf("as a text it is %v", got)
	}
	if got := ids(`"content":[299,"a",3]`); len(got) != 3 || got[0] != 299 || got[2] != 3 {
		t.Errorf("mixed it is %v", got)
	}
	text, _ := json.Marshal("the cat á")
	status, body := call(t, "POST", url+"/detokenize", `{"model":"code","tokens":`+jsonOf(t, ids(`"content":`+string(text)))+`}`)
	if got := decode[llamacpp.DetokenizeResponse](t, status, body); got.Content != "the cat á" {
		t.Errorf("back it is %q", got.Content)
	}
	status, body = call(t, "POST", url+"/tokenize", `{"model":"code","content":"á","with_pieces":true}`)
	pieces := decode[struct {
		Tokens []struct {
			ID    int32
			Piece json.RawMessage
		}
	}](t, status, body).Tokens
	if len(pieces) != 2 || string(pieces[0].Piece) != "[195]" || string(pieces[1].Piece) != "[161]" {
		t.Errorf("%s", body)
	}
	status, body = call(t, "POST", url+"/apply-template", `{"model":"code","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`)
	if got := decode[llamacpp.TemplateResponse](t, status, body); got.Prompt != "<user>hi<assistant>" {
		t.Errorf("%s", body)
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLlamacppEmbedding: vectors of the first encoder, scaled as is asked.
func TestLlamacppEmbedding(t *testing.T) {
	_, url := testServer(t, nil)
	embed := func(fields string) []llamacpp.Embedding {
		t.Helper()
		status, body := call(t, "POST", url+"/embedding", `{`+fields+`}`)
		return decode[[]llamacpp.Embedding](t, status, body)
	}
	one, two := embed(`"content":"a dog"`), embed(`"content":["a cat","a dog"]`)
	if len(one) != 1 || len(two) != 2 || two[1].Index != 1 || !slices.Equal(one[0].Embedding[0], two[1].Embedding[0]) || !unit(one[0].Embedding[0]) || len(one[0].Embedding[0]) != 160 {
		t.Errorf("%d %d", len(one), len(two))
	}
	if raw := embed(`"content":"a dog","embd_normalize":-1`); unit(raw[0].Embedding[0]) {
		t.Error("as it is a vector has length 1")
	}
}

// TestLlamacppState: properties and slots.
func TestLlamacppState(t *testing.T) {
	_, url := testServer(t, nil)
	status, body := call(t, "GET", url+"/props", "")
	if p := decode[llamacpp.Props](t, status, body); p.TotalSlots != 8 || p.ModelAlias != "hatchling/gpt" || p.Defaults.Context != 256 || p.Defaults.Params.Temperature == 0 {
		t.Errorf("%s", body)
	}
	status, body = call(t, "GET", url+"/slots?fail_on_no_slot=1", "")
	if slots := decode[[]llamacpp.Slot](t, status, body); len(slots) != 8 || slots[7].ID != 7 || slots[0].Processing || slots[0].Context != 256 {
		t.Errorf("%s", body)
	}
	if status, body = call(t, "GET", url+"/v1/health", ""); status != http.StatusOK || !strings.Contains(body, `"ok"`) {
		t.Errorf("%d %s", status, body)
	}
}

// TestLlamacppErrors: each mistake has llama-server's form.
func TestLlamacppErrors(t *testing.T) {
	_, url := testServer(t, nil)
	for _, c := range []struct {
		path, body string
		status     int
		kind, says string
	}{
		{"/completion", `{`, 400, "invalid_request_error", "JSON"},
		{"/completion", `{}`, 400, "invalid_request_error", "prompt"},
		{"/completion", `{"prompt":[]}`, 400, "invalid_request_error", "prompt"},
		{"/completion", `{"prompt":true}`, 400, "invalid_request_error", "prompt"},
		{"/completion", `{"prompt":[1,[2]]}`, 400, "invalid_request_error", ""},
		{"/completion", `{"prompt":[99999]}`, 400, "invalid_request_error", "99999"},
		{"/completion", `{"prompt":[-1]}`, 400, "invalid_request_error", "-1"},
		{"/completion", `{"prompt":[1e30]}`, 400, "invalid_request_error", ""},
		{"/completion", `{"prompt":{"prompt_string":"a","multimodal_data":["aGk="]}}`, 400, "invalid_request_error", "multimodal_data"},
		{"/completion", `{"prompt":"` + strings.Repeat("a b ", 400) + `"}`, 400, "exceed_context_size_error", "256"},
		{"/completion", `{"prompt":"a","model":"none"}`, 404, "not_found_error", "none"},
		{"/completion", `{"prompt":"a","model":"hatchling/bert"}`, 400, "invalid_request_error", "writes no text"},
		{"/completion", `{"prompt":"a","mirostat":2}`, 400, "invalid_request_error", "mirostat"},
		{"/completion", `{"prompt":"a","dry_multiplier":0.8}`, 400, "invalid_request_error", "dry_multiplier"},
		{"/completion", `{"prompt":"a","xtc_probability":0.5}`, 400, "invalid_request_error", "xtc_probability"},
		{"/completion", `{"prompt":"a","lora":[{"id":0,"scale":1}]}`, 400, "invalid_request_error", "lora"},
		{"/completion", `{"prompt":"a","post_sampling_probs":true}`, 400, "invalid_request_error", "post_sampling_probs"},
		{"/completion", `{"prompt":"a","n_probs":-1}`, 400, "invalid_request_error", "n_probs"},
		{"/completion", `{"prompt":"a","n_probs":1e9}`, 400, "invalid_request_error", "n_probs"},
		{"/completion", `{"prompt":"a","n_cmpl":1000}`, 400, "invalid_request_error", "1000"},
		{"/completion", `{"prompt":"a","top_p":-1}`, 400, "invalid_request_error", "top_p"},
		{"/completion", `{"prompt":"a","n_predict":1e30}`, 400, "invalid_request_error", "n_predict"},
		{"/completion", `{"prompt":"a","logit_bias":[[99999,1]]}`, 400, "invalid_request_error", "99999"},
		{"/completion", `{"prompt":"a","logit_bias":[[1]]}`, 400, "invalid_request_error", ""},
		{"/completion", `{"prompt":"a","grammar":"root ::= \"a\"","json_schema":{}}`, 400, "invalid_request_error", "json_schema"},
		{"/completion", `{"prompt":[` + strings.Repeat(`"a",`, 600) + `"a"]}`, 400, "invalid_request_error", "prompts"},
		{"/embedding", `{}`, 400, "invalid_request_error", "content"},
		{"/embedding", `{"content":"a","embd_normalize":-9}`, 400, "invalid_request_error", "embd_normalize"},
		{"/embedding", `{"content":"a","model":"hatchling/t5"}`, 400, "invalid_request_error", "vectors"},
		{"/tokenize", `{"content":[true]}`, 400, "invalid_request_error", ""},
		{"/apply-template", `{"messages":[]}`, 400, "invalid_request_error", "messages"},
		{"/props", `{}`, 501, "not_supported_error", ""},
	} {
		status, body := call(t, "POST", url+c.path, c.body)
		var e llamacpp.ErrorAnswer
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.Error.Code != c.status || status != c.status || e.Error.Type != c.kind || !strings.Contains(e.Error.Message, c.says) {
			t.Errorf("%s %.80s = %d %s, want %d %s with %q", c.path, c.body, status, body, c.status, c.kind, c.says)
		}
	}
}
