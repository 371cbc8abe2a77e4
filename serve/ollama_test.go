package serve

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve/ollama"
)

// codeModel makes a small model of random weights whose vocabulary has tokens for gaps,
// with a chat template that knows tools and thoughts.
func codeModel(t *testing.T) ModelSpec {
	t.Helper()
	source, dir := t.TempDir(), filepath.Join(t.TempDir(), "code")
	for _, name := range []string{"config.json", "tokenizer.json"} {
		data, err := os.ReadFile("../task/testdata/code/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(source, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := json.Marshal(map[string]string{
		"eos_token": "<|endoftext|>", "tokenizer_class": "GPT2Tokenizer",
		"chat_template": "{% if tools %}[{% for t in tools %}{{ t.function.name }};{% endfor %}]{% endif %}{% for m in messages %}<{{ m.role }}>{{ m.content }}" +
			"{% endfor %}{% if add_generation_prompt %}<assistant>{% if enable_thinking %}<think>{% endif %}{% endif %}",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "tokenizer_config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := model.Random(filepath.Join(source, "config.json"), dir, model.RandomOptions{Seed: 1, Tokenizer: source}); err != nil {
		t.Fatal(err)
	}
	return ModelSpec{Name: "code", Path: dir}
}

// withCode adds codeModel to what a server has.
func withCode(t *testing.T) func(*Options) {
	code := codeModel(t)
	return func(o *Options) { o.Models = append(slices.Clip(o.Models), code) }
}

// decode reads an answer of status 200.
func decode[T any](t *testing.T, status int, body string) (v T) {
	t.Helper()
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// decodeLines reads an answer in lines.
func decodeLines[T any](t *testing.T, status int, body string) (all []T) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		all = append(all, decode[T](t, status, lines.Text()))
	}
	if len(all) == 0 {
		t.Fatalf("%d: %q", status, body)
	}
	return all
}

// TestOllamaGenerate: a stream and a whole answer say the same, and tell how much was
// read and written.
func TestOllamaGenerate(t *testing.T) {
	_, url := testServer(t, nil)
	const ask = `{"model":"hatchling/gpt","prompt":"It was a dark","options":{"num_predict":12,"seed":5,"temperature":0.7},"stream":`
	status, body, head := callHead(t, "POST", url+"/api/generate", ask+"true}")
	if head.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("lines are %q", head.Get("Content-Type"))
	}
	var text strings.Builder
	lines := decodeLines[ollama.GenerateResponse](t, status, body)
	for i, l := range lines {
		text.WriteString(l.Response)
		if last := i == len(lines)-1; l.Done != last || l.Model != "hatchling/gpt" || l.CreatedAt.IsZero() {
			t.Errorf("line %d is %+v", i, l)
		}
	}
	status, body = call(t, "POST", url+"/api/generate", ask+"false}")
	whole := decode[ollama.GenerateResponse](t, status, body)
	if whole.Response != text.String() || whole.Response == "" {
		t.Errorf("in lines %q, whole %q", text.String(), whole.Response)
	}
	for _, r := range []ollama.GenerateResponse{whole, lines[len(lines)-1]} {
		if r.DoneReason != ollama.DoneLength || r.EvalCount != 12 || r.PromptEvalCount == 0 || r.TotalDuration <= 0 || r.EvalDuration <= 0 || !r.Done {
			t.Errorf("the end is %+v", r)
		}
		if len(r.Context) != r.PromptEvalCount+r.EvalCount {
			t.Errorf("the context has %d tokens", len(r.Context))
		}
	}
	context, _ := json.Marshal(whole.Context)
	status, body = call(t, "POST", url+"/api/generate", `{"prompt":" and","stream":false,"options":{"num_predict":3},"context":`+string(context)+`}`)
	if on := decode[ollama.GenerateResponse](t, status, body); on.PromptEvalCount <= len(whole.Context) || !slices.Equal(on.Context[:len(whole.Context)], whole.Context) {
		t.Errorf("after a context of %d, %d tokens were read", len(whole.Context), on.PromptEvalCount)
	}
}

// TestOllamaSameText: without a seed texts differ, with one they do not.
func TestOllamaSameText(t *testing.T) {
	_, url := testServer(t, nil)
	texts := map[string]bool{}
	for range 4 {
		status, body := call(t, "POST", url+"/api/generate", `{"prompt":"It was","stream":false,"options":{"num_predict":12,"temperature":1}}`)
		texts[decode[ollama.GenerateResponse](t, status, body).Response] = true
	}
	if len(texts) == 1 {
		t.Error("four texts without a seed are one")
	}
}

