// Text to text: what an encoder-decoder makes of a text.
import { events } from '../api';
import { h } from '../dom';
import { icon } from '../icons';
import { Model, summarize, translate } from '../native';
import { Play } from '../play';
import { copy } from '../say';
import type { Host, Kind, View } from '../view';
import { area, line, Switch } from '../widgets';

const languages = ['English', 'German', 'French', 'Romanian', 'Spanish', 'Italian', 'Portuguese', 'Dutch', 'Polish', 'Turkish', 'Arabic', 'Hindi', 'Chinese', 'Japanese'];
const examples = ['my uncle had written that he was ill', 'what did you say to mrs reed when she left the house', 'the ship left plymouth in the winter'];

export function rewriteView(host: Host, kind: Kind): View {
  const text = area('Text', examples[0], 4);
  const from = line('From', 'English', languages);
  const to = line('To', 'German', languages);
  const pair = h('div', { class: 'fields-in two' }, from.field, to.field);
  const what = new Switch('What to do', [['generate', 'As trained'], ['translate', 'Translate'], ['summarize', 'Summarise']], () => paint());
  const paint = () => (pair.hidden = what.value !== 'translate');
  paint();
  return new Play(host, {
    kind, first: text.input, fields: [what.element, text.field, pair], action: 'Write',
    hint: 'What the model makes of the text appears here.',
    examples: examples.map((e) => ({ label: e, use: () => (text.input.value = e) })),
    missing: () => (text.input.value.trim() ? '' : 'There is no text.'),
    run: async (m, signal) => {
      const input = text.input.value;
      if (what.value === 'translate') return result(await translate(m.name, input, from.input.value.trim(), to.input.value.trim(), signal));
      if (what.value === 'summarize') return result(await summarize(m.name, input, signal));
      let out = '';
      for await (const e of events('v1/completions', { model: m.name, prompt: input, stream: true, temperature: 0, max_tokens: 256 }, signal)) out += e.choices?.[0]?.text ?? '';
      return result(out);
    },
    changed: (m: Model) => {
      what.allow((v) => v === 'generate' || m.tasks.includes(v));
      paint();
    },
  });
}

function result(out: string): HTMLElement {
  return h('section', { class: 'card', 'aria-label': 'What the model wrote' },
    out.trim() ? h('p', { class: 'spans' }, out.trim()) : h('p', { class: 'dim' }, 'The model wrote nothing.'),
    out.trim() !== '' && h('div', { class: 'row' }, h('button', { type: 'button', class: 'quiet small', on: { click: () => void copy(out.trim()) } }, icon('copy'), 'Copy')));
}
