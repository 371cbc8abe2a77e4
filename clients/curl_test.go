package clients

import (
	"os/exec"
	"strings"
	"testing"
)

// The command lines of the documentation work as they stand there, but for the address
// and the key.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not here")
	}
	for _, c := range []struct {
		args string // words; what follows -d is the rest
		body string
		want string
	}{
		{"/v1/models", "", `"id":"hatchling/gpt"`},
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":"Hello"}],"max_tokens":5}`, `"object":"chat.completion"`},
		{"-N /v1/chat/completions", `{"messages":[{"role":"user","content":"Hello"}],"max_tokens":5,"stream":true}`, "data: [DONE]"},
		{"/v1/completions", `{"prompt":"It was a dark","max_tokens":5}`, `"object":"text_completion"`},
		{"/v1/embeddings", `{"model":"hatchling/bert","input":"a cat"}`, `"object":"embedding"`},
		{"-N /v1/responses", `{"input":"Hello","max_output_tokens":5,"stream":true}`, "event: response.incomplete"},
		{"-N /v1/messages", `{"max_tokens":5,"messages":[{"role":"user","content":"Hello"}],"stream":true}`, "event: message_stop"},
		{"/v1/messages/count_tokens", `{"messages":[{"role":"user","content":"Hello"}]}`, `"input_tokens":`},
		{"/v1/chat/completions", `{"messages":[]}`, `"param":"messages"`},
		// Ollama
		{"/api/tags", "", `"name":"hatchling/gpt"`},
		{"-N /api/generate", `{"prompt":"It was a dark","options":{"num_predict":5}}`, `"done_reason":"length"`},
		{"/api/embed", `{"model":"hatchling/bert","input":"a cat"}`, `"embeddings":[[`},
		{"/api/pull", `{"model":"a"}`, `{"error":"`},
		// text-embeddings-inference
		{"/embed", `{"inputs":["a cat","a dog"]}`, "[["},
		{"/embed_all", `{"inputs":"a cat"}`, "[[["},
		{"/similarity", `{"inputs":{"source_sentence":"a cat","sentences":["a dog"]}}`, "[0."},
		{"/tokenize", `{"inputs":"a cat"}`, `"special":true`},
		{"/decode", `{"ids":[5]}`, `["`},
		{"/rerank", `{"query":"a cat","texts":["a dog","the cat"]}`, `"index":1`},
		{"/info", "", `"model_type":{"embedding"`},
		{"/predict", `{"inputs":"a cat"}`, `"error_type":"Backend"`},
		// llama-server
		{"/completion", `{"prompt":"It was a dark","n_predict":5}`, `"stop_type":"limit"`},
		{"-N /completion", `{"prompt":"It was a dark","n_predict":5,"stream":true}`, `data: {"index":0`},
		{"/tokenize", `{"content":"It was","with_pieces":true}`, `"piece":`},
		{"/detokenize", `{"tokens":[300,301]}`, `"content":`},
		{"/apply-template", `{"messages":[{"role":"user","content":"Hello"}]}`, `{"prompt":"`},
		{"/embedding", `{"content":"a cat"}`, `"embedding":[[`},
		{"/v1/rerank", `{"query":"a cat","documents":["a dog","the cat"],"top_n":1}`, `"relevance_score":`},
		{"/infill", `{"input_prefix":"a","input_suffix":"b"}`, `"type":"not_supported_error"`},
		{"/props", "", `"total_slots":8`},
		{"/slots", "", `"is_processing":false`},
	} {
		words := strings.Fields(c.args)
		words[len(words)-1] = base + words[len(words)-1]
		args := append([]string{"-sS", "-H", "Authorization: Bearer " + key}, words...)
		if c.body != "" {
			args = append(args, "-H", "Content-Type: application/json", "-d", c.body)
		}
		out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("curl %s: %v\n%s", c.args, err, out)
		}
	}
}
