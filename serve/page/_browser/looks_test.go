package browser

import (
	"fmt"
	"testing"
)

// faint finds texts whose contrast with what lies behind them is below 4.5 (WCAG 2.2,
// 1.4.3), large or not. Colours are turned into sRGB by a canvas.
const faint = `(() => {
  const g = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
  const rgba = (c) => { g.clearRect(0, 0, 1, 1); g.fillStyle = c; g.fillRect(0, 0, 1, 1); return [...g.getImageData(0, 0, 1, 1).data]; };
  const over = (a, b) => { const t = a[3] / 255; return [0, 1, 2].map((i) => a[i] * t + b[i] * (1 - t)).concat(255); };
  const behind = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); layers.push(c); if (c[3] === 255) break; }
    return layers.reverse().reduce((b, c) => over(c, b), [255, 255, 255, 255]);
  };
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const bad = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) {
    const e = n.parentElement;
    if (!n.textContent.trim() || !e.checkVisibility({opacityProperty: true, visibilityProperty: true}) || e.closest('.hidden, :disabled, .skip, option, datalist') || e.closest('label')?.previousElementSibling?.disabled) continue;
    const ground = behind(e);
    let ink = rgba(getComputedStyle(e).color);
    for (let o = e; o; o = o.parentElement) ink[3] *= Number(getComputedStyle(o).opacity);
    ink = over(ink, ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) bad.add(contrast.toFixed(2) + ' ' + e.tagName + '.' + e.className + ': ' + n.textContent.trim().slice(0, 40));
  }
  return [...bad];
})()`

// nameless finds what can be used but has no name to be read aloud, names that are given
// twice, and headings that are missing.
const nameless = `(() => {
  const bad = [];
  for (const e of document.querySelectorAll('button, a[href], input, textarea, select, [role=listbox], [role=region], [role=log], dialog')) {
    if (!e.checkVisibility()) continue;
    const name = e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') && document.getElementById(e.getAttribute('aria-labelledby'))?.textContent) || [...(e.labels ?? [])].map((l) => l.textContent).join('') || (/^(BUTTON|A)$/.test(e.tagName) ? e.textContent : '');
    if (!name.trim()) bad.push('no name: ' + e.outerHTML.slice(0, 120));
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) bad.push('twice: #' + id);
  for (const a of ['aria-labelledby', 'aria-describedby', 'aria-controls']) for (const e of document.querySelectorAll('[' + a + ']')) if (!document.getElementById(e.getAttribute(a))) bad.push(a + ' of nothing: ' + e.getAttribute(a));
  if (document.querySelectorAll('h1').length !== 1) bad.push('h1: ' + document.querySelectorAll('h1').length);
  return bad;
})()`

// beyond finds what makes the page wider than the window.
const beyond = `(() => {
  const bad = [];
  for (const e of [document.documentElement, document.querySelector('main')]) if (e.scrollWidth > e.clientWidth) bad.push(e.tagName + ' is ' + e.scrollWidth + ' wide in ' + e.clientWidth);
  const right = document.documentElement.clientWidth;
  for (const e of document.querySelectorAll('main *, body > header *')) if (e.checkVisibility() && !e.closest('.scroll, pre, svg, .hidden') && e.getBoundingClientRect().right > right + 0.5) bad.push(e.tagName + '.' + e.className + ' ends at ' + e.getBoundingClientRect().right);
  return bad;
})()`

// looks holds what is seen now to the rules of form, in light and dark.
func (w *window) looks(name string) {
	w.t.Helper()
	for _, dark := range []bool{false, true} {
		w.dark(dark)
		scheme := map[bool]string{false: "light", true: "dark"}[dark]
		w.shot(name + "-" + scheme)
		for _, line := range value[[]string](w, faint) {
			w.t.Errorf("%s, %s: contrast %s", name, scheme, line)
		}
	}
	for _, find := range []string{nameless, beyond} {
		for _, line := range value[[]string](w, find) {
			w.t.Errorf("%s: %s", name, line)
		}
	}
	w.dark(false)
}

// each runs a test in a wide window and in one of a phone.
func each(t *testing.T, origin, hash string, f func(w *window)) {
	for _, width := range []int64{wide, narrow} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			f(open(t, origin, hash, width))
		})
	}
}
