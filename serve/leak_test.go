package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
)

// listenTest serves by Run on an address of its own until the test ends, with limits that
// a test can wait for.
func listenTest(t *testing.T, change func(*Options), extra ...func(*Server)) (*Server, string, func()) {
	t.Helper()
	o := Options{Models: hatchlings, Log: quiet(), HeaderTimeout: 200 * time.Millisecond, BodyTimeout: 200 * time.Millisecond, WriteTimeout: 200 * time.Millisecond, Drain: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range extra {
		add(s)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(s.Run(ctx, l), s.Close()) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return s, l.Addr().String(), stop
}

// descriptors returns how many files the process has open, or 0 where that is not told.
func descriptors() int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(files)
}

// raw sends bytes and returns what comes back until the server closes, or the time is up.
func raw(t *testing.T, addr string, within time.Duration, parts ...string) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		t.Error(err)
	}
	for _, p := range parts {
		if _, err := io.WriteString(c, p); err != nil {
			break // it has been told enough
		}
		time.Sleep(10 * time.Millisecond)
	}
	got, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		got = append(got, "(still open)"...)
	}
	return string(got)
}

// Clients that send slowly, or stop, are let go.
func TestSlowSenders(t *testing.T) {
	_, addr, _ := listenTest(t, nil, func(s *Server) { s.lines(&s.routes) })
	head := "POST /test/write HTTP/1.1\r\nHost: localhost\r\n"
	for name, c := range map[string]struct{ send, want string }{
		"nothing":       {"", ""},
		"half a header": {"GET /health HT", "408 "},
		"no end":        {head + "X: y\r\n", "408 "},
		"no body":       {head + "Content-Length: 10\r\n\r\n", "HTTP/1.1 408 "},
		"half a body":   {head + "Content-Length: 10\r\n\r\n{\"n\":", "HTTP/1.1 408 "},
		"half a chunk":  {head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"n", "HTTP/1.1 408 "},
		"a lying chunk": {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"n", "HTTP/1.1 400 "},
		"two lengths":   {head + "Content-Length: 10\r\nContent-Length: 11\r\n\r\n", "400 "},
		"no host":       {"GET /health HTTP/1.1\r\n\r\n", "400 "},
		"garbage":       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400 "},
		"a long header": {"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("y", 128<<10) + "\r\n\r\n", "431 "},
		"a huge body":   {head + "Content-Length: 99999999999\r\n\r\n", "HTTP/1.1 413 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := raw(t, addr, 2*time.Second, c.send)
			if c.want == "408 " { // net/http closes without a word, or says so
				if strings.Contains(got, "(still open)") {
					t.Error("it is still open")
				}
				return
			}
			if line, _, _ := strings.Cut(got, "\n"); !strings.Contains(line, c.want) || strings.Contains(got, "(still open)") {
				t.Errorf("%q, want %s", got, c.want)
			}
		})
	}
}

// A client that does not read is let go, and its text ends.
func TestSlowReader(t *testing.T) {
	ended := make(chan error, 1)
	_, addr, _ := listenTest(t, nil, func(s *Server) {
		s.routes.handle("GET /test/flood", native, func(w http.ResponseWriter, _ *http.Request) error {
			st := s.sse(w, "")
			defer st.Close()
			for {
				if err := st.data("", []byte(strings.Repeat("x", 1<<16))); err != nil {
					ended <- err
					return err
				}
			}
		})
	})
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /test/flood HTTP/1.1\r\nHost: localhost\r\n\r\n")
	select {
	case err := <-ended:
		if !errors.Is(err, errSlow) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it writes on")
	}
}

// A handler that panics costs its own request alone: an error if nothing was sent, a
// broken answer if some was.
func TestPanic(t *testing.T) {
	s, url := testServer(t, nil)
	s.routes.handle("GET /test/panic", native, func(http.ResponseWriter, *http.Request) error { panic("oh") })
	s.routes.handle("GET /test/half", native, func(w http.ResponseWriter, _ *http.Request) error {
		if err := s.ndjson(w).line("half"); err != nil {
			return err
		}
		panic("oh")
	})
	if status, body := call(t, "GET", url+"/test/panic", ""); status != 500 || strings.Contains(body, "oh") {
		t.Errorf("%d %s", status, body)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/test/half", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("half an answer looks whole: %s", text)
	}
	if status, _ := call(t, "GET", url+"/health", ""); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
	if n := s.live.count(); n != 0 {
		t.Errorf("%d requests are counted as under way", n)
	}
}

