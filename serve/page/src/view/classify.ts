// Classification: how well each label fits a text, the model's own or any that are given.
import { h } from '../dom';
import { classify, Model, Scored, zeroShot } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, bars, check, line, Switch } from '../widgets';

export function classifyView(host: Host, kind: Kind): View {
  const text = area('Text', 'The sea was calm, the food was good, and I would go again tomorrow.', 3);
  const pair = area('Second text', '', 2, 'for models that judge a pair: does the one follow from the other? Else leave it empty.');
  const labels = line('Labels', 'travel, cooking, politics, sports', [], 'with commas between them');
  const template = line('Sentence', '', [], '{} stands for the label. Empty: “This example is {}.”');
  const many = check('Several may fit', false);
  const own = h('div', { class: 'fields-in' }, pair.field);
  const given = h('div', { class: 'fields-in' }, h('div', { class: 'fields-in two' }, labels.field, template.field), many.field);
  const which = new Switch('Labels', [['own', "The model's labels"], ['given', 'Labels of yours']], () => paint());
  const paint = () => {
    own.hidden = which.value !== 'own';
    given.hidden = which.value !== 'given';
  };
  const words = () => labels.input.value.split(',').map((s) => s.trim()).filter((s) => s !== '');
  paint();
  return new Play(host, {
    kind, first: text.input, fields: [which.element, text.field, own, given], action: 'Classify',
    hint: 'Labels with their probabilities appear here.',
    missing: () => (!text.input.value.trim() ? 'There is no text.' : which.value === 'given' && words().length === 0 ? 'There are no labels.' : ''),
    run: async (m, signal) => {
      const all = which.value === 'own' ? await classify(m.name, text.input.value, pair.input.value.trim(), signal) : await zeroShot(m.name, text.input.value, words(), template.input.value.trim(), many.input.checked, signal);
      return scores(all);
    },
    changed: (m: Model) => {
      which.allow((v) => m.tasks.includes(v === 'own' ? 'classify' : 'zero-shot'));
      paint();
    },
  });
}

function scores(all: Scored[]): HTMLElement {
  return h('section', { class: 'card', 'aria-label': 'Labels' }, bars('Likeliest first', [...all].sort((a, b) => b.score - a.score).map((s) => ({ label: s.label, name: s.label, score: s.score }))));
}
