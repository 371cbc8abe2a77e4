package browser

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/serve/page"
)

// A fake answers as the server does, for models of every kind, with answers that are known.
// What the hatchlings can do is tested against the server itself.
type fake struct {
	*httptest.Server
	key     string       // wanted, unless empty
	stopped atomic.Int32 // streams whose client went away
	bodies  chan map[string]any
}

type object = map[string]any

var fakeModels = []object{
	{"name": "small/chat", "family": "llama", "tasks": []string{"chat", "generate", "next", "tokenize", "embed", "attention"}, "loaded": true, "parameters": 1300000, "context": 256},
	{"name": "small/bert", "family": "bert", "tasks": []string{"fill", "embed", "tokenize", "attention"}, "loaded": false, "parameters": 2300000, "context": 512, "mask": "[MASK]"},
	{"name": "small/t5", "family": "t5", "tasks": []string{"text-to-text", "translate", "summarize", "tokenize"}, "loaded": false, "parameters": 60000000, "context": 512},
	{"name": "small/entities", "family": "roberta", "tasks": []string{"tag", "tokenize"}, "loaded": false, "parameters": 125000000, "context": 512},
	{"name": "small/answers", "family": "distilbert", "tasks": []string{"answer", "tokenize"}, "loaded": false, "parameters": 66000000, "context": 512},
	{"name": "small/labels", "family": "deberta", "tasks": []string{"classify", "zero-shot", "tokenize"}, "loaded": false, "parameters": 184000000, "context": 512},
}

func newFake(t *testing.T, key string) *fake {
	f := &fake{key: key, bodies: make(chan map[string]any, 64)}
	handler, err := page.Handler()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	for path, answer := range fakeAnswers {
		mux.HandleFunc("POST /zoo/"+path, func(w http.ResponseWriter, r *http.Request) {
			var body object
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			f.bodies <- body
			_ = json.NewEncoder(w).Encode(answer(body))
		})
	}
	mux.HandleFunc("GET /zoo/models", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(object{"models": fakeModels})
	})
	mux.HandleFunc("GET /zoo/models/{name...}", fakeDescription)
	mux.HandleFunc("POST /v1/chat/completions", f.chat)
	mux.HandleFunc("POST /v1/completions", f.chat)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open := r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/assets/")
		if f.key != "" && !open && r.Header.Get("Authorization") != "Bearer "+f.key {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":{"message":"the API key is wrong or missing"}}`))
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func fakeDescription(w http.ResponseWriter, r *http.Request) {
	for _, m := range fakeModels {
		if m["name"] == r.PathValue("name") {
			d := object{"card": "---\nlicense: cc0\n---\n# " + r.PathValue("name") + "\n\nA model that stands for another. It is **small**, and says `what` it is told.\n\n## How good it is\n\n| what | value |\n|---|---:|\n| loss of a token | 3.810 |\n| bits of a byte | 1.547 |\n\n    zoo run small/chat\n", "layers": 4, "bytes": 2600000, "objective": "masked", "paper": "arXiv:1810.04805"}
			for k, v := range m {
				d[k] = v
			}
			_ = json.NewEncoder(w).Encode(d)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"error":{"message":"there is no such model"}}`))
}

const fakeReply = `Here is a **short** list, with a [link](https://example.org/) and one that is [none](javascript:alert(1)):

1. the sea
2. the *shore*
   - with sand
   - and ` + "`stones`" + `

| place | steps |
|---|---:|
| pier | 120 |
| light | 2,400 |

` + "```go\nfor i := range 3 {\n\tfmt.Println(i)\n}\n```" + `

> It is said that <img src=x onerror=alert(1)> is only text.
`

// chat streams an answer. The last message chooses it: "long" goes on until the client
// leaves, "busy" is refused, "break" ends with an error, and what follows "echo" comes back.
func (f *fake) chat(w http.ResponseWriter, r *http.Request) {
	var body object
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.bodies <- body
	asked, _ := body["prompt"].(string)
	if messages, ok := body["messages"].([]any); ok {
		asked, _ = messages[len(messages)-1].(object)["content"].(string)
	}
	if asked == "busy" {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"error":{"message":"the queue is full","type":"server_error"}}`))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(v any) {
		b, _ := json.Marshal(v)
		_, _ = fmt.Fprintf(w, "data: %s\n\n", b)
		w.(http.Flusher).Flush()
	}
	reply, pause := fakeReply, 2*time.Millisecond
	switch {
	case asked == "long":
		reply, pause = strings.Repeat("on and on ", 10000), 10*time.Millisecond
	case strings.HasPrefix(asked, "echo\n"):
		reply = strings.TrimPrefix(asked, "echo\n")
	case asked != "list":
		reply = "You said: " + asked
	}
	words := strings.SplitAfter(reply, " ")
	if strings.HasPrefix(asked, "echo\n") {
		words = slices.Collect(parts(reply, 500))
	}
	for _, word := range words {
		select {
		case <-r.Context().Done():
			f.stopped.Add(1)
			return
		case <-time.After(pause):
		}
		send(object{"choices": []object{{"index": 0, "text": word, "delta": object{"content": word}}}})
		if asked == "break" {
			send(object{"error": object{"message": "the model went away"}})
			return
		}
	}
	n := len(strings.Fields(reply))
	send(object{"choices": []object{{"index": 0, "text": "", "delta": object{}, "finish_reason": "stop"}}})
	send(object{"choices": []object{}, "usage": object{"prompt_tokens": 9, "completion_tokens": n, "prompt_tokens_details": object{"cached_tokens": 4}}})
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
}

// parts cuts a text into parts of n bytes, and the characters that end in them.
func parts(text string, n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			end := min(n, len(text))
			for end < len(text) && !utf8.RuneStart(text[end]) {
				end++
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end:]
		}
	}
}