// TestOllamaOptions: each option reaches the text.
func TestOllamaOptions(t *testing.T) {
	_, url := testServer(t, nil)
	write := func(options string) ollama.GenerateResponse {
		t.Helper()
		status, body := call(t, "POST", url+"/api/generate", `{"prompt":"the the the the the the the the","raw":true,"stream":false,"options":{"num_predict":16,"seed":1,`+options+`}}`)
		return decode[ollama.GenerateResponse](t, status, body)
	}
	greedy := write(`"temperature":0`)
	if again := write(`"temperature":5,"top_k":1`); again.Response != greedy.Response {
		t.Errorf("the likeliest token alone gives %q, greedy %q", again.Response, greedy.Response)
	}
	for _, options := range []string{`"temperature":1.5`, `"temperature":0,"repeat_penalty":1.8`, `"temperature":0,"presence_penalty":9`, `"temperature":0,"frequency_penalty":9`} {
		if other := write(options); other.Response == greedy.Response {
			t.Errorf("%s changes nothing", options)
		}
	}
	if none := write(`"temperature":0,"repeat_penalty":1.8,"repeat_last_n":0`); none.Response != greedy.Response {
		t.Errorf("a penalty on nothing gives %q, greedy %q", none.Response, greedy.Response)
	}
	if short := write(`"temperature":0,"num_ctx":12`); short.PromptEvalCount+short.EvalCount != 12 || short.DoneReason != ollama.DoneLength {
		t.Errorf("within 12 tokens %d are read, %d written", short.PromptEvalCount, short.EvalCount)
	}
	stop := strings.Fields(greedy.Response)[2]
	quoted, _ := json.Marshal(stop)
	if cut := write(`"temperature":0,"stop":[` + string(quoted) + `]`); strings.Contains(cut.Response, stop) || cut.DoneReason != ollama.DoneStop {
		t.Errorf("before %q there is %q (%s)", stop, cut.Response, cut.DoneReason)
	}
}

// TestOllamaLogProbs: probabilities come with each token, and with those beside it.
func TestOllamaLogProbs(t *testing.T) {
	_, url := testServer(t, nil)
	status, body := call(t, "POST", url+"/api/chat", `{"messages":[{"role":"user","content":"hello"}],"stream":false,"logprobs":true,"top_logprobs":3,"options":{"num_predict":4,"temperature":0}}`)
	answer := decode[ollama.ChatResponse](t, status, body)
	if len(answer.LogProbs) != 4 {
		t.Fatalf("%d tokens have probabilities: %s", len(answer.LogProbs), body)
	}
	text := ""
	for _, l := range answer.LogProbs {
		text += l.Token
		if len(l.Top) != 3 || l.Top[0].LogProb != l.LogProb || l.LogProb > 0 || len(l.Bytes) != len(l.Token) {
			t.Errorf("%+v", l)
		}
	}
	if text != answer.Message.Content {
		t.Errorf("the tokens are %q, the text %q", text, answer.Message.Content)
	}
}

