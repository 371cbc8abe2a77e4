package browser

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestMarkdown: what a model writes becomes these elements, and no others.
func TestMarkdown(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", wide)
	link := ` target="_blank" rel="noopener noreferrer nofollow"`
	for text, want := range map[string]string{
		"plain":                         "<p>plain</p>",
		"one\ntwo\n\nthree":             "<p>one\ntwo</p><p>three</p>",
		"# Title #":                     "<h3>Title</h3>",
		"**bold** *it* ***both***":      "<p><strong>bold</strong> <em>it</em> <strong><em>both</em></strong></p>",
		"a_b_c and _it_ 2*3*4":          "<p>a_b_c and <em>it</em> 2<em>3</em>4</p>",
		"`a*b*` and ``x`y``":            "<p><code>a*b*</code> and <code>x`y</code></p>",
		"~~no~~ \\*no\\*":               "<p><del>no</del> *no*</p>",
		"- a\n- b\n  - c\n\ntext":       "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><p>text</p>",
		"3. c\n4. d":                    `<ol start="3"><li>c</li><li>d</li></ol>`,
		"- [x] done\n- [ ] not":         `<ul><li><input type="checkbox" disabled="" checked="" aria-label="done"> done</li><li><input type="checkbox" disabled="" aria-label="done"> not</li></ul>`,
		"> a\n> b\n\nc":                 "<blockquote><p>a\nb</p></blockquote><p>c</p>",
		"a\n\n---\n\nb":                 "<p>a</p><hr><p>b</p>",
		"[x](https://a.b/c_(d) \"t\")":  `<p><a href="https://a.b/c_(d)"` + link + `>x</a></p>`,
		"see https://a.b/c, or <d@e.f>": `<p>see <a href="https://a.b/c"` + link + `>https://a.b/c</a>, or <a href="mailto:d@e.f"` + link + `>d@e.f</a></p>`,
		"![cat](https://a.b/c.png)":     `<p><a href="https://a.b/c.png"` + link + `>cat</a></p>`,
		"[x](JAVASCRIPT:alert(1))":      "<p>x</p>",
		"[x](data:text/html,y) z":       "<p>x z</p>",
		"[x](//evil.example)":           "<p>x</p>",
		"<b onclick=x>hi</b>":           "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>",
		"<script>alert(1)</script>":     "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
		"&lt;i&gt;":                     "<p>&amp;lt;i&amp;gt;</p>",
		"a **open *ended `text [l](":    "<p>a **open *ended `text [l](</p>",
	} {
		w.asks(text)
		got := value[string](w, `document.querySelector('.assistant .prose:not(.thought *)').innerHTML`)
		if got != want {
			t.Errorf("%q became\n%s, want\n%s", text, got, want)
		}
	}
}

// asks has the fake say a text in a new chat.
func (w *window) asks(text string) {
	w.t.Helper()
	w.click(".talk-head button", "New chat")
	w.write(field, "echo\n"+text)
	w.press(kb.Enter)
	w.until(`document.querySelector('.assistant .stats b') && !document.querySelector('.busy')`)
}

// TestMarkdownTime: texts that are made to take long do not.
func TestMarkdownTime(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", wide)
	for _, part := range []string{"*", "**a", "_a", "[", "[a](", "`a", "![", "<", "> ", "- ", "|", "~~", "\\", "#", "*a **b", "https://"} {
		start := time.Now()
		w.asks(strings.Repeat(part, 20000/len(part)))
		took := time.Since(start)
		t.Logf("%q: %v", part, took)
		if took > 5*time.Second {
			t.Errorf("20 kB of %q took %v", part, took)
		}
	}
	if shown := value[int](w, `document.querySelector('.assistant').innerText.length`); shown < 10000 {
		t.Errorf("%d characters are shown", shown)
	}
}
