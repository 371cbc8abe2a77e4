// The chat: messages, a field to write in, and settings beside them.
import { Failure, told } from '../api';
import { fill, h } from '../dom';
import { icon } from '../icons';
import type { Model } from '../native';
import { say, tell } from '../say';
import type { Host, View } from '../view';
import { Actions, AnswerView, userMessage } from './chat_message';
import { settingsPanel } from './chat_settings';
import { loadMessages, loadSettings, Message, saveMessages, Version, wire } from './chat_store';
import { sentences, stream } from './chat_stream';

const openings = ['It was a dark evening in the middle of November, and', 'Tell me about a walk by the sea.', 'What makes a good friend?'];

export class Chat implements View, Actions {
  private messages: Message[] = loadMessages();
  private readonly chosen = loadSettings();
  private running: AbortController | null = null;
  private pinned = true; // to the end, unless the reader scrolls away

  private log = h('div', { class: 'log', role: 'log', 'aria-live': 'off', 'aria-label': 'Messages', tabindex: 0, on: { scroll: () => (this.pinned = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40) } });
  private field = h('textarea', { rows: 1, 'aria-label': 'Message', placeholder: 'Write a message', on: { input: () => this.fit(), keydown: (e) => this.typed(e) } });
  private button = h('button', { type: 'submit', class: 'primary icon-only round' });
  private panel = settingsPanel(this.chosen, () => this.settings());
  private toggle = h('button', { type: 'button', class: 'quiet', 'aria-label': 'Settings', 'aria-expanded': 'false', title: 'Settings (s)', on: { click: () => this.settings() } }, icon('settings'), h('span', { class: 'wide' }, 'Settings'));
  private anew = h('button', { type: 'button', class: 'quiet', 'aria-label': 'New chat', title: 'New chat (n)', on: { click: () => this.fresh() } }, icon('plus'), h('span', { class: 'wide' }, 'New chat'));
  readonly element: HTMLElement;

  constructor(private host: Host) {
    this.panel.hidden = true;
    this.element = h('section', { class: 'view chat', 'aria-label': 'Chat' },
      h('div', { class: 'talk' },
        h('div', { class: 'talk-head' }, h('h1', {}, 'Chat'), this.anew, this.toggle),
        this.log,
        h('form', { class: 'composer', on: { submit: (e) => (e.preventDefault(), this.running ? (this.stop(), this.focus()) : this.send()) } }, this.field, this.button)),
      this.panel);
    this.paint();
    this.paintButton();
  }

  focus(): void {
    this.field.focus();
  }

  changed(m: Model | undefined): void {
    this.field.placeholder = m ? `Write to ${m.name}` : 'Write a message';
    if (this.messages.length === 0) this.paint();
    requestAnimationFrame(() => this.toEnd());
  }

  settings(): void {
    this.panel.hidden = !this.panel.hidden;
    this.toggle.setAttribute('aria-expanded', String(!this.panel.hidden));
    if (this.panel.hidden) this.toggle.focus();
    else this.panel.querySelector('textarea')?.focus();
  }

  stop(): boolean {
    if (this.running) {
      this.running.abort();
      return true;
    }
    if (this.panel.hidden) return false;
    this.settings();
    return true;
  }

  fresh(): void {
    this.running?.abort();
    this.messages = [];
    this.keep();
    this.paint();
    this.focus();
    tell('A new chat');
  }

  edit(i: number, text: string): void {
    this.running?.abort();
    this.messages = [...this.messages.slice(0, i), { role: 'user', content: text }];
    void this.answer();
    this.focus();
  }

  again(i: number): void {
    this.running?.abort();
    this.messages = this.messages.slice(0, i + 1);
    void this.answer();
    this.focus();
  }

  turn(i: number, by: number): void {
    const m = this.messages[i];
    if (m.role !== 'assistant' || this.running) return;
    m.shown = Math.max(0, Math.min(m.versions.length - 1, m.shown + by));
    this.keep();
    this.paint();
  }