// As many requests as may be are under way; one more is told to come back.
func TestTooMany(t *testing.T) {
	hold := make(chan struct{})
	s, url := testServer(t, func(o *Options) { o.MaxConns = 2; o.MaxBodies = 100 })
	s.routes.handle("GET /test/hold", native, func(http.ResponseWriter, *http.Request) error { <-hold; return nil })
	s.lines(&s.routes)
	if status, body, h := callHead(t, "POST", url+"/test/write", strings.Repeat(" ", 101)); status != 503 || h.Get("Retry-After") == "" {
		t.Errorf("too many bytes: %d %s", status, body)
	}
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() { call(t, "GET", url+"/test/hold", "") })
	}
	eventually(t, func() bool { return s.live.count() == 2 })
	if status, body, h := callHead(t, "POST", url+"/test/write", "{}"); status != 503 || h.Get("Retry-After") == "" {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := call(t, "GET", url+"/health", ""); status != 200 {
		t.Errorf("health: %d", status)
	}
	close(hold)
	wait.Wait()
	if status, body := call(t, "POST", url+"/test/write", `{"prompt":"a","max_tokens":1}`); status != 200 {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

// A request that takes longer than it may is told so, or cut off.
func TestDeadline(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.Deadline = 50 * time.Millisecond })
	s.routes.handle("GET /test/long", native, func(_ http.ResponseWriter, r *http.Request) error { <-r.Context().Done(); return r.Context().Err() })
	if status, body := call(t, "GET", url+"/test/long", ""); status != http.StatusGatewayTimeout {
		t.Errorf("%d %s", status, body)
	}
}

// Signs of life come while there is nothing to say.
func TestHeartbeat(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.Heartbeat = 10 * time.Millisecond })
	s.routes.handle("GET /test/quiet", native, func(w http.ResponseWriter, _ *http.Request) error {
		st := s.sse(w, "")
		defer st.Close()
		time.Sleep(100 * time.Millisecond)
		return st.event("end", 1)
	})
	_, body := call(t, "GET", url+"/test/quiet", "")
	if strings.Count(body, ": still here\n\n") < 2 || !strings.HasSuffix(body, "event: end\ndata: 1\n\n") {
		t.Errorf("%q", body)
	}
}

// After all kinds of clients, those that leave among them, nothing is left behind.
func TestNothingLeft(t *testing.T) {
	warm, _, end := listenTest(t, nil) // threads that compute stay
	texts(t, warm, t.Context(), "", ask{prompt: "a", options: generate.Options{MaxTokens: 1}})
	end()
	client := &http.Client{Transport: &http.Transport{}}
	goroutines, files := runtime.NumGoroutine(), descriptors()
	s, addr, stop := listenTest(t, func(o *Options) { o.WriteTimeout = time.Second; o.Queue = 4; o.Rows = 2 }, func(s *Server) { s.lines(&s.routes) })
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for j := range 6 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if (i+j)%3 == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(j+1)*2*time.Millisecond)
				}
				body := fmt.Sprintf(`{"prompt":"Once %d","max_tokens":%d,"n":%d}`, i, 5+20*j, 1+j%2)
				req, err := http.NewRequestWithContext(ctx, "POST", "http://"+addr+"/test/write", strings.NewReader(body))
				if err != nil {
					t.Error(err)
				}
				if res, err := client.Do(req); err == nil {
					if res.StatusCode != 200 && res.StatusCode != 503 {
						t.Errorf("%d", res.StatusCode)
					}
					if lines := bufio.NewScanner(res.Body); j%2 == 0 {
						lines.Scan() // and leave
					} else if _, err := io.Copy(io.Discard, res.Body); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
					res.Body.Close()
				} else if ctx.Err() == nil {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wait.Wait()
	eventually(t, func() bool { return s.live.count() == 0 })
	m, release := take(t, s, "")
	eventually(t, func() bool { st := m.stats(); return st.Running+st.Waiting == 0 })
	release()
	client.CloseIdleConnections()
	stop()
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines && descriptors() <= files })
	if g, f := runtime.NumGoroutine(), descriptors(); g > goroutines || f > files {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines, before %d; %d files, before %d\n%s", g, goroutines, f, files, stacks[:runtime.Stack(stacks, true)])
	}
}
