package browser

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// binary is the command, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "zoo")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "zoo")
	build := exec.Command("go", "build", "-o", path, "./cmd/zoo")
	build.Dir = filepath.Join("..", "..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// serve runs zoo serve with the models that it carries, and returns its origin.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, append([]string{"serve", "--addr", addr}, args...)...)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if r, err := http.Get("http://" + addr + "/health"); err == nil {
			r.Body.Close()
			return "http://" + addr
		}
		if time.Now().After(deadline) {
			t.Fatal("zoo serve does not answer")
		}
	}
}

// TestZoo goes through what the hatchlings can do, on the server itself.
func TestZoo(t *testing.T) {
	origin := serve(t)
	for name, visit := range map[string]struct {
		hash string
		see  func(w *window)
	}{
		"chat": {"", func(w *window) {
			w.sees(".log", "Talk with hatchling/gpt")
			w.click(".offer", "It was a dark evening")
			w.sees(".assistant .stats", "tokens/s")
			w.until(`!document.querySelector('.busy') && document.querySelector('.assistant > .prose').innerText.length > 20`)
		}},
		"stop": {"", func(w *window) {
			w.click("button", "Settings")
			w.write("input[id^=max_tokens]", "200")
			w.write(field, "Go on.")
			w.press(kb.Enter)
			w.press(kb.Escape)
			w.until(`!document.querySelector('.busy')`)
			w.write(field, "And on.") // the server writes on, for others and for us
			w.press(kb.Enter)
			w.until(`document.querySelectorAll('.assistant').length === 2 && !document.querySelector('.busy')`)
			w.sees(".assistant:last-child .stats", "tokens/s")
		}},
		"next": {"#/next", func(w *window) {
			w.until(`document.querySelectorAll('.bars button').length >= 10`)
			before := value[string](w, `document.querySelector('form textarea').value`)
			w.click(".bars button", "")
			w.until(`document.querySelector('form textarea').value.length > ` + quote(before) + `.length`)
			w.sees(".path", "bits")
		}},
		"rewrite": {"#/rewrite/hatchling/t5", func(w *window) {
			w.write("form textarea", "my uncle had written that he was ill")
			w.click("button", "Write")
			w.sees(".result .spans", "My uncle had written that he was ill.")
		}},
		"fill": {"#/fill/hatchling/bert", func(w *window) {
			w.write("form textarea", "She took her [MASK] and left the room.")
			w.click("button", "Fill")
			w.until(`document.querySelectorAll('.bars button').length === 8`)
			w.click(".bars button", "")
			w.until(`!document.querySelector('form textarea').value.includes('[MASK]')`)
		}},
		"compare": {"#/compare/hatchling/bert", func(w *window) {
			w.click("button", "Compare")
			w.until(`[...document.querySelectorAll('.heat td.same')].map(e => e.innerText).join() === '1.000,1.000,1.000,1.000,1.000'`)
		}},
		"tokenize": {"#/tokenize/hatchling/gpt", func(w *window) {
			w.write("form textarea", "Grüße 你好 🙂 and all")
			w.until(`document.querySelector('main > section:not([aria-busy])') && document.querySelectorAll('.token').length > 8`)
			w.focus(".tokens")
			w.press(kb.Home + kb.ArrowRight + kb.ArrowRight)
			w.sees(".about", "a part of characters 2–3") // ü is two bytes
			w.press(kb.End)
			w.sees(".about", "–18")
		}},
		"attention": {"#/attention/hatchling/bert", func(w *window) {
			w.click("button", "Look")
			w.until(`document.querySelectorAll('.heads canvas').length === 20`)
			w.focus(".web button")
			w.until(`document.querySelectorAll('.looks .bars li').length > 0`)
		}},
		"models": {"#/models/hatchling/t5", func(w *window) {
			w.sees(".prose", "Puts capitals and punctuation back")
			w.sees(".facts", "1.5 million")
			w.until(`document.querySelectorAll('.prose table tbody tr').length > 4`)
		}},
		"cannot": {"#/fill/hatchling/gpt", func(w *window) {
			w.sees(".empty", "hatchling/gpt does not fill gaps.")
			w.click(".offer", "hatchling/bert")
			w.until(`document.querySelector('form textarea')?.value.includes('[MASK]')`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, origin, visit.hash, wide)
			visit.see(w)
			w.looks("zoo")
		})
	}
}

// TestZooKey: where the server has keys, the browser sends what it was told.
func TestZooKey(t *testing.T) {
	origin := serve(t, "--api-key", "secret")
	host := origin[len("http://"):]
	w := open(t, origin, "", wide, "http://any:secret@"+host+"/v1/models")
	w.sees(".log", "Talk with hatchling/gpt")
	w.write(field, "Hello")
	w.press(kb.Enter)
	w.sees(".assistant .stats", "to the first token")
}
