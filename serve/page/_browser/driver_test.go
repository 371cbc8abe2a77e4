package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// chromium is the one browser of all tests; each has a window of its own in it.
var chromium = sync.OnceValues(func() (context.Context, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, nil
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if ctx, err := chromium(); ctx != nil && err == nil {
		_ = chromedp.Cancel(ctx) // and with it the browser
	}
	os.Exit(code)
}

// A window is a page that someone looks at.
type window struct {
	t      *testing.T
	ctx    context.Context
	origin string

	mu    sync.Mutex
	wrong []string // what the console told, and requests that left the origin
}

const (
	wide   = 1280
	narrow = 360
)

// open opens the page of a server, after the addresses that are visited first.
func open(t *testing.T, origin, hash string, width int64, before ...string) *window {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	if browser == nil {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is needed: install chromium")
		}
		t.Skip("there is no Chromium here")
	}
	w := &window{t: t, origin: origin}
	alone := chromedp.WithNewBrowserContext() // nothing is remembered from other tests
	ctx, cancel := chromedp.NewContext(browser, alone, chromedp.WithListener(w.listen))
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(stop)
	w.ctx = ctx
	height := int64(800)
	if width < 600 {
		height = 740
	}
	w.do(chromedp.EmulateViewport(width, height))
	for _, address := range append(before, origin+"/"+hash) {
		w.do(chromedp.Navigate(address))
	}
	w.until(`document.querySelector("main > section")`)
	t.Cleanup(w.check)
	return w
}

func (w *window) listen(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.wrong = append(w.wrong, fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *runtime.EventExceptionThrown:
		w.wrong = append(w.wrong, "exception: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork { // a status of 4xx is told here too
			w.wrong = append(w.wrong, fmt.Sprintf("log: %s: %s", e.Entry.Source, e.Entry.Text))
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme+"://"+u.Host != w.origin {
			w.wrong = append(w.wrong, "a request left the origin: "+e.Request.URL)
		}
	}
}

// check fails the test if the page complained or asked something of others.
func (w *window) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.wrong {
		w.t.Error(line)
	}
}

func (w *window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// value returns what an expression of JavaScript is.
func value[T any](w *window, expression string) T {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		w.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// quote writes a string in JavaScript.
func quote(s string) string {
	b, _ := json.Marshal(s) // of a string: cannot fail
	return string(b)
}

// until waits for an expression to hold.
func (w *window) until(expression string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(25 * time.Millisecond) {
		if value[bool](w, "(() => { try { return !!("+expression+"); } catch { return false; } })()") {
			return
		}
	}
	w.shot("failed")
	w.t.Fatalf("never came: %s\nthe page says: %s", expression, value[string](w, "document.body.innerText"))
}

// sees waits for a text to be seen in an element.
func (w *window) sees(selector, text string) {
	w.t.Helper()
	w.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))", selector, text))
}

// click points at the first element that the selector finds with that text or label, and clicks.
func (w *window) click(selector, text string) {
	w.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%q)].find(e => e.checkVisibility() && (e.innerText.includes(%[2]q) || (e.getAttribute('aria-label') ?? '').includes(%[2]q)))`, selector, text)
	w.until(find)
	at := value[[]float64](w, fmt.Sprintf(`(() => { const e = %s; e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`, find))
	w.do(chromedp.MouseClickXY(at[0], at[1]))
}

// write puts a text in place of what a field holds, key by key.
func (w *window) write(selector, text string) {
	w.t.Helper()
	w.focus(selector)
	w.run(fmt.Sprintf("document.querySelector(%q).select()", selector))
	if text == "" {
		w.press(kb.Backspace)
		return
	}
	call(w, input.InsertText, input.InsertTextParams{Text: text})
}

func (w *window) focus(selector string) {
	w.t.Helper()
	w.do(chromedp.Focus(chromedp.CSS(selector)))
}

// run runs a statement of JavaScript.
func (w *window) run(statement string) {
	w.t.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](statement))
}

// call gives the browser a command.
func call[P, R any](w *window, command cdp.Command[P, R], params P) {
	w.t.Helper()
	if _, err := chromedp.Call(w.ctx, command, params); err != nil {
		w.t.Fatal(err)
	}
}

// press presses keys one after the other. A key's text goes with its going down, as it does
// on a keyboard, so that the page can prevent it.
func (w *window) press(keys string, modifiers ...chromedp.Modifier) {
	w.t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := *events[0], *events[len(events)-1]
		down.Type = input.DispatchKeyEventTypeRawKeyDown
		for _, m := range modifiers {
			down.Modifiers |= int64(m)
		}
		if up.Modifiers = down.Modifiers; len(events) == 3 && down.Modifiers&^int64(chromedp.ModifierShift) == 0 {
			down.Type, down.Text, down.UnmodifiedText = input.DispatchKeyEventTypeKeyDown, events[1].Text, events[1].UnmodifiedText
		}
		call(w, input.DispatchKeyEvent, down)
		call(w, input.DispatchKeyEvent, up)
	}
}

// dark makes the system's colours dark, or light.
func (w *window) dark(yes bool) {
	w.t.Helper()
	scheme := "light"
	if yes {
		scheme = "dark"
	}
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	w.until(fmt.Sprintf("document.documentElement.dataset.theme === %q && document.getAnimations().length === 0", scheme)) // colours change slowly
}

// shot writes what is seen to the folder that ZOO_SHOTS names.
func (w *window) shot(name string) {
	w.t.Helper()
	dir := os.Getenv("ZOO_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Error(err)
		return
	}
	file := strings.NewReplacer("/", "-", " ", "-").Replace(w.t.Name()+"-"+name) + ".png"
	if err := os.WriteFile(filepath.Join(dir, file), png, 0o644); err != nil {
		w.t.Error(err)
	}
}
