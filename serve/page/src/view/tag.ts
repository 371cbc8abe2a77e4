// Tagging: names and other entities, marked in the text.
import { h } from '../dom';
import { Entity, tag } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, percent, spans } from '../widgets';

const examples = ['Charlotte Brontë was born in Thornton and lived in Haworth.', 'In 1831 Charles Darwin sailed from Plymouth on the Beagle.'];

export function tagView(host: Host, kind: Kind): View {
  const text = area('Text', examples[0], 4);
  return new Play(host, {
    kind, first: text.input, fields: [text.field], action: 'Tag',
    hint: 'The text with its entities marked appears here.',
    examples: examples.map((e) => ({ label: e.split(' ').slice(0, 4).join(' ') + ' …', use: () => (text.input.value = e) })),
    missing: () => (text.input.value.trim() ? '' : 'There is no text.'),
    run: async (m, signal) => {
      const input = text.input.value;
      return result(input, await tag(m.name, input, signal));
    },
  });
}

function result(text: string, found: Entity[]): Node[] {
  const all = [...found].sort((a, b) => a.start - b.start);
  const labels = [...new Set(all.map((e) => e.label))].sort();
  const colour = (e: Entity) => labels.indexOf(e.label);
  const marked = h('section', { class: 'card', 'aria-label': 'The text with its entities' },
    spans(text, all.map((e) => ({ start: e.start, end: e.end, label: e.label, colour: colour(e), title: `${e.label}, ${percent(e.score)}` }))),
    all.length === 0 && h('p', { class: 'dim' }, 'No entity was found.'));
  if (all.length === 0) return [marked];
  return [marked, h('section', { class: 'card flush scroll', 'aria-label': 'Entities' }, h('table', { class: 'list' },
    h('thead', {}, h('tr', {}, ['Entity', 'Label', 'Characters', 'Probability'].map((t, i) => h('th', { scope: 'col', class: ['', '', 'end roomy', 'end'][i] }, t)))),
    h('tbody', {}, all.map((e) => h('tr', {}, h('td', {}, e.text), h('td', {}, h('mark', { class: 'c' + (colour(e) % 8) }, e.label)), h('td', { class: 'end roomy' }, `${e.start}–${e.end}`), h('td', { class: 'end' }, percent(e.score)))))))];
}