// TestOllamaChat: a template with tools and thoughts is filled as Ollama's fields say.
func TestOllamaChat(t *testing.T) {
	_, url := testServer(t, withCode(t))
	for _, c := range []struct{ fields, want string }{
		{`"messages":[{"role":"System","content":"a"},{"role":"user","content":"b"}]`, "<system>a<user>b<assistant>"},
		{`"messages":[{"role":"user","content":"b"},{"role":"assistant","content":"c"}]`, "<user>b<assistant>c"},
		{`"messages":[{"role":"user","content":"b"}],"think":true`, "<user>b<assistant><think>"},
		{`"messages":[{"role":"user","content":"b"}],"think":"high"`, "<user>b<assistant><think>"},
		{`"messages":[{"role":"user","content":"b"}],"think":false`, "<user>b<assistant>"},
		{`"messages":[{"role":"user","content":"b"}],"tools":[{"type":"function","function":{"name":"now","parameters":{"type":"object"}}}]`, "[now;]<user>b<assistant>"},
		{`"messages":[{"role":"user","content":"b"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"now","arguments":{}}}]},
			{"role":"tool","tool_name":"now","content":"7"}]`, "<user>b<assistant><tool>7<assistant>"},
	} {
		status, body := call(t, "POST", url+"/api/chat", `{"model":"code","_debug_render_only":true,`+c.fields+`}`)
		if r := decode[ollama.ChatResponse](t, status, body); r.Debug == nil || r.Debug.Template != c.want {
			t.Errorf("%s is read as %s, want %q", c.fields, body, c.want)
		}
	}
	status, body := call(t, "POST", url+"/api/generate", `{"model":"code","_debug_render_only":true,"system":"a","prompt":"b"}`)
	if r := decode[ollama.GenerateResponse](t, status, body); r.Debug == nil || r.Debug.Template != "<system>a<user>b<assistant>" {
		t.Errorf("generate reads %s", body)
	}
	status, body = call(t, "POST", url+"/api/chat", `{"model":"code","messages":[{"role":"user","content":"b"}],"options":{"num_predict":5}}`)
	lines := decodeLines[ollama.ChatResponse](t, status, body)
	if last := lines[len(lines)-1]; !last.Done || last.Message.Role != "assistant" || last.EvalCount == 0 {
		t.Errorf("the end is %+v", last)
	}
}

// TestOllamaFormat: a text is held to JSON, or to a schema, and one that nothing can be
// held to is refused by its field.
func TestOllamaFormat(t *testing.T) {
	_, url := testServer(t, nil)
	for _, c := range []struct{ format, want string }{
		{`{"enum":["red"]}`, `"red"`},
		{`{"type":"object","properties":{"n":{"const":7}},"required":["n"],"additionalProperties":false}`, `{"n":7}`},
	} {
		for _, path := range []string{`/api/generate`, `/api/chat`} {
			status, body := call(t, "POST", url+path, `{"prompt":"a","messages":[{"role":"user","content":"a"}],"stream":false,"options":{"temperature":1,"repeat_penalty":1.3},"format":`+c.format+`}`)
			text := decode[struct {
				Response string
				Message  ollama.Message
				Reason   string `json:"done_reason"`
			}](t, status, body)
			if got := strings.Join(strings.Fields(text.Response+text.Message.Content), ""); got != c.want || text.Reason != ollama.DoneStop {
				t.Errorf("%s of %s gives %s", path, c.format, body)
			}
		}
	}
	status, body := call(t, "POST", url+"/api/generate", `{"prompt":"a","stream":false,"format":"json","options":{"num_predict":40}}`)
	if r := decode[ollama.GenerateResponse](t, status, body); !strings.HasPrefix(strings.TrimSpace(r.Response), "{") {
		t.Errorf("%s", body)
	}
	if status, body = call(t, "POST", url+"/api/generate", `{"prompt":"a","format":{"type":"nonsense"}}`); status != http.StatusBadRequest || !strings.Contains(body, "format") {
		t.Errorf("%d %s", status, body)
	}
}

// TestOllamaCalls: a call comes whole, in a part of its own or with the answer, and is no
// content; two of them come as two.
func TestOllamaCalls(t *testing.T) {
	_, url := testServer(t, nil)
	const ask = `{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],
		"format":{"type":"object","properties":{"name":{"const":"weather"},"parameters":{"type":"object","properties":{"city":{"enum":["Ulm","Bonn"]}},"required":["city"],"additionalProperties":false}},
		"required":["name","parameters"],"additionalProperties":false},"stream":`
	for _, stream := range []string{"true", "false"} {
		status, body := call(t, "POST", url+"/api/chat", ask+stream+`}`)
		var calls []ollama.ToolCall
		content, reason := "", ""
		for _, l := range decodeLines[ollama.ChatResponse](t, status, body) {
			calls, content, reason = append(calls, l.Message.ToolCalls...), content+l.Message.Content, l.DoneReason
		}
		var arguments struct{ City string }
		if len(calls) != 1 || calls[0].Function.Name != "weather" || calls[0].ID == "" || strings.TrimSpace(content) != "" || reason != ollama.DoneStop {
			t.Errorf("stream %s: %s", stream, body)
		} else if err := json.Unmarshal(calls[0].Function.Arguments, &arguments); err != nil || arguments.City != "Ulm" && arguments.City != "Bonn" {
			t.Errorf("stream %s: %s, %v", stream, calls[0].Function.Arguments, err)
		}
	}
}

