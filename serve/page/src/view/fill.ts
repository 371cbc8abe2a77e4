// Fill mask: what may stand in a gap of a text.
import { h } from '../dom';
import { icon } from '../icons';
import { fillMask, Model, Predicted } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, bars, surface } from '../widgets';

export function fillView(host: Host, kind: Kind): View {
  const text = area('Text', '', 3);
  let mask = '[MASK]';
  const insert = h('button', { type: 'button', on: { click: () => put() } }, icon('plus'), 'Gap');
  const put = () => {
    const t = text.input;
    t.setRangeText(mask, t.selectionStart, t.selectionEnd, 'end');
    t.focus();
  };
  const sentences = ['She took her _ and left the room.', 'The _ was cold, and the _ was dark.', 'He is the _ of my brother.'];
  const use = (s: string) => () => (text.input.value = s.replaceAll('_', mask));
  const play = new Play(host, {
    kind, first: text.input, fields: [text.field], action: 'Fill', beside: [insert],
    hint: 'The likeliest words for each gap appear here. Click one to put it in.',
    examples: sentences.map((s) => ({ label: s.replaceAll('_', '▢'), use: use(s) })),
    missing: () => (text.input.value.includes(mask) ? '' : `The text has no gap: put ${mask} where a word is missing.`),
    run: async (m, signal) => result(await fillMask(m.name, text.input.value, 8, signal)),
    changed: (m: Model) => {
      const before = mask;
      mask = m.mask ?? '[MASK]';
      if (text.input.value === '') use(sentences[0])();
      else text.input.value = text.input.value.replaceAll(before, mask);
      insert.title = `Put ${mask} where the cursor is`;
    },
  });

  const result = (masks: Predicted[][]) => {
    const parts = text.input.value.split(mask);
    return h('div', { class: 'gaps' }, masks.map((all, i) => h('section', { class: 'card', 'aria-label': `Gap ${i + 1}` },
      h('h2', { class: 'excerpt' }, masks.length > 1 && h('span', { class: 'count' }, i + 1), tail(parts[i]), h('mark', { class: 'c0' }, '▢'), head(parts[i + 1] ?? '')),
      bars('Likeliest first', all.map((p) => ({ label: shown(p), name: p.token, score: p.score, note: 'put it in', pick: () => place(i, p) }))))));
  };

  // place puts a token into a gap, and asks again if gaps are left.
  const place = (i: number, p: Predicted) => {
    const parts = text.input.value.split(mask);
    const { text: word, joins } = surface(p);
    const before = parts.slice(0, i + 1).join(mask);
    text.input.value = (joins ? before.trimEnd() : before) + word + parts.slice(i + 1).join(mask);
    if (parts.length > 2) void play.run();
    text.input.focus();
  };
  return play;
}

const shown = (p: Predicted) => (p.token.startsWith('##') ? [h('span', { class: 'space' }, '…'), surface(p).text] : surface(p).text || p.token);
const tail = (s: string) => (s.length > 28 ? '… ' + s.slice(-26).replace(/^\S*\s/, '') : s);
const head = (s: string) => (s.length > 28 ? s.slice(0, 26).replace(/\s\S*$/, '') + ' …' : s);
