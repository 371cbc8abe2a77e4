// Tokenizer: the pieces that a model reads a text in.
import { fill, h } from '../dom';
import { Piece, tokenize } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, visible } from '../widgets';

const examples: [string, string][] = [
  ['Prose', 'It was not easy to say who had been walking there.'],
  ['Code', 'for i := range 10 {\n\tfmt.Println(i * 2)\n}'],
  ['Languages', 'Grüße aus Köln, σοφία, 你好, مرحبا 🙂'],
  ['Numbers', '3.14159 and 1,000,000 and 2^64'],
];
const most = 4000; // tokens that are shown

export function tokenizeView(host: Host, kind: Kind): View {
  const text = area('Text', examples[0][1], 4);
  return new Play(host, {
    kind, first: text.input, fields: [text.field], action: '',
    hint: 'The tokens of the text appear here.',
    examples: examples.map(([label, t]) => ({ label, use: () => (text.input.value = t) })),
    missing: () => (text.input.value ? '' : 'There is no text.'),
    run: async (m, signal) => {
      const input = text.input.value;
      return result(input, await tokenize(m.name, input, signal));
    },
  });
}

function result(text: string, all: Piece[]): Node[] {
  const characters = Array.from(text).length;
  const bytes = new TextEncoder().encode(text).length;
  const fact = (n: string | number, label: string) => h('div', {}, h('dd', {}, n), h('dt', {}, label));
  const about = h('p', { class: 'about', 'aria-live': 'polite' }, 'Point at a token, or go through them with the arrow keys.');
  const list = h('div', { class: 'tokens', role: 'listbox', 'aria-label': 'Tokens', tabindex: 0 });
  const ids = h('label', { class: 'row check' }, h('input', { type: 'checkbox', on: { change: () => list.classList.toggle('with-ids') } }), 'Show ids');
  // A character may be several tokens, of its bytes: it is shown in the first.
  const part = (i: number) => i > 0 && !all[i].special && all[i].end > all[i].start && all[i].start === all[i - 1].start && all[i].end === all[i - 1].end;
  const shown = (p: Piece, i: number) => (part(i) ? '⋯' : p.text ? visible(p.text) : '∅');
  const tokens = all.slice(0, most).map((p, i) => h('span', { role: 'option', 'aria-selected': 'false', class: p.special ? 'token special' : 'token c' + (i % 8), 'aria-label': `${p.text || 'special'}, id ${p.id}` }, h('span', {}, shown(p, i)), h('small', {}, p.id)));
  const show = (i: number) => {
    list.querySelector('[aria-selected=true]')?.setAttribute('aria-selected', 'false');
    tokens[i].setAttribute('aria-selected', 'true');
    const p = all[i];
    fill(about, h('b', {}, `Token ${i + 1}`), ' · id ', h('b', {}, p.id), ' · ', p.special ? 'put there by the tokenizer' : [part(i) || (i + 1 < all.length && part(i + 1)) ? 'a part of characters ' : 'characters ', h('b', {}, `${p.start}–${p.end}`)], ' · ', h('code', {}, JSON.stringify(p.text)));
  };
  let at = -1;
  const go = (i: number) => {
    at = Math.max(0, Math.min(tokens.length - 1, i));
    show(at);
    tokens[at].scrollIntoView({ block: 'nearest' });
  };
  tokens.forEach((t, i) => t.addEventListener('pointerenter', () => show((at = i))));
  list.addEventListener('click', (e) => {
    const i = tokens.findIndex((t) => t.contains(e.target as Node));
    if (i >= 0) go(i);
  });
  list.addEventListener('keydown', (e) => {
    const to = ({ ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: tokens.length - 1 } as Record<string, number>)[e.key];
    if (to === undefined) return;
    e.preventDefault();
    go(to);
  });
  fill(list, tokens);
  return [
    h('dl', { class: 'facts' }, fact(all.length, all.length === 1 ? 'token' : 'tokens'), fact(characters, 'characters'), fact(bytes, 'bytes'), fact(all.length ? (characters / all.length).toFixed(2) : '–', 'characters a token')),
    h('section', { class: 'card', 'aria-label': 'Tokens' }, list, all.length > most && h('p', { class: 'dim' }, `and ${all.length - most} more`), h('div', { class: 'row between' }, about, ids)),
  ];
}