// TestOllamaThoughts: thoughts are no content.
func TestOllamaThoughts(t *testing.T) {
	_, url := testServer(t, withCode(t))
	for _, think := range []string{"true", "false"} {
		for _, stream := range []string{"true", "false"} {
			status, body := call(t, "POST", url+"/api/chat", `{"model":"code","messages":[{"role":"user","content":"a"}],"options":{"num_predict":12,"seed":2},"think":`+think+`,"stream":`+stream+`}`)
			thoughts, content := "", ""
			for _, l := range decodeLines[ollama.ChatResponse](t, status, body) {
				thoughts, content = thoughts+l.Message.Thinking, content+l.Message.Content
			}
			if (thoughts != "") != (think == "true") || (content != "") == (think == "true") {
				t.Errorf("think %s: %q, %q", think, thoughts, content)
			}
		}
	}
}

// TestOllamaInfill: a suffix asks for what stands before it.
func TestOllamaInfill(t *testing.T) {
	_, url := testServer(t, withCode(t))
	status, body := call(t, "POST", url+"/api/generate", `{"model":"code","prompt":"def f(","suffix":"):","stream":false,"options":{"num_predict":5}}`)
	if r := decode[ollama.GenerateResponse](t, status, body); r.EvalCount == 0 || r.Context != nil || r.PromptEvalCount < 5 {
		t.Errorf("%s", body)
	}
	if status, body = call(t, "POST", url+"/api/generate", `{"model":"hatchling/gpt","prompt":"a","suffix":"b"}`); status != http.StatusBadRequest || !strings.Contains(body, "gap") {
		t.Errorf("%d %s", status, body)
	}
}

// TestOllamaKeepAlive: an empty request opens a model; with keep_alive 0 it closes it.
func TestOllamaKeepAlive(t *testing.T) {
	s, url := testServer(t, nil)
	running := func() (names []string) {
		status, body := call(t, "GET", url+"/api/ps", "")
		for _, m := range decode[ollama.Running](t, status, body).Models {
			names = append(names, m.Name)
			if m.ExpiresAt.Before(time.Now()) || m.Size == 0 || m.ContextLength != 256 {
				t.Errorf("%+v runs", m)
			}
		}
		return names
	}
	for _, path := range []string{"/api/generate", "/api/chat"} {
		status, body := call(t, "POST", url+path, `{"model":"hatchling/gpt","keep_alive":"10m"}`)
		if r := decode[ollama.GenerateResponse](t, status, body); r.DoneReason != ollama.DoneLoad || !r.Done {
			t.Errorf("loading: %s", body)
		}
		if got := running(); !slices.Equal(got, []string{"hatchling/gpt"}) {
			t.Errorf("%v run", got)
		}
		status, body = call(t, "POST", url+path, `{"model":"hatchling/gpt","keep_alive":0}`)
		if r := decode[ollama.GenerateResponse](t, status, body); r.DoneReason != ollama.DoneUnload {
			t.Errorf("unloading: %s", body)
		}
		if got := running(); len(got) != 0 {
			t.Errorf("%v run still", got)
		}
	}
	if l, err := s.describe("hatchling/gpt"); err != nil || l.Open {
		t.Errorf("%+v %v", l, err)
	}
}

// TestOllamaModels: lists and descriptions have what clients look for.
func TestOllamaModels(t *testing.T) {
	_, url := testServer(t, withCode(t))
	status, body := call(t, "GET", url+"/api/tags", "")
	list := decode[ollama.List](t, status, body)
	if len(list.Models) != 4 {
		t.Fatalf("%s", body)
	}
	for _, m := range list.Models {
		if m.Name == "" || m.Model != m.Name || m.Size == 0 || len(m.Digest) != 64 || m.Details.ParameterSize == "" || m.Details.Family == "" || m.ModifiedAt.IsZero() {
			t.Errorf("%+v", m)
		}
	}
	for name, want := range map[string][]string{
		"hatchling/gpt":        {"completion", "embedding"},
		"hatchling/gpt:latest": {"completion", "embedding"},
		"hatchling/bert":       {"embedding"},
		"code":                 {"completion", "tools", "insert", "thinking", "embedding"},
	} {
		for _, key := range []string{"model", "name"} {
			status, body := call(t, "POST", url+"/api/show", `{"`+key+`":"`+name+`"}`)
			show := decode[ollama.Show](t, status, body)
			for _, c := range want {
				if !slices.Contains(show.Capabilities, c) {
					t.Errorf("%s can %v, want %s", name, show.Capabilities, c)
				}
			}
			architecture, _ := show.ModelInfo["general.architecture"].(string)
			if show.ModelInfo[architecture+".context_length"] != 256.0 || show.Modelfile == "" {
				t.Errorf("%s: %s", name, body)
			}
		}
	}
	if status, body := call(t, "GET", url+"/api/version", ""); decode[ollama.Version](t, status, body).Version == "" {
		t.Error(body)
	}
}

