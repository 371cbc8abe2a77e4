package load

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// standIn answers as a server does, tokens a millisecond apart, and refuses or breaks
// off some.
func standIn(t *testing.T) (url string, asked *atomic.Int64) {
	asked = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/models" {
			fmt.Fprint(w, `{"data":[{"id":"m"}]}`)
			return
		}
		var q struct {
			Model, Prompt string
			Max           int  `json:"max_tokens"`
			Ignore        bool `json:"ignore_eos"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Model != "m" || r.Header.Get("Authorization") != "Bearer k" {
			t.Errorf("asked with %+v, %v", q, err)
		}
		n := asked.Add(1)
		switch n % 5 {
		case 1:
			w.Header().Set("Retry-After", "0")
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		case 2:
			http.Error(w, "a fault", http.StatusInternalServerError)
			return
		}
		for i := range q.Max {
			if r.Context().Err() != nil {
				return
			}
			fmt.Fprintf(w, "data: {\"choices\":[{\"text\":\"%d\"}]}\n\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
		if n%5 == 3 {
			return // without an end
		}
		fmt.Fprintf(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":1}}}\n\ndata: [DONE]\n\n",
			len(strings.Fields(q.Prompt)), q.Max)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestRunCountsWhatCame(t *testing.T) {
	url, asked := standIn(t)
	k, err := ParseKind("5:7")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), Options{URL: url, Key: "k", Clients: 4, Requests: 50, Mix: []Kind{k}, PID: os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 50 || r.Requests != 50 || r.Busy != 10 || r.Done != 20 || r.Cancelled != 0 {
		t.Errorf("%d asked: %+v", asked.Load(), r)
	}
	if r.Errors["status 500: a fault"] != 10 || r.Errors["the stream ends without [DONE]"] != 10 || len(r.Errors) != 2 {
		t.Errorf("errors: %v", r.Errors)
	}
	if r.PromptTokens != 100 || r.GeneratedTokens != 140 || r.CachedTokens != 20 || r.First.N != 20 || r.Gap.N != 20*6 {
		t.Errorf("tokens: %+v", r)
	}
	if r.Gap.P50 < 0.001 || r.Gap.P50 > 0.2 || r.Whole.P50 < 0.006 || r.PerSecond <= 0 || r.First.P99 < r.First.P50 {
		t.Errorf("times: %+v", r)
	}
	var s strings.Builder
	if err := r.Write(&s); err != nil || !strings.Contains(s.String(), "50: 20 done, 10 busy (503), 0 cancelled, 20 failed") {
		t.Errorf("%v\n%s", err, s.String())
	}
}

func TestRunCancelsAndEnds(t *testing.T) {
	url, _ := standIn(t)
	o := Options{URL: url, Key: "k", Clients: 3, Duration: 300 * time.Millisecond, Mix: []Kind{{Name: "endless", Prompt: [2]int{1, 2}, Output: [2]int{5000, 5000}}}, Cancel: 1}
	r, err := Run(t.Context(), o)
	if err != nil || r.Cancelled == 0 || r.Done > 0 {
		t.Errorf("%v: %+v", err, r)
	}
	for _, bad := range []Options{{}, {URL: url}, {URL: url, Clients: 1}, {URL: url, Clients: 1, Mix: o.Mix}, {URL: url, Clients: 1, Mix: o.Mix, Requests: 1, Cancel: 2}} {
		if _, err := Run(t.Context(), bad); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, k := range Kinds {
		got, err := ParseKind(k.Name)
		if err != nil || got != k {
			t.Errorf("%s: %+v, %v", k.Name, got, err)
		}
		o := &Options{Mix: []Kind{k}, Seed: 3}
		r := rand.New(rand.NewPCG(1, 1))
		for range 50 {
			q := draw(r, o)
			if n := len(strings.Fields(q.prompt)); n < k.Prompt[0]+k.Shared || n > k.Prompt[1]+k.Shared || q.tokens < k.Output[0] || q.tokens > k.Output[1] {
				t.Errorf("%s: %d words to %d tokens", k.Name, n, q.tokens)
			}
		}
	}
	for _, bad := range []string{"", "none", "0:4", "5:", "5:-1"} {
		if _, err := ParseKind(bad); err == nil {
			t.Errorf("%q is a kind", bad)
		}
	}
}
