// Next token: what a model would write next, and a text made of what the reader picks.
import { events, told } from '../api';
import { fill, h } from '../dom';
import { icon } from '../icons';
import { Model, next, Predicted } from '../native';
import { Play } from '../play';
import { say } from '../say';
import type { Host, Kind, View } from '../view';
import { area, bars, percent, visible, written } from '../widgets';

const start = 'It was a dark evening, and the';
const examples = [start, 'My uncle said that he would', 'The species which'];

export function nextView(host: Host, kind: Kind): View {
  const text = area('Text', start, 4);
  const path = h('p', { class: 'path', 'aria-live': 'polite' });
  const undo = h('button', { type: 'button', disabled: true, on: { click: () => back() } }, icon('undo'), 'Take back');
  let picked: { before: string; p: Predicted }[] = [];
  let shown: Predicted[] = [];
  let hold = false; // the focus, in the list
  let writing: AbortController | null = null;
  const on = h('button', { type: 'button', on: { click: () => (writing ? writing.abort() : void write()) } });

  const play = new Play(host, {
    kind, first: text.input, fields: [text.field, path], action: '', beside: [on, undo],
    hint: 'The likeliest next tokens appear here. Click one to go on with it.',
    examples: examples.map((e) => ({ label: e + ' …', use: () => ((text.input.value = e), forget()) })),
    stop: () => {
      const any = writing !== null;
      writing?.abort();
      return any;
    },
    shown: () => {
      if (hold) element.querySelector<HTMLElement>('.bars button')?.focus();
      hold = false;
    },
    run: async (m: Model, signal) => {
      shown = await next(m.name, text.input.value, 12, signal);
      return list();
    },
  });
  const element = play.element;
  text.input.addEventListener('input', () => forget());

  const list = () => {
    const all = bars('Likeliest next tokens', shown.map((p, i) => ({
      label: [i < 9 && h('kbd', {}, i + 1), token(p, i)],
      name: written(p) ? `“${written(p)}”` : p.token, score: p.score, note: written(p) ? 'go on with it' : 'it cannot be written by itself',
      pick: () => pick(p),
    })));
    const rest = 1 - shown.reduce((s, p) => s + p.score, 0);
    return h('section', { class: 'card', 'aria-label': 'Next token' }, all, h('p', { class: 'dim' }, `All other tokens together: ${percent(Math.max(0, rest))}`));
  };
  const pick = (p: Predicted) => {
    if (!written(p) || play.busy || writing) return; // what is shown is not of this text
    picked.push({ before: text.input.value, p });
    text.input.value += written(p);
    again();
  };
  const back = () => {
    const last = picked.pop();
    if (!last) return;
    text.input.value = last.before;
    again();
  };
  // write lets the model choose, as it does in a chat.
  const write = async () => {
    const m = host.model();
    if (!m || writing) return;
    writing = new AbortController();
    forget();
    try {
      for await (const e of events('v1/completions', { model: m.name, prompt: text.input.value, stream: true, max_tokens: 48 }, writing.signal)) {
        text.input.value += e.choices?.[0]?.text ?? '';
        text.input.scrollTop = text.input.scrollHeight;
      }
    } catch (e) {
      if (!writing.signal.aborted) say(told(e));
    } finally {
      writing = null;
      paint();
      void play.run();
    }
  };
  const again = () => {
    hold = element.contains(document.activeElement) && document.activeElement !== text.input && document.activeElement !== undo;
    text.input.scrollTop = text.input.scrollHeight;
    paint();
    void play.run();
  };
  const forget = () => {
    picked = [];
    paint();
  };
  const paint = () => {
    undo.disabled = picked.length === 0;
    fill(on, icon(writing ? 'stop' : 'next'), writing ? 'Stop' : 'Write on');
    const whole = picked.reduce((s, x) => s + Math.log2(x.p.score), 0);
    fill(path, picked.length === 0 ? h('span', { class: 'dim' }, 'What you pick is put behind the text.') : [
      picked.map((x, i) => token(x.p, i)),
      h('span', { class: 'dim' }, ` ${(-whole).toFixed(1)} bits, ${(-whole / picked.length).toFixed(1)} a token`)]);
  };
  element.addEventListener('keydown', (e) => {
    if (e.target === text.input || e.ctrlKey || e.metaKey || e.altKey) return;
    const i = '123456789'.indexOf(e.key);
    if (i >= 0 && shown[i]) pick(shown[i]);
    else if (e.key === 'Backspace') back();
    else return arrows(e);
    e.preventDefault();
  });
  paint();
  return play;
}

// arrows moves between the tokens.
function arrows(e: KeyboardEvent): void {
  const item = (e.target as HTMLElement).closest('li');
  const to = e.key === 'ArrowDown' ? item?.nextElementSibling : e.key === 'ArrowUp' ? item?.previousElementSibling : null;
  if (!to) return;
  e.preventDefault();
  to.querySelector('button')?.focus();
}

const token = (p: Predicted, i: number) => h('span', { class: 'token c' + (i % 8), title: percent(p.score) }, h('span', {}, written(p) ? visible(written(p)) : p.token));