// TestOllamaGreets: clients that read no HTML are told in Ollama's words that it is there.
func TestOllamaGreets(t *testing.T) {
	_, url := testServer(t, nil)
	for accept, greeted := range map[string]bool{"application/json": true, "text/plain": true, "*/*": false, "text/html,*/*;q=0.8": false, "": false} {
		status, body := call(t, "GET", url+"/", "", "Accept", accept)
		if got := body == "Ollama is running"; status != http.StatusOK || got != greeted {
			t.Errorf("%q is answered %d %.40q", accept, status, body)
		}
	}
	if status, _ := call(t, "HEAD", url+"/", "", "Accept", "application/json"); status != http.StatusOK {
		t.Errorf("HEAD is answered %d", status)
	}
}

// TestOllamaEmbed: one text and several have the vectors that they have alone.
func TestOllamaEmbed(t *testing.T) {
	_, url := testServer(t, nil)
	embed := func(fields string) ollama.EmbedResponse {
		t.Helper()
		status, body := call(t, "POST", url+"/api/embed", `{"model":"hatchling/bert",`+fields+`}`)
		return decode[ollama.EmbedResponse](t, status, body)
	}
	one, two := embed(`"input":"a dog"`), embed(`"input":["a cat","a dog"]`)
	if len(one.Embeddings) != 1 || len(two.Embeddings) != 2 || !slices.Equal(one.Embeddings[0], two.Embeddings[1]) || two.PromptEvalCount <= one.PromptEvalCount {
		t.Errorf("one: %d vectors of %d tokens, two: %d of %d", len(one.Embeddings), one.PromptEvalCount, len(two.Embeddings), two.PromptEvalCount)
	}
	if !unit(one.Embeddings[0]) {
		t.Error("its length is not 1")
	}
	if short := embed(`"input":"a dog","dimensions":16`); len(short.Embeddings[0]) != 16 || !unit(short.Embeddings[0]) {
		t.Errorf("%d dimensions", len(short.Embeddings[0]))
	}
	for _, none := range []string{`"input":""`, `"input":[]`, `"input":null`} {
		if e := embed(none); e.Embeddings == nil || len(e.Embeddings) != 0 {
			t.Errorf("%s has %d vectors", none, len(e.Embeddings))
		}
	}
	long, _ := json.Marshal(strings.Repeat("dog ", 500))
	if cut := embed(`"truncate":true,"input":` + string(long)); cut.PromptEvalCount != 256 {
		t.Errorf("what is cut has %d tokens", cut.PromptEvalCount)
	}
	status, body := call(t, "POST", url+"/api/embed", `{"model":"hatchling/bert","input":`+string(long)+`}`)
	if status != http.StatusBadRequest || !strings.Contains(body, "256") {
		t.Errorf("too long: %d %s", status, body)
	}
	status, body = call(t, "POST", url+"/api/embeddings", `{"model":"hatchling/bert","prompt":"a dog"}`)
	if old := decode[ollama.EmbeddingResponse](t, status, body); len(old.Embedding) != len(one.Embeddings[0]) {
		t.Error(body)
	}
}

// unit reports whether v has length 1.
func unit(v []float32) bool {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum > 0.9999 && sum < 1.0001
}

