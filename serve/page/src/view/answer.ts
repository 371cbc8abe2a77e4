// Question answering: the part of a text that answers a question.
import { h } from '../dom';
import { answer, Answers } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, bars, check, line, percent, spans } from '../widgets';

const passage = 'The Beagle left Plymouth in December 1831. Darwin was twenty-two years old, and the voyage, planned for two years, lasted almost five. He spent most of that time on land, collecting rocks, plants and animals.';
const questions = ['How long did the voyage last?', 'When did the Beagle leave Plymouth?', 'What did he collect?'];

export function answerView(host: Host, kind: Kind): View {
  const question = line('Question', questions[0]);
  const context = area('Text that has the answer', passage, 6);
  const none = check('There may be no answer', false);
  return new Play(host, {
    kind, first: question.input, fields: [question.field, context.field, none.field], action: 'Answer',
    hint: 'The answer appears here, and where it stands in the text.',
    examples: questions.map((q) => ({ label: q, use: () => ((question.input.value = q), (context.input.value ||= passage)) })),
    missing: () => (!question.input.value.trim() ? 'There is no question.' : !context.input.value.trim() ? 'There is no text.' : ''),
    run: async (m, signal) => {
      const text = context.input.value;
      return result(text, await answer(m.name, question.input.value, text, none.input.checked, signal));
    },
  });
}

function result(text: string, a: Answers): HTMLElement {
  const others = (a.answers ?? []).slice(1).filter((o) => o.answer);
  const rest = others.length > 0 && [h('h2', {}, 'Others'), bars('Other answers', others.map((o) => ({ label: o.answer, name: o.answer, score: o.score })))];
  if (!a.answer || a.end <= a.start) return h('section', { class: 'card', 'aria-label': 'Answer' }, h('p', {}, 'The text has no answer, as far as the model can tell.'), rest);
  return h('section', { class: 'card', 'aria-label': 'Answer' },
    h('p', { class: 'big' }, a.answer, ' ', h('span', { class: 'dim' }, percent(a.score))),
    spans(text, [{ start: a.start, end: a.end, label: '', colour: 0, title: percent(a.score) }]), rest);
}
