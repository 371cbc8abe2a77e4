// Embeddings: how alike texts are, every one with every other.
import { h } from '../dom';
import { compare } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, check, choose } from '../widgets';

const sets: { label: string; texts: string[] }[] = [
  { label: 'Sea and kitchen', texts: ['The ship sailed at dawn.', 'A boat left the harbour.', 'She baked a loaf of bread.', 'The soup needs more salt.', 'The captain looked at the waves.'] },
  { label: 'Word order', texts: ['The dog bit the man.', 'The man bit the dog.', 'The man was bitten by the dog.', 'A cat slept.'] },
];

export function compareView(host: Host, kind: Kind): View {
  const texts = area('Texts, one a line', sets[0].texts.join('\n'), 6);
  const pooling = choose('Pooling', [['', "the model's own"], ['mean', 'mean'], ['cls', 'first token'], ['last', 'last token'], ['max', 'largest'], ['pooler', 'pooler']]);
  const normalize = check('Cosine', true);
  const lines = () => texts.input.value.split('\n').map((s) => s.trim()).filter((s) => s !== '');
  return new Play(host, {
    kind, first: texts.input, fields: [texts.field, h('div', { class: 'row wide-gap' }, pooling.field, normalize.field)], action: 'Compare',
    hint: 'The similarity of each text with each other appears here.',
    examples: sets.map((s) => ({ label: s.label, use: () => (texts.input.value = s.texts.join('\n')) })),
    missing: () => (lines().length < 2 ? 'Two texts are needed, each on its line.' : ''),
    run: async (m, signal) => {
      const all = lines();
      const r = await compare(m.name, all, pooling.input.value, normalize.input.checked, signal);
      return matrix(all, r.similarity, r.dimensions);
    },
  });
}

// matrix shows the similarities as a table. The least and the greatest beside the diagonal span the colours.
function matrix(texts: string[], s: number[][], dimensions?: number): HTMLElement {
  const off = s.flatMap((row, i) => row.filter((_, j) => i !== j));
  const low = Math.min(...off);
  const high = Math.max(...off);
  const heat = (v: number) => (high > low ? Math.max(0, Math.min(1, (v - low) / (high - low))) : 0.5);
  const digits = Math.max(...off.map(Math.abs)) > 10 ? 1 : 3;
  return h('section', { class: 'card', 'aria-label': 'Similarities' },
    h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table of similarities' }, h('table', { class: 'heat' },
      h('thead', {}, h('tr', {}, h('td'), texts.map((t, j) => h('th', { scope: 'col', title: t }, j + 1)))),
      h('tbody', {}, texts.map((t, i) => h('tr', {}, h('th', { scope: 'row' }, h('span', { class: 'count' }, i + 1), h('span', { class: 'clip', title: t }, t)), s[i].map((v, j) => h('td', { class: i === j ? 'same' : '', vars: { v: heat(v) }, title: `${texts[i]} / ${texts[j]}` }, v.toFixed(digits)))))))),
    h('p', { class: 'legend' }, h('span', {}, low.toFixed(digits)), h('i'), h('span', {}, high.toFixed(digits)), dimensions ? h('span', { class: 'dim' }, `vectors of ${dimensions} numbers`) : false));
}