// TestOllamaErrors: each mistake has Ollama's status and form.
func TestOllamaErrors(t *testing.T) {
	_, url := testServer(t, withCode(t))
	for _, c := range []struct {
		request, body string
		status        int
		says          string
	}{
		{"POST /api/generate", ``, 400, "empty"},
		{"POST /api/generate", `{"model":`, 400, "JSON"},
		{"POST /api/generate", `{"model":7}`, 400, "model"},
		{"POST /api/generate", `{"model":"none","prompt":"a"}`, 404, "model 'none' not found"},
		{"POST /api/generate", `{"model":"none","keep_alive":0}`, 404, "model 'none' not found"},
		{"POST /api/chat", `{"model":"none","messages":[{"role":"user","content":"a"}]}`, 404, "model 'none' not found"},
		{"POST /api/embed", `{"model":"none","input":"a"}`, 404, "model 'none' not found"},
		{"POST /api/show", `{"model":"none"}`, 404, "model 'none' not found"},
		{"POST /api/generate", `{"model":"hatchling/bert","prompt":"a"}`, 400, "does not support generate"},
		{"POST /api/chat", `{"model":"hatchling/bert","messages":[{"role":"user","content":"a"}]}`, 400, "does not support chat"},
		{"POST /api/embed", `{"model":"hatchling/t5","input":"a"}`, 400, "no vectors"},
		{"POST /api/embed", `{"model":"hatchling/bert","input":7}`, 400, "invalid input type"},
		{"POST /api/embed", `{"model":"hatchling/bert","input":["a",7]}`, 400, "invalid input type"},
		{"POST /api/embed", `{"model":"hatchling/bert","input":"a","dimensions":-1}`, 400, "dimensions"},
		{"POST /api/embed", `{"model":"hatchling/bert","input":["a"` + strings.Repeat(`,"a"`, 2048) + `]}`, 400, "2049"},
		{"POST /api/generate", `{"prompt":"a","raw":true,"system":"b"}`, 400, "raw mode"},
		{"POST /api/generate", `{"prompt":"a","template":"{{ .Prompt }}"}`, 400, "template"},
		{"POST /api/generate", `{"prompt":"a","images":["aGk="]}`, 400, "images"},
		{"POST /api/chat", `{"messages":[{"role":"user","content":"a","images":["aGk="]}]}`, 400, "images"},
		{"POST /api/chat", `{"messages":[{"role":"wizard","content":"a"}]}`, 400, "wizard"},
		{"POST /api/chat", `{"messages":[{"role":"user","content":"a"}],"think":true}`, 400, "does not support thinking"},
		{"POST /api/chat", `{"messages":[{"role":"user","content":"a"}],"think":"hard"}`, 400, "think must be"},
		{"POST /api/generate", `{"prompt":"a","format":"xml"}`, 400, "format"},
		{"POST /api/generate", `{"prompt":"a","format":7}`, 400, "format"},
		{"POST /api/generate", `{"prompt":"a","keep_alive":"soon"}`, 400, "keep_alive"},
		{"POST /api/generate", `{"prompt":"a","top_logprobs":21}`, 400, "top_logprobs"},
		{"POST /api/generate", `{"prompt":"a","options":{"temperature":"hot"}}`, 400, `option \"temperature\"`},
		{"POST /api/generate", `{"prompt":"a","options":{"temperature":-1}}`, 400, "temperature"},
		{"POST /api/generate", `{"prompt":"a","options":{"top_k":"x"}}`, 400, `option \"top_k\"`},
		{"POST /api/generate", `{"prompt":"a","options":{"num_predict":1e300}}`, 400, `option \"num_predict\"`},
		{"POST /api/generate", `{"prompt":"a","options":{"num_ctx":-5}}`, 400, "num_ctx"},
		{"POST /api/generate", `{"prompt":"a","options":[]}`, 400, "options"},
		{"POST /api/generate", `{"prompt":"a","context":[99999]}`, 400, "99999"},
		{"POST /api/generate", `{"prompt":"` + strings.Repeat("a b ", 400) + `"}`, 400, "256"},
		{"POST /api/pull", `{"model":"llama3"}`, 501, "fetches"},
		{"POST /api/push", `{"model":"llama3"}`, 501, "fetches"},
		{"POST /api/create", `{"model":"llama3"}`, 501, "makes"},
		{"POST /api/copy", `{}`, 501, "copies"},
		{"DELETE /api/delete", `{}`, 501, "deletes"},
		{"POST /api/blobs/sha256:00", ``, 501, "none"},
	} {
		method, path, _ := strings.Cut(c.request, " ")
		status, body := call(t, method, url+path, c.body)
		var e ollama.Error
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.Error == "" || status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %.80s = %d %s, want %d with %q", c.request, c.body, status, body, c.status, c.says)
		}
	}
}