  private send(text = this.field.value.trim()): void {
    if (!text || this.running) return;
    this.field.value = '';
    this.fit();
    this.messages.push({ role: 'user', content: text });
    void this.answer();
    this.focus();
  }

  // answer asks for what comes after the last message: another version of it, if it is an answer.
  private async answer(): Promise<void> {
    const model = this.host.model();
    if (!model) return say('Choose a model first');
    const v: Version = { content: '', reasoning: '' };
    let m = this.messages[this.messages.length - 1];
    if (m?.role === 'assistant') {
      m.shown = m.versions.push(v) - 1;
    } else {
      m = { role: 'assistant', versions: [v], shown: 0 };
      this.messages.push(m);
    }
    const here = this.messages;
    this.pinned = true;
    const view = this.paint()!;
    const run = (this.running = new AbortController());
    this.paintButton();
    await this.run(model, wire(model.name, here.slice(0, -1), this.chosen), v, run.signal, view);
    if (this.running === run) this.running = null;
    if (this.messages === here) this.keep();
    this.paintButton();
    view.paint(false);
    this.toEnd();
  }

  private async run(model: Model, body: Record<string, unknown>, v: Version, signal: AbortSignal, view: AnswerView): Promise<void> {
    const aloud = sentences(tell);
    let frame = 0;
    const show = () => {
      frame = 0;
      view.paint(true);
      aloud.more(v.content);
      this.toEnd();
    };
    view.paint(true);
    tell('Writing');
    try {
      await stream(model, body, v, signal, () => (frame ||= requestAnimationFrame(show)));
      aloud.end(v.content);
    } catch (e) {
      v.error = told(e) + (e instanceof Failure && e.status === 400 && this.messages.length > 2 ? ' A new chat begins without what was said before.' : '');
    } finally {
      cancelAnimationFrame(frame);
    }
  }

  // paint shows all messages, and returns the view of the last one if it is an answer.
  private paint(): AnswerView | undefined {
    let last: AnswerView | undefined;
    fill(this.log, this.messages.length === 0 ? this.welcome() : h('div', { class: 'column' }, this.messages.map((m, i) => {
      if (m.role === 'user') return userMessage(m.content, i, this);
      last = new AnswerView(m, i, this);
      return last.element;
    })));
    this.toEnd();
    return last;
  }

  private welcome(): HTMLElement {
    const m = this.host.model();
    return h('div', { class: 'empty' }, icon('chat'),
      h('p', {}, m ? ['Talk with ', h('strong', {}, m.name), '.'] : 'No model is chosen.'),
      h('p', { class: 'dim' }, 'What you write goes to this server and nowhere else.'),
      h('div', { class: 'openings' }, openings.map((o) => h('button', { type: 'button', class: 'offer', on: { click: () => this.send(o) } }, o))));
  }

  private toEnd(): void {
    if (this.pinned) this.log.scrollTop = this.log.scrollHeight;
  }

  private paintButton(): void {
    const label = this.running ? 'Stop (Esc)' : 'Send (Enter)';
    fill(this.button, icon(this.running ? 'stop' : 'send'));
    this.button.setAttribute('aria-label', this.running ? 'Stop' : 'Send');
    this.button.title = label;
  }

  private fit(): void {
    this.field.style.height = 'auto';
    this.field.style.height = Math.min(this.field.scrollHeight + 2, 260) + 'px';
  }

  private typed(e: KeyboardEvent): void {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      this.send();
    } else if (e.key === 'ArrowUp' && this.field.value === '') {
      const edits = this.log.querySelectorAll<HTMLElement>('.user [aria-label=Edit]');
      if (edits.length === 0) return;
      e.preventDefault();
      edits[edits.length - 1].click();
    }
  }

  private keep(): void {
    saveMessages(this.messages);
  }
}
