// A message of the chat, as it is shown.
import { fill, h } from '../dom';
import { icon, Icon } from '../icons';
import { Page } from '../markdown';
import { copy } from '../say';
import type { Message, Stats, Version } from './chat_store';

export interface Actions {
  edit(i: number, text: string): void; // puts text in place of the message and asks again
  again(i: number): void; // asks for another version
  turn(i: number, by: number): void; // shows another version
}

const act = (name: Icon, label: string, f: () => void, disabled = false) => h('button', { type: 'button', class: 'quiet icon-only small', 'aria-label': label, title: label, disabled, on: { click: f } }, icon(name));

export function userMessage(content: string, i: number, a: Actions): HTMLElement {
  const body = h('div', { class: 'bubble' }, content);
  const row = h('div', { class: 'actions' }, act('copy', 'Copy', () => void copy(content)), act('edit', 'Edit', () => editing(element, content, i, a)));
  const element = h('article', { class: 'message user', 'aria-label': 'You' }, body, row);
  return element;
}

// editing turns a message into a field.
function editing(element: HTMLElement, content: string, i: number, a: Actions): void {
  const before = [...element.childNodes];
  const area = h('textarea', { 'aria-label': 'Your message', rows: Math.min(12, content.split('\n').length + 1) });
  area.value = content;
  const back = () => {
    element.replaceChildren(...before);
    element.querySelector<HTMLElement>('[aria-label=Edit]')?.focus();
  };
  const send = () => (area.value.trim() ? a.edit(i, area.value.trim()) : back());
  area.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') back();
    else if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) send();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  fill(element, h('div', { class: 'edit' }, area, h('div', { class: 'row end' }, h('button', { type: 'button', on: { click: back } }, 'Cancel'), h('button', { type: 'button', class: 'primary', on: { click: send } }, 'Send'))));
  area.focus();
  area.setSelectionRange(content.length, content.length);
}

// An AnswerView shows a version that may grow.
export class AnswerView {
  readonly element: HTMLElement;
  private page = new Page();
  private thought = new Page();
  private details = h('details', { class: 'thought', hidden: true }, h('summary', {}, 'Thoughts'), this.thought.element);
  private footer = h('div', { class: 'actions' });
  private foot = h('p', { class: 'stats' });

  constructor(private m: Extract<Message, { role: 'assistant' }>, private i: number, private a: Actions) {
    this.element = h('article', { class: 'message assistant', 'aria-label': this.version().stats?.model ?? 'Answer' }, this.details, this.page.element, this.foot, this.footer);
    this.paint(false);
  }

  private version(): Version {
    return this.m.versions[this.m.shown];
  }

  // paint shows what has come; busy while more is to come.
  paint(busy: boolean): void {
    const v = this.version();
    this.element.classList.toggle('busy', busy);
    this.element.setAttribute('aria-busy', String(busy));
    this.element.setAttribute('aria-label', v.stats?.model || 'Answer');
    this.details.hidden = !v.reasoning;
    if (v.reasoning) this.thought.set(v.reasoning);
    this.page.set(v.content);
    this.page.element.hidden = !v.content && !busy;
    fill(this.foot, stats(v, busy));
    if (busy) this.footer.replaceChildren();
    else this.buttons(v);
  }

  private buttons(v: Version): void {
    const n = this.m.versions.length;
    fill(this.footer,
      n > 1 && h('span', { class: 'versions' }, act('left', 'The version before', () => this.a.turn(this.i, -1), this.m.shown === 0), `${this.m.shown + 1} / ${n}`, act('right', 'The next version', () => this.a.turn(this.i, 1), this.m.shown === n - 1)),
      act('copy', 'Copy', () => void copy(v.content)),
      act('retry', 'Ask again', () => this.a.again(this.i)));
  }
}

function stats(v: Version, busy: boolean): (HTMLElement | false)[] {
  if (v.error) return [h('span', { class: 'problem', role: 'alert' }, v.error)];
  const s = v.stats;
  if (!s || (busy && !s.first)) return [h('span', {}, busy ? 'reading …' : '')];
  const fact = (value: string, label: string, title: string) => h('span', { title }, h('b', {}, value), ' ' + label);
  return [
    h('span', {}, s.model),
    s.first > 0 && fact(time(s.first), 'to the first token', 'from sending to the first token, as this page saw it'),
    s.rate > 0 && fact(s.rate >= 100 ? s.rate.toFixed(0) : s.rate.toFixed(1), 'tokens/s', 'after the first token'),
    fact(String(s.tokens), s.tokens === 1 ? 'token' : 'tokens', s.prompt ? `${s.prompt} read` + (s.cached ? `, ${s.cached} of them known from before` : '') : ''),
    s.prompt > 0 && s.context > 0 && fact(`${s.prompt + s.tokens} of ${s.context}`, 'in its context', 'tokens of this chat, and how many the model has room for'),
    why(s),
  ];
}

const time = (ms: number) => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`);

function why(s: Stats): HTMLElement | false {
  const text = ({ length: 'cut at the limit', stopped: 'stopped' } as Record<string, string>)[s.why];
  return text ? h('span', { class: 'mark' }, text) : false;
}
