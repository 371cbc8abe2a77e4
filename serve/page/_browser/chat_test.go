package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const field = ".composer textarea"

func TestChat(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "", func(w *window) {
		w.sees(".log", "Talk with small/chat")
		w.looks("empty")
		w.write(field, "list")
		w.press(kb.Enter)
		w.sees(".assistant .stats", "tokens/s")
		w.sees(".assistant .stats", "to the first token")
		w.until(`document.querySelectorAll('.assistant ol > li').length === 2 && document.querySelectorAll('.assistant ol ul > li').length === 2`)
		w.until(`document.querySelector('.assistant table td.end').innerText === '120'`)
		w.until(`document.querySelector('.assistant strong').innerText === 'short'`)
		w.until(`document.querySelector('.assistant pre').innerText.includes('fmt.Println(i)')`)
		// What a model writes is text: no markup, no address but of the web.
		w.until(`!document.querySelector('.assistant img') && document.querySelectorAll('.assistant a').length === 1`)
		w.sees(".assistant blockquote", "<img src=x onerror=alert(1)>")
		w.looks("answered")
	})
	if body := <-f.bodies; body["model"] != "small/chat" || body["stream"] != true {
		t.Errorf("the page asked for %v", body)
	}
}

func TestChatStop(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", wide)
	for i, stop := range []func(){func() { w.press(kb.Escape) }, func() { w.click(".composer button", "Stop") }} {
		w.write(field, "long")
		w.press(kb.Enter)
		w.until(`document.querySelector('.busy > .prose')?.innerText.length > 60`)
		if i == 0 {
			w.shot("streaming")
		}
		stop()
		w.until(`!document.querySelector('.busy')`)
		w.sees(".assistant:last-child .stats", "stopped")
		for deadline := time.Now().Add(5 * time.Second); f.stopped.Load() != int32(i+1); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the server was not told that the reader left")
			}
		}
	}
	w.until(`document.activeElement.matches(".composer textarea")`)
}

func TestChatEditAndAgain(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", wide)
	w.write(field, "first")
	w.press(kb.Enter)
	w.sees(".assistant .prose", "You said: first")
	w.click(".assistant button", "Ask again")
	w.sees(".versions", "2 / 2")
	w.until(`!document.querySelector('.busy')`)
	w.click(".versions button", "The version before")
	w.sees(".versions", "1 / 2")
	w.click(".user button", "Edit")
	w.until(`document.activeElement.matches(".edit textarea")`)
	w.shot("edit")
	w.write(".edit textarea", "second\nline")
	w.press(kb.Enter)
	w.sees(".assistant .prose", "You said: second")
	w.until(`document.querySelectorAll('.message').length === 2 && !document.querySelector('.busy')`)
	w.press(kb.ArrowUp) // in the empty field: the last message
	w.until(`document.activeElement.matches(".edit textarea")`)
	w.press(kb.Escape)
	w.until(`!document.querySelector('.edit')`)
	w.do(chromedp.Reload())
	w.sees(".assistant .prose", "You said: second") // kept for the tab
	w.click(".talk-head button", "New chat")
	w.sees(".log", "Talk with")
}

func TestChatSettings(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "", func(w *window) {
		w.click(".talk-head button", "Settings")
		w.write(".settings textarea", "Be short.")
		for label, v := range map[string]string{"temperature": "0.5", "top_k": "12", "max_tokens": "7", "seed": "3"} {
			w.write("input[id^="+label+"]", v)
		}
		w.write(".settings textarea[id^=stop]", "END\nSTOP")
		w.looks("settings")
		w.write("input[id^=top_p]", "7")
		w.until(`document.querySelector('input[id^=top_p]').getAttribute('aria-invalid') === 'true'`)
		w.click(".settings button", "Close")
		w.write(field, "hello")
		w.press(kb.Enter, chromedp.ModifierShift)
		w.press("there")
		w.press(kb.Enter)
		w.sees(".assistant .prose", "You said: hello")
		b := <-f.bodies
		messages := b["messages"].([]any)
		if len(messages) != 2 || messages[0].(object)["content"] != "Be short." || messages[1].(object)["content"] != "hello\nthere" {
			t.Errorf("messages %v", messages)
		}
		if b["temperature"] != 0.5 || b["top_k"] != 12.0 || b["max_tokens"] != 7.0 || b["seed"] != 3.0 || b["top_p"] != nil || len(b["stop"].([]any)) != 2 {
			t.Errorf("asked with %v", b)
		}
		w.click(".talk-head button", "Settings")
		w.click(".settings button", "As the model has it")
		w.until(`document.querySelector('input[id^=temperature]').value === ''`)
	})
}

func TestChatErrors(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", wide)
	w.write(field, "busy")
	w.press(kb.Enter)
	w.sees("[role=alert]", "The queue is full. Try again in 3 s.")
	w.write(field, "break")
	w.press(kb.Enter)
	w.sees("[role=alert]", "The model went away.")
	w.looks("errors")
	f.CloseClientConnections()
	f.Listener.Close()
	w.write(field, "hello")
	w.press(kb.Enter)
	w.sees("[role=alert]", "does not answer")
	// The failed request is told on the console by the browser itself.
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.wrong {
		if !strings.Contains(line, "ERR_CONNECTION_REFUSED") {
			t.Error(line)
		}
	}
	w.wrong = nil
}
