package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestFill(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/fill", func(w *window) {
		w.write("form textarea", "A [MASK] and a [MASK].")
		w.press(kb.Enter, chromedp.ModifierCtrl)
		w.until(`document.querySelectorAll('.gaps .bars').length === 2`)
		w.sees(".bar-row", "52.0 %")
		w.sees(".bar-row", "< 0.01 %")
		w.looks("filled")
		w.click(".gaps section:nth-child(2) button", "hand")
		w.until(`document.querySelector('form textarea').value === 'A [MASK] and a hand.'`)
		w.until(`document.querySelectorAll('.gaps .bars').length === 1`)
		w.click(".gaps button", "##s")
		w.until(`document.querySelector('form textarea').value === 'As and a hand.'`)
		w.click("button", "Fill")
		w.sees(".status", "The text has no gap")
		w.click("button", "Gap")
		w.until(`document.querySelector('form textarea').value.includes('[MASK]')`)
	})
}

func TestClassify(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/classify", func(w *window) {
		w.click("button", "Classify")
		w.sees(".bar-row", "94.3 %")
		w.looks("own")
		w.click(".switch label", "Labels of yours")
		w.write("input[list], .two input", "sea, land")
		w.press(kb.Enter)
		w.sees(".bar-row", "land")
		w.sees(".bar-row", "60.0 %")
		w.looks("given")
	})
}

func TestTag(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/tag", func(w *window) {
		w.write("form textarea", "🙂 Charlotte Brontë met Ōe 🙂 in Haworth.")
		w.click("button", "Tag")
		w.until(`[...document.querySelectorAll('.spans mark')].map(m => m.firstChild.textContent).join('|') === 'Charlotte Brontë|Ōe 🙂|Haworth'`)
		w.sees(".list", "98.7 %")
		w.looks("tagged")
		w.write("form textarea", "nothing")
		w.click("button", "Tag")
		w.sees(".result", "No entity was found")
	})
}

func TestAnswer(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/answer", func(w *window) {
		w.press(kb.Enter) // the question has the focus on a machine with a pointer
		w.click("button", "Answer")
		w.sees(".big", "almost five")
		w.until(`document.querySelector('.spans mark').innerText === 'almost five'`)
		w.sees(".bars", "two years")
		w.looks("answered")
		w.write("form textarea", "No such thing.")
		w.click("button", "Answer")
		w.sees(".result", "no answer")
	})
}

func TestCompare(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/compare", func(w *window) {
		w.click("button", "Compare")
		w.until(`document.querySelectorAll('.heat td[title]').length === 25`)
		w.sees(".heat", "0.939")
		w.sees(".legend", "vectors of 160 numbers")
		w.looks("compared")
		w.write("form textarea", "only one")
		w.click("button", "Compare")
		w.sees(".status", "Two texts are needed")
	})
}

func TestTokenizer(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/tokenize", func(w *window) {
		w.until(`document.querySelectorAll('.token').length > 5`) // by itself
		w.write("form textarea", "Grüße 🙂\nyou")
		w.sees(".facts", "16")
		w.click(".check", "Show ids")
		w.focus(".tokens")
		w.press(kb.ArrowRight)
		w.press(kb.ArrowRight)
		w.sees(".about", "characters 5–7")
		w.looks("tokens")
		w.write("form textarea", "")
		w.sees(".status", "There is no text")
	})
}

func TestRewrite(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/rewrite", func(w *window) {
		w.write("form textarea", "good morning")
		w.click("button", "Write")
		w.sees(".result .spans", "You said: good morning")
		w.looks("written")
		w.click(".switch label", "Translate")
		w.click("button", "Write")
		w.sees(".result .spans", "English → German: good morning")
		w.looks("translated")
		w.click(".switch label", "Summarise")
		w.click("button", "Write")
		w.sees(".result .spans", "In short.")
	})
}

func TestNext(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/next", func(w *window) {
		w.sees(".bars", "30.0 %")
		w.write("form textarea", "The")
		still := `document.querySelector('main > section:not([aria-busy])') && `
		w.until(still + `document.querySelectorAll('.bars button').length > 10`)
		w.click(".bars button", "sea")
		w.until(still + `document.querySelector('form textarea').value === 'The sea'`)
		w.until(`document.activeElement.matches('.bars button')`)
		w.press("1")
		w.until(still + `document.querySelector('form textarea').value === 'The sea wind'`)
		w.sees(".path", "4.0 bits")
		w.until(`document.activeElement.matches('.bars button')`)
		w.looks("picked")
		w.press(kb.Backspace)
		w.until(still + `document.querySelector('form textarea').value === 'The sea'`)
		w.click(".bars button", "</s>") // ends the text: nothing goes on
		w.until(`document.querySelector('form textarea').value === 'The sea'`)
		w.click("button", "Write on")
		w.until(`document.querySelector('form textarea').value === 'The seaYou said: The sea'`)
		w.write("form textarea", "long")
		w.click("button", "Write on")
		w.until(`document.querySelector('form textarea').value.length > 40`)
		w.press(kb.Escape)
		w.sees("main button", "Write on")
		w.write("form textarea", "The")
		w.until(still + `true`)
		w.click(".bars button", "sea")
		w.click("button", "Take back")
		w.until(`document.querySelector('form textarea').value === 'The'`)
	})
}

func TestAttention(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/attention", func(w *window) {
		w.click("button", "Look")
		w.until(`document.querySelectorAll('.heads canvas').length === 16`)
		w.focus(".web button")
		w.sees(".looks", "100 %")
		w.looks("lines")
		w.click(".switch label", "Matrix")
		w.until(`document.querySelectorAll('.weights td[title]').length > 50`)
		w.focus(".head[aria-current]")
		w.press(kb.ArrowDown)
		w.press(kb.ArrowRight)
		w.sees(".attention h2", "Layer 2, head 2")
		w.looks("matrix")
	})
}

func TestModels(t *testing.T) {
	f := newFake(t, "")
	each(t, f.URL, "#/models", func(w *window) {
		w.sees(".models", "small/answers")
		w.click(".models button", "small/bert")
		w.sees(".model", "2.3 million")
		w.sees(".facts", "2.6 MB")
		w.until(`document.querySelector('.prose table td.end').innerText === '3.810'`)
		w.until(`!document.querySelector('.prose').innerText.includes('license')`)
		w.looks("card")
		w.click(".chip", "Fill mask")
		w.sees("h1", "Fill mask")
		w.until(`document.querySelector('#model').value === 'small/bert'`)
	})
}
