package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestCannot: a view that the chosen model is not for says so, and offers those that are.
func TestCannot(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/tag/small/bert", func(w *window) {
		w.sees(".empty", "small/bert does not tag.")
		w.looks("offer")
		w.click(".offer", "small/entities")
		w.until(`document.querySelector('main form textarea') && document.querySelector('#model').value === 'small/entities'`)
	})
}

// TestKeys: everything is reached without a pointer.
func TestKeys(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "#/models", wide)
	w.press("g")
	w.press("c")
	w.sees("h1", "Chat")
	w.until(`document.activeElement.matches('.composer textarea')`)
	w.press(kb.Escape) // out of the field
	w.press("?")
	w.sees("dialog", "Keyboard shortcuts")
	w.looks("help")
	w.press(kb.Escape)
	w.until(`!document.querySelector('dialog')`)
	w.press("m")
	w.until(`document.activeElement.id === 'model'`)
	w.run("document.activeElement.blur()")
	w.press("t")
	w.until(`document.documentElement.dataset.theme === 'dark'`)
	w.press("t")
	w.press("t")
	w.press("/")
	w.until(`document.activeElement.matches('.composer textarea')`)
	w.press("g?m") // in a field, keys are letters
	w.until(`document.querySelector('.composer textarea').value === 'g?m'`)
	w.run("document.activeElement.blur()")
	w.press("s")
	w.until(`document.querySelector('.settings').checkVisibility()`)
	w.press(kb.Escape)
	w.until(`!document.querySelector('.settings').checkVisibility()`)
}

// TestTab: from the top, Tab goes through what is there in the order in which it is read.
func TestTab(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "#/fill", wide)
	w.until("document.activeElement.matches('main textarea')") // where one begins
	w.run("document.querySelector('.skip').focus()")
	for _, want := range []string{".brand", "#model", "[aria-label='API key']", "[aria-label^=Theme]", "[aria-label='Keyboard shortcuts']", "nav a"} {
		w.press(kb.Tab)
		w.until("document.activeElement.matches(`" + want + "`)")
	}
	w.run("document.activeElement.blur(); document.querySelector('.skip').focus()")
	w.press(kb.Enter)
	w.press(kb.Tab)
	w.until("document.activeElement.matches('main textarea')")
	w.press(kb.Tab, chromedp.ModifierShift)
	w.until("!document.activeElement.matches('main textarea')")
}

func TestMenu(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", narrow)
	w.click(".menu", "")
	w.until(`document.querySelector('nav a[aria-current]') === document.activeElement`)
	w.looks("menu")
	w.press(kb.Escape)
	w.until(`document.activeElement.matches('.menu')`)
	w.click(".menu", "")
	w.click("nav a", "Tokenizer")
	w.sees("h1", "Tokenizer")
	w.until(`!document.querySelector('nav').checkVisibility({visibilityProperty: true})`)
}

func TestKeyDialog(t *testing.T) {
	f := newFake(t, "secret")
	w := open(t, f.URL, "", wide)
	w.sees("dialog", "The server wants an API key")
	w.looks("asked")
	w.press("wrong")
	w.press(kb.Enter)
	w.until(`document.querySelector('dialog[open] input')?.value === 'wrong'`) // asked again
	w.write("dialog[open] input", "secret")
	w.press(kb.Enter)
	w.sees(".log", "Talk with")
	w.until(`sessionStorage.getItem('zoo.key') === 'secret' && !JSON.stringify(localStorage).includes('secret')`)
}

func TestNoServer(t *testing.T) {
	f := newFake(t, "")
	w := open(t, f.URL, "", wide)
	f.key = "now"
	w.do(chromedp.Reload())
	w.sees("[role=alert]", "wants an API key")
	w.press(kb.Escape)
	w.sees("main [role=alert]", "An API key is needed")
	w.looks("refused")
	f.key = ""
	w.click("button", "Try again")
	w.sees(".log", "Talk with")
}