var fakeAnswers = map[string]func(object) any{
	"fill": func(b object) any {
		masks := []any{}
		for range strings.Count(b["text"].(string), "[MASK]") {
			masks = append(masks, []object{{"token": "hat", "id": 5, "score": 0.52}, {"token": "hand", "id": 6, "score": 0.21}, {"token": "##s", "id": 8, "score": 0.0523}, {"token": "seat", "id": 7, "score": 0.00004}})
		}
		return object{"masks": masks}
	},
	"classify": func(object) any {
		return object{"labels": []object{{"label": "positive", "score": 0.943}, {"label": "negative", "score": 0.057}}}
	},
	"zero-shot": func(b object) any {
		labels := []object{}
		for i, l := range b["labels"].([]any) {
			labels = append(labels, object{"label": l, "score": 0.6 / math.Pow(2, float64(i))})
		}
		return object{"labels": labels}
	},
	"tag": func(b object) any {
		entities := []object{}
		for _, e := range [][2]string{{"PER", "Charlotte Brontë"}, {"LOC", "Thornton"}, {"LOC", "Haworth"}, {"PER", "Ōe 🙂"}} {
			before, _, ok := strings.Cut(b["text"].(string), e[1])
			if at := len([]rune(before)); ok {
				entities = append(entities, object{"label": e[0], "text": e[1], "start": at, "end": at + len([]rune(e[1])), "score": 0.987})
			}
		}
		return object{"entities": entities}
	},
	"answer": func(b object) any {
		before, _, ok := strings.Cut(b["context"].(string), "almost five")
		if at := len([]rune(before)); ok {
			best := object{"answer": "almost five", "start": at, "end": at + 11, "score": 0.87}
			return object{"answer": "almost five", "start": at, "end": at + 11, "score": 0.87, "answers": []object{best, {"answer": "two years", "start": 0, "end": 9, "score": 0.06}}}
		}
		return object{"answer": "", "start": 0, "end": 0, "score": 0.9}
	},
	"translate": func(b object) any {
		return object{"text": fmt.Sprintf("%s → %s: %s", b["from"], b["to"], b["text"])}
	},
	"summarize": func(object) any { return object{"text": "In short."} },
	"compare": func(b object) any {
		texts := b["texts"].([]any)
		all := make([][]float64, len(texts))
		for i := range texts {
			for j := range texts {
				all[i] = append(all[i], math.Cos(0.35*float64(i-j)))
			}
		}
		return object{"similarity": all, "dimensions": 160}
	},
	"tokenize": func(b object) any { return object{"tokens": pieces(b["text"].(string))} },
	"next": func(b object) any {
		tokens := []object{}
		for i, t := range []string{" wind", " sea", " house", " door", " rain", " night", ",", " sky", " old", " man", "\n"} {
			tokens = append(tokens, object{"token": strings.ReplaceAll(t, " ", "Ġ"), "text": t, "id": 100 + i, "score": 0.3 * math.Pow(0.7, float64(i))})
		}
		tokens = append(tokens, object{"token": "</s>", "text": "</s>", "id": 2, "score": 0.001})
		return object{"tokens": tokens}
	},
	"attention": func(b object) any {
		tokens := pieces(b["text"].(string))
		layers := make([][][][]float64, 4)
		for l := range layers {
			for h := range 4 {
				layers[l] = append(layers[l], weights(len(tokens), l, h))
			}
		}
		return object{"tokens": tokens, "layers": layers}
	},
}

// weights are those of a causal head that looks some way back.
func weights(n, layer, head int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
		sum := 0.0
		for j := range i + 1 {
			rows[i][j] = math.Exp(-math.Abs(float64(i-j-head)) * (0.4 + 0.5*float64(layer)))
			sum += rows[i][j]
		}
		for j := range i + 1 {
			rows[i][j] /= sum
		}
	}
	return rows
}

// pieces are words with the spaces before them, at most five characters long.
func pieces(text string) []object {
	all := []object{}
	runes := []rune(text)
	for i := 0; i < len(runes); {
		end := i + 1
		for end < len(runes) && end < i+5 && !unicode.IsSpace(runes[end]) {
			end++
		}
		all = append(all, object{"id": 100 + len(all)*37%900, "text": string(runes[i:end]), "start": i, "end": end})
		i = end
	}
	return all
}
