// The panel beside the chat: the system prompt, and how the next token is drawn.
import { fill, h, id } from '../dom';
import { icon } from '../icons';
import { noSettings, saveSettings, Settings } from './chat_store';

interface Field {
  key: Exclude<keyof Settings, 'system' | 'stop'>;
  label: string;
  about: string;
  min: number;
  max?: number;
  step: number;
}

const fields: Field[] = [
  { key: 'temperature', label: 'Temperature', about: '0 always takes the likeliest token', min: 0, max: 5, step: 0.05 },
  { key: 'top_p', label: 'Top p', about: 'the likeliest tokens that together have this probability', min: 0.01, max: 1, step: 0.01 },
  { key: 'top_k', label: 'Top k', about: 'no more than so many tokens; 0: any number', min: 0, step: 1 },
  { key: 'min_p', label: 'Min p', about: 'tokens at least so likely, measured by the likeliest', min: 0, max: 1, step: 0.01 },
  { key: 'repetition_penalty', label: 'Repetition', about: 'a penalty: above 1, what was said is less likely', min: 0.1, max: 5, step: 0.05 },
  { key: 'max_tokens', label: 'Most tokens', about: 'where an answer is cut', min: 1, step: 1 },
  { key: 'seed', label: 'Seed', about: 'the same seed writes the same text', min: 0, step: 1 },
];

// settingsPanel returns the panel of s, which it keeps up to date.
export function settingsPanel(s: Settings, close: () => void): HTMLElement {
  const keep = () => saveSettings(s);
  const body = h('div', { class: 'fields' });
  const build = () => fill(body, systemField(s, keep), h('div', { class: 'numbers' }, fields.map((f) => number(f, s, keep))), stopField(s, keep));
  build();
  const reset = () => {
    Object.assign(s, noSettings);
    keep();
    build();
  };
  return h('aside', { class: 'settings', 'aria-label': 'Settings of the chat' },
    h('header', {}, h('h2', {}, 'Settings'), h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close the settings', on: { click: close } }, icon('close'))),
    body,
    h('footer', {}, h('button', { type: 'button', class: 'small', on: { click: reset } }, icon('undo'), 'As the model has it')));
}

function systemField(s: Settings, keep: () => void): HTMLElement {
  const name = id('system');
  const area = h('textarea', { id: name, rows: 4, placeholder: 'What the model should be and do', on: { input: () => ((s.system = area.value), keep()) } });
  area.value = s.system;
  return h('div', { class: 'field' }, h('label', { for: name }, 'System prompt'), area);
}

function stopField(s: Settings, keep: () => void): HTMLElement {
  const name = id('stop');
  const area = h('textarea', { id: name, rows: 2, spellcheck: 'false', 'aria-describedby': name + '-about', on: { input: () => ((s.stop = area.value), keep()) } });
  area.value = s.stop;
  return h('div', { class: 'field' }, h('label', { for: name }, 'Stop at'), area, h('small', { id: name + '-about' }, 'texts that end an answer, one a line'));
}

function number(f: Field, s: Settings, keep: () => void): HTMLElement {
  const name = id(f.key);
  const input = h('input', { id: name, type: 'number', inputmode: 'decimal', min: f.min, max: f.max, step: f.step, placeholder: 'auto', 'aria-describedby': name + '-about' });
  if (s[f.key] !== null) input.value = String(s[f.key]);
  input.addEventListener('input', () => {
    const ok = input.value === '' || input.validity.valid || input.validity.stepMismatch;
    input.setAttribute('aria-invalid', String(!ok));
    if (!ok) return;
    s[f.key] = input.value === '' ? null : Number(input.value);
    keep();
  });
  return h('div', { class: 'field' }, h('label', { for: name }, f.label), input, h('small', { id: name + '-about' }, f.about));
}
