// Parts that several views are made of.
import { Child, h, id } from './dom';
import type { Predicted } from './native';

// area is a field of several lines with its label.
export function area(label: string, value: string, rows = 3, about = ''): { field: HTMLElement; input: HTMLTextAreaElement } {
  const name = id('area');
  const input = h('textarea', { id: name, rows, 'aria-describedby': about ? name + '-about' : undefined });
  input.value = value;
  return { input, field: h('div', { class: 'field' }, h('label', { for: name }, label), input, about && h('small', { id: name + '-about' }, about)) };
}

// line is a field of one line with its label, and what to offer in it.
export function line(label: string, value: string, offers: string[] = [], about = ''): { field: HTMLElement; input: HTMLInputElement } {
  const name = id('line');
  const input = h('input', { id: name, type: 'text', autocomplete: 'off', list: offers.length ? name + '-list' : undefined, 'aria-describedby': about ? name + '-about' : undefined });
  input.value = value;
  return { input, field: h('div', { class: 'field' }, h('label', { for: name }, label), input, about && h('small', { id: name + '-about' }, about), offers.length > 0 && h('datalist', { id: name + '-list' }, offers.map((o) => h('option', { value: o })))) };
}

export function choose(label: string, options: [value: string, text: string][]): { field: HTMLElement; input: HTMLSelectElement } {
  const name = id('select');
  const input = h('select', { id: name }, options.map(([value, text]) => h('option', { value }, text)));
  return { input, field: h('div', { class: 'field inline' }, h('label', { for: name }, label), input) };
}

export function check(label: string, checked: boolean): { field: HTMLElement; input: HTMLInputElement } {
  const name = id('check');
  const input = h('input', { id: name, type: 'checkbox', checked });
  return { input, field: h('span', { class: 'row check' }, input, h('label', { for: name }, label)) };
}

// A Switch is a choice of a few, all of them seen.
export class Switch {
  readonly element: HTMLElement;
  private name = id('switch');
  private inputs: HTMLInputElement[];

  constructor(label: string, options: [value: string, text: string][], chosen: () => void) {
    this.inputs = options.map(([value], i) => h('input', { type: 'radio', name: this.name, id: `${this.name}-${i}`, value, checked: i === 0, on: { change: chosen } }));
    this.element = h('fieldset', { class: 'switch' }, h('legend', { class: 'hidden' }, label), options.map(([, text], i) => [this.inputs[i], h('label', { for: this.inputs[i].id }, text)]));
  }

  get value(): string {
    return this.inputs.find((i) => i.checked)?.value ?? '';
  }

  set value(v: string) {
    for (const i of this.inputs) i.checked = i.value === v;
  }

  // allow leaves only some of the options to be chosen.
  allow(f: (value: string) => boolean): void {
    for (const i of this.inputs) i.disabled = !f(i.value);
    if (this.inputs.find((i) => i.checked)?.disabled) this.value = this.inputs.find((i) => !i.disabled)?.value ?? '';
  }
}

export interface Bar {
  label: Child;
  name: string; // of it, read aloud
  score: number; // from 0 to 1
  pick?: () => void;
  note?: string;
}

// bars shows scores, the longest bar for 1. Those that can be picked are buttons.
export function bars(label: string, all: Bar[]): HTMLElement {
  const row = (b: Bar) => [h('span', { class: 'bar-label' }, b.label), h('span', { class: 'bar', vars: { v: Math.max(0, Math.min(1, b.score)) } }, h('i')), h('span', { class: 'bar-value' }, percent(b.score))];
  return h('ol', { class: 'bars', 'aria-label': label },
    all.map((b) => h('li', {}, b.pick ? h('button', { type: 'button', class: 'bar-row', 'aria-label': `${b.name}, ${percent(b.score)}${b.note ? ', ' + b.note : ''}`, title: b.note, on: { click: b.pick } }, row(b)) : h('div', { class: 'bar-row' }, row(b)))));
}

export function percent(p: number): string {
  const v = p * 100;
  return (v >= 99.95 || v === 0 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v >= 0.01 ? v.toFixed(2) : '< 0.01') + ' %';
}

// visible shows what a reader would not see: spaces at the ends, line breaks, tabs.
export function visible(text: string): Child[] {
  const mark = (s: string) => h('span', { class: 'space' }, s);
  return [...text.matchAll(/ +|\n|\t|[^ \n\t]+/g)].map((m) => (m[0] === '\n' ? mark('↵') : m[0] === '\t' ? mark('⇥') : m[0][0] === ' ' ? mark('·'.repeat(m[0].length)) : m[0]));
}

// surface returns what a predicted token looks like in a text, and whether it joins the word before it.
// Vocabularies mark that in three ways: ## before parts of words, Ġ or ▁ before their beginnings.
export function surface(p: Predicted): { text: string; joins: boolean } {
  const t = p.text ?? p.token;
  if (p.token.startsWith('##')) return { text: t.replace(/^##/, ''), joins: true };
  if (/^[.,;:!?)\]]+$/.test(t)) return { text: t, joins: true };
  return { text: t.replace(/^[▁Ġ ]/, ''), joins: false };
}

// written returns a token as it goes on a text: "" where it cannot, as it ends the text, or is a part of a character.
export function written(p: Predicted): string {
  const t = p.text ?? p.token.replace(/^[▁Ġ]/, ' ');
  if (t.includes('\ufffd') || (t === p.token && /^(<[^<>\s]+>|\[[A-Z]+\])$/.test(t))) return '';
  return /^[▁Ġ]/.test(p.token) && !t.startsWith(' ') ? ' ' + t : t;
}

// A Span is a part of a text in characters, with its colour and label.
export interface Span {
  start: number;
  end: number;
  label: string;
  colour: number;
  title: string;
}

// spans shows a text with parts of it marked. Parts that overlap one before them are left out.
export function spans(text: string, all: Span[]): HTMLElement {
  const chars = Array.from(text);
  const out: Child[] = [];
  let at = 0;
  for (const s of [...all].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (s.start < at || s.end > chars.length) continue;
    out.push(chars.slice(at, s.start).join(''), h('mark', { class: 'c' + (s.colour % 8), title: s.title }, chars.slice(s.start, s.end).join(''), s.label && h('small', {}, s.label)));
    at = s.end;
  }
  return h('p', { class: 'spans' }, out, chars.slice(at).join(''));
}

export const size = (n: number): string => (n >= 1e9 ? (n / 1e9).toFixed(1) + ' billion' : n >= 1e6 ? (n / 1e6).toFixed(1) + ' million' : n.toLocaleString('en'));
