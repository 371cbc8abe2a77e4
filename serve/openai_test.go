package serve

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/serve/openai"
)

// post sends a request and reads the answer into v, which must come with that status.
func post(t *testing.T, url, body string, want int, v any) string {
	t.Helper()
	status, text := call(t, "POST", url, body)
	if status != want {
		t.Fatalf("%s: %d %s, want %d", body, status, text, want)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatalf("%s: %v in %s", body, err, text)
		}
	}
	return text
}

// events returns the data of a stream's events.
func events(t *testing.T, url, body string) []string {
	t.Helper()
	text := post(t, url, body, 200, nil)
	var all []string
	for part := range strings.SplitSeq(strings.TrimSuffix(text, "\n\n"), "\n\n") {
		_, data, ok := strings.Cut("\n"+part, "\ndata: ")
		if !ok {
			t.Fatalf("%q is no event", part)
		}
		all = append(all, data)
	}
	return all
}

func TestOpenAIModels(t *testing.T) {
	_, url := testServer(t, nil)
	for path, want := range map[string]string{
		"/v1/models": `"id":"hatchling/bert"`, "/v1/models/hatchling/gpt": `"object":"model"`, "/v1/models/none": `"code":"model_not_found"`,
	} {
		if _, body := call(t, "GET", url+path, ""); !strings.Contains(body, want) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

// A streamed chat is the chat that comes whole, also of several texts at once.
func TestOpenAIChat(t *testing.T) {
	_, url := testServer(t, nil)
	const body = `{"model":"hatchling/gpt","messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Once"}]}],
		"n":3,"seed":5,"max_tokens":12,"temperature":1.1,"logprobs":true,"top_logprobs":2%s}`
	var whole openai.ChatCompletion
	text := post(t, url+"/v1/chat/completions", fmt.Sprintf(body, ""), 200, &whole)
	if len(whole.Choices) != 3 || whole.Usage.CompletionTokens != 36 || whole.Usage.TotalTokens != whole.Usage.PromptTokens+36 {
		t.Fatal(text)
	}
	var parts [3]strings.Builder
	var finish [3]string
	var tokens [3]int
	all := events(t, url+"/v1/chat/completions", fmt.Sprintf(body, `,"stream":true,"stream_options":{"include_usage":true}`))
	for _, data := range all[:len(all)-1] {
		var c openai.ChatChunk
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatal(err)
		}
		for _, choice := range c.Choices {
			if choice.Delta.Content != nil {
				parts[choice.Index].WriteString(*choice.Delta.Content)
			}
			if choice.FinishReason != nil {
				finish[choice.Index] = *choice.FinishReason
			}
			if choice.LogProbs != nil {
				tokens[choice.Index] += len(choice.LogProbs.Content)
			}
		}
		if c.Usage != nil && *c.Usage.PromptDetails == (openai.PromptDetails{}) && c.Usage.CompletionTokens != 36 {
			t.Errorf("usage %+v", c.Usage)
		}
	}
	if all[len(all)-1] != "[DONE]" {
		t.Errorf("the last event is %s", all[len(all)-1])
	}
	for i, c := range whole.Choices {
		if parts[i].String() != *c.Message.Content || finish[i] != c.FinishReason || tokens[i] != len(c.LogProbs.Content) || tokens[i] != 12 {
			t.Errorf("text %d: %q %s %d, want %q %s", i, parts[i].String(), finish[i], tokens[i], *c.Message.Content, c.FinishReason)
		}
		if i > 0 && *c.Message.Content == *whole.Choices[0].Message.Content {
			t.Errorf("two texts are the same: %q", *c.Message.Content)
		}
		if p := c.LogProbs.Content[0]; len(p.Top) != 2 || len(p.Bytes) == 0 || p.LogProb > 0 || p.Top[0].LogProb < p.Top[1].LogProb {
			t.Errorf("log-probabilities %+v", p)
		}
	}
}

// A completion may repeat its prompt; the tokens of both then stand in one list.
func TestOpenAICompletions(t *testing.T) {
	_, url := testServer(t, nil)
	var c, scored openai.Completion
	post(t, url+"/v1/completions", `{"model":"hatchling/gpt","prompt":["It was a dark","Two"],"echo":true,"logprobs":3,"max_tokens":5,"temperature":0,"n":2}`, 200, &c)
	if len(c.Choices) != 4 || c.Choices[3].Index != 3 || !strings.HasPrefix(c.Choices[0].Text, "It was a dark") || c.Choices[0].Text != c.Choices[1].Text {
		t.Fatalf("%+v", c)
	}
	l := c.Choices[0].LogProbs
	if strings.Join(l.Tokens, "") != c.Choices[0].Text || l.LogProbs[0] != nil || l.LogProbs[1] == nil || len(l.Top) != len(l.Tokens) || len(l.Top[1]) != 3 {
		t.Errorf("%+v of %q", l, c.Choices[0].Text)
	}
	for i, at := range l.TextOffset {
		if !strings.HasPrefix(c.Choices[0].Text[at:], l.Tokens[i]) {
			t.Errorf("token %d, %q, is not at %d", i, l.Tokens[i], at)
		}
	}
	// The same text as a prompt alone has the same log-probabilities.
	quoted, _ := json.Marshal(c.Choices[0].Text)
	post(t, url+"/v1/completions", `{"prompt":`+string(quoted)+`,"echo":true,"logprobs":1,"max_tokens":0}`, 200, &scored)
	s := scored.Choices[0].LogProbs
	if len(s.Tokens) != len(l.Tokens) {
		t.Fatalf("%q, want %q", s.Tokens, l.Tokens)
	}
	for i := range s.Tokens {
		if i > 0 && *s.LogProbs[i] != *l.LogProbs[i] {
			t.Errorf("token %d: %v, want %v", i, *s.LogProbs[i], *l.LogProbs[i])
		}
	}
	// Ids are a prompt, and a stream is what comes whole.
	var ids openai.Completion
	text := post(t, url+"/v1/completions", `{"prompt":[199,40,50],"max_tokens":6,"seed":9,"logprobs":0}`, 200, &ids)
	var streamed strings.Builder
	all := events(t, url+"/v1/completions", `{"prompt":[[199,40,50]],"max_tokens":6,"seed":9,"stream":true,"logprobs":0}`)
	for _, data := range all[:len(all)-1] {
		var part openai.Completion
		if err := json.Unmarshal([]byte(data), &part); err != nil {
			t.Fatal(err)
		}
		streamed.WriteString(part.Choices[0].Text)
	}
	if streamed.String() != ids.Choices[0].Text {
		t.Errorf("streamed %q, whole %s", streamed.String(), text)
	}
	var best openai.Completion
	post(t, url+"/v1/completions", `{"prompt":"a","max_tokens":4,"best_of":4,"n":2,"seed":1}`, 200, &best)
	if len(best.Choices) != 2 || best.Usage.CompletionTokens != 16 {
		t.Errorf("%+v", best)
	}
}

// What is wrong is told with its field, in OpenAI's form.
func TestOpenAIErrors(t *testing.T) {
	_, url := testServer(t, func(o *Options) { o.Keys = []string{"k"} })
	long := strings.Repeat("word ", 300)
	for _, c := range []struct {
		path, body string
		status     int
		param      string
		code       string
	}{
		{"chat/completions", `{"messages":[]}`, 400, "messages", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":5}]}`, 400, "messages.content", ""},
		{"chat/completions", `{"messages":[{"role":"judge","content":"a"}]}`, 400, "messages.0.role", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}]}`, 400, "messages.0.content.0.type", ""},
		{"chat/completions", `{"model":"none","messages":[{"role":"user","content":"a"}]}`, 404, "model", "model_not_found"},
		{"chat/completions", `{"model":7,"messages":[{"role":"user","content":"a"}]}`, 400, "model", ""},
		{"chat/completions", `{"model":"hatchling/bert","messages":[{"role":"user","content":"a"}]}`, 400, "model", "model_cannot_write"},
		{"chat/completions", `{"messages":[{"role":"user","content":"` + long + `"}]}`, 400, "", "context_length_exceeded"},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"temperature":-1}`, 400, "temperature", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"top_p":1.5}`, 400, "top_p", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"n":0}`, 400, "n", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"n":1000}`, 400, "n", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"max_tokens":-5}`, 400, "max_tokens", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"max_completion_tokens":0}`, 400, "max_completion_tokens", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"stop":["a",""]}`, 400, "stop.1", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"stop":{}}`, 400, "stop", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"logit_bias":{"x":1}}`, 400, "logit_bias", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"logit_bias":{"99999":1}}`, 400, "logit_bias", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"top_logprobs":3}`, 400, "top_logprobs", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"modalities":["audio"]}`, 400, "modalities", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"functions":[{"name":"f"}]}`, 400, "functions", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"mirostat":2}`, 400, "mirostat", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"web"}]}`, 400, "tools.0.type", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"tool_choice":"required"}`, 400, "tool_choice", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"xml"}}`, 400, "response_format.type", ""},
		{"chat/completions", `{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema"}}`, 400, "response_format.schema", ""},
		{"completions", `{"prompt":{}}`, 400, "prompt", ""},
		{"completions", `{"prompt":[1,"a"]}`, 400, "prompt", ""},
		{"completions", `{"prompt":[99999]}`, 400, "", ""},
		{"completions", `{"prompt":"a","max_tokens":0}`, 400, "max_tokens", ""},
		{"completions", `{"prompt":"a","suffix":"b"}`, 400, "suffix", ""},
		{"completions", `{"prompt":"a","best_of":1,"n":2}`, 400, "best_of", ""},
		{"completions", `{"prompt":"a","logprobs":true}`, 400, "logprobs", ""},
	} {
		status, body := call(t, "POST", url+"/v1/"+c.path, c.body, "Authorization", "Bearer k")
		var e openai.ErrorAnswer
		if err := json.Unmarshal([]byte(body), &e); err != nil || status != c.status || or0(e.Error.Param) != c.param || or0(e.Error.Code) != c.code || e.Error.Type == "" || e.Error.Message == "" {
			t.Errorf("%.120s: %d %s, want %d of %q %q", c.body, status, body, c.status, c.param, c.code)
		}
	}
	if status, body := call(t, "GET", url+"/v1/models", ""); status != 401 || !strings.Contains(body, `"type":"authentication_error"`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestOpenAIEmbeddings(t *testing.T) {
	_, url := testServer(t, nil)
	var all, short, packed struct {
		Data []struct {
			Index     int
			Embedding any
		}
		Usage struct {
			Prompt int `json:"prompt_tokens"`
		}
	}
	post(t, url+"/v1/embeddings", `{"model":"hatchling/bert","input":["one","two three"]}`, 200, &all)
	post(t, url+"/v1/embeddings", `{"model":"hatchling/bert","input":"two three","dimensions":3}`, 200, &short)
	post(t, url+"/v1/embeddings", `{"model":"hatchling/bert","input":"two three","dimensions":3,"encoding_format":"base64"}`, 200, &packed)
	long, _ := all.Data[1].Embedding.([]any)
	v, _ := short.Data[0].Embedding.([]any)
	if len(all.Data) != 2 || all.Data[1].Index != 1 || all.Usage.Prompt <= short.Usage.Prompt || len(v) != 3 || len(long) <= 3 {
		t.Fatalf("%+v %+v", all.Usage, short)
	}
	sum := 0.0
	for i, x := range v {
		x := x.(float64)
		sum += x * x
		if (x > 0) != (long[i].(float64) > 0) {
			t.Errorf("%v is not the begin of %v", v, long[:3])
		}
	}
	if sum < 0.9999 || sum > 1.0001 {
		t.Errorf("the length of %v is not 1", v)
	}
	raw, err := base64.StdEncoding.DecodeString(packed.Data[0].Embedding.(string))
	if err != nil || len(raw) != 12 || math.Float32frombits(binary.LittleEndian.Uint32(raw)) != float32(v[0].(float64)) {
		t.Errorf("%v %v, want %v", raw, err, v)
	}
	for body, param := range map[string]string{
		`{"model":"hatchling/bert","input":[]}`: "input", `{"model":"hatchling/bert","input":["a",""]}`: "input", `{"model":"hatchling/bert","input":"a","dimensions":100000}`: "dimensions",
		`{"model":"hatchling/bert","input":"a","encoding_format":"hex"}`: "encoding_format", `{"model":"hatchling/bert","input":[[5,99999]]}`: "input", `{"input":{}}`: "input",
	} {
		if text := post(t, url+"/v1/embeddings", body, 400, nil); !strings.Contains(text, `"param":"`+param+`"`) {
			t.Errorf("%s: %s, want %s", body, text, param)
		}
	}
}

// The events of a streamed response come in their order, and make the response that comes
// whole.
func TestOpenAIResponses(t *testing.T) {
	_, url := testServer(t, nil)
	const body = `{"model":"hatchling/gpt","instructions":"Be kind.","input":[{"role":"user","content":[{"type":"input_text","text":"Once"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
		{"type":"function_call_output","call_id":"c","output":"5"}],"seed":5,"max_output_tokens":16,"include":["message.output_text.logprobs"]%s}`
	type response struct {
		Status string
		Output []struct{ Content []struct{ Text string } }
		Usage  struct {
			Total int `json:"total_tokens"`
		}
		Details struct{ Reason string } `json:"incomplete_details"`
	}
	var whole response
	text := post(t, url+"/v1/responses", fmt.Sprintf(body, ""), 200, &whole)
	if whole.Status != "incomplete" || whole.Details.Reason != "max_output_tokens" || whole.Usage.Total < 17 || len(whole.Output) != 1 {
		t.Fatal(text)
	}
	var kinds []string
	var made strings.Builder
	var last response
	for i, data := range events(t, url+"/v1/responses", fmt.Sprintf(body, `,"stream":true`)) {
		var e struct {
			Type     string
			Sequence int `json:"sequence_number"`
			Delta    string
			Response response
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil || e.Sequence != i {
			t.Fatalf("event %d: %v %s", i, err, data)
		}
		if e.Type != "response.output_text.delta" || kinds[len(kinds)-1] != e.Type {
			kinds = append(kinds, e.Type)
		}
		made.WriteString(e.Delta)
		last = e.Response
	}
	want := "response.created response.in_progress response.output_item.added response.content_part.added response.output_text.delta response.output_text.done response.content_part.done response.output_item.done response.incomplete"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if made.String() != whole.Output[0].Content[0].Text || last.Output[0].Content[0].Text != made.String() || last.Usage != whole.Usage {
		t.Errorf("%q %+v, want %q", made.String(), last, whole.Output[0].Content[0].Text)
	}
	for body, param := range map[string]string{
		`{"input":"a","store":true}`: "store", `{"input":"a","previous_response_id":"resp_1"}`: "previous_response_id", `{"input":[]}`: "input",
		`{"input":[{"type":"web_search_call"}]}`: "input.0.type", `{"input":"a","tools":[{"type":"web_search"}]}`: "tools.0.type", `{"input":"a","truncation":"auto"}`: "truncation",
		`{"input":"a","max_output_tokens":-2}`: "max_output_tokens", `{"input":[{"role":"user","content":[{"type":"input_image"}]}]}`: "input.0.content.0.type",
		`{"input":"a","text":{"verbosity":"low"}}`: "text.verbosity", `{"input":"a","include":["file_search_call.results"]}`: "include.0", `{"input":"a","text":{"format":{"type":"json_schema"}}}`: "text.format.schema",
	} {
		if text := post(t, url+"/v1/responses", body, 400, nil); !strings.Contains(text, `"param":"`+param+`"`) {
			t.Errorf("%s: %s, want %s", body, text, param)
		}
	}
}
