// What the playgrounds have in common: fields, a button that runs, and a place for what came out.
import { told } from './api';
import { Child, fill, h, id } from './dom';
import { icon } from './icons';
import type { Model } from './native';
import { tell } from './say';
import type { Host, Kind, View } from './view';

export interface Played {
  kind: Pick<Kind, 'title' | 'lead' | 'icon'>;
  fields: Child[];
  first: HTMLElement; // has the focus
  action: string; // on the button; '': runs by itself as fields change
  hint: string; // stands where the result will
  examples?: { label: string; use: () => void }[];
  beside?: Child[]; // beside the button
  missing?: () => string; // what has to be filled in before it can run
  run: (model: Model, signal: AbortSignal) => Promise<Child>;
  changed?: (m: Model) => void;
  stop?: () => boolean; // ends what runs beside run
  shown?: () => void; // the result is there to be seen
}

export class Play implements View {
  readonly element: HTMLElement;
  private running: AbortController | null = null;
  private timer = 0;
  private last = ''; // the model of the result
  private status = h('span', { class: 'dim status' });
  private result = h('div', { class: 'result', role: 'region', 'aria-label': 'Result' });
  private stopButton = h('button', { type: 'button', hidden: true, on: { click: () => this.stop() } }, icon('stop'), 'Stop');

  constructor(private host: Host, private o: Played) {
    const title = id('title');
    const examples = o.examples && h('div', { class: 'examples', role: 'group', 'aria-label': 'Examples' }, h('span', { class: 'dim' }, 'Try'), o.examples.map((x) => h('button', { type: 'button', class: 'small', on: { click: () => (x.use(), void this.run()) } }, x.label)), o.action === '' && this.status);
    const act = o.action !== '' && [h('button', { type: 'submit', class: 'primary', title: 'Ctrl+Enter' }, o.action), this.stopButton];
    this.element = h('section', { class: 'view', 'aria-labelledby': title },
      h('h1', { id: title }, o.kind.title), h('p', { class: 'lead' }, o.kind.lead),
      h('form', { class: 'play', novalidate: true, on: { submit: (e) => (e.preventDefault(), void this.run()), keydown: (e) => this.typed(e) } },
        o.fields, (act || o.beside) && h('div', { class: 'row' }, act, o.beside, act && this.status), examples),
      this.result);
    if (o.action === '') this.element.querySelector('form')!.addEventListener('input', () => this.soon(180));
    this.blank();
  }

  focus(): void {
    this.o.first.focus();
  }

  changed(m?: Model): void {
    if (!m) return;
    if (this.last && this.last !== m.name) this.blank();
    this.o.changed?.(m);
    if (this.o.action === '' && this.last !== m.name) this.soon(0);
  }

  stop(): boolean {
    clearTimeout(this.timer);
    this.element.removeAttribute('aria-busy');
    const beside = this.o.stop?.() ?? false;
    const any = this.running !== null;
    this.running?.abort();
    return any || beside;
  }

  // busy is whether the result is not yet, or no longer, of what the fields hold.
  get busy(): boolean {
    return this.element.hasAttribute('aria-busy');
  }

  soon(ms: number): void {
    clearTimeout(this.timer);
    this.element.setAttribute('aria-busy', 'true'); // the result is not of these fields any more
    this.timer = window.setTimeout(() => void this.run(), ms);
  }

  private blank(): void {
    this.last = '';
    this.status.textContent = '';
    fill(this.result, h('p', { class: 'hint' }, icon(this.o.kind.icon), this.o.hint));
  }

  async run(): Promise<void> {
    const model = this.host.model();
    if (!model) return;
    clearTimeout(this.timer);
    this.running?.abort();
    const missing = this.o.missing?.() ?? '';
    if (missing) {
      this.blank();
      this.element.removeAttribute('aria-busy');
      this.status.textContent = missing;
      if (this.o.action) tell(missing);
      return;
    }
    const run = (this.running = new AbortController());
    const start = performance.now();
    this.stopButton.hidden = false;
    this.element.setAttribute('aria-busy', 'true');
    const wait = window.setTimeout(() => (this.status.textContent = 'Working …'), 150);
    try {
      const out = await this.o.run(model, run.signal);
      if (run.signal.aborted) return;
      this.last = model.name;
      fill(this.result, out);
      this.o.shown?.();
      this.status.textContent = took(performance.now() - start);
      if (this.o.action) this.reveal();
    } catch (e) {
      if (!run.signal.aborted) this.failed(e);
      else if (this.running === run) this.status.textContent = 'Stopped';
    } finally {
      clearTimeout(wait);
      if (this.running === run) {
        this.running = null;
        this.stopButton.hidden = true;
        this.element.removeAttribute('aria-busy');
      }
    }
  }

  // reveal tells that there is a result, and scrolls to one that is out of sight.
  private reveal(): void {
    tell('Done');
    if (this.result.getBoundingClientRect().top > 0.7 * innerHeight) this.result.scrollIntoView({ block: 'nearest' });
  }

  private failed(e: unknown): void {
    this.status.textContent = '';
    fill(this.result, h('div', { class: 'problem', role: 'alert' }, h('strong', {}, 'That did not work'), h('p', {}, told(e))));
  }

  private typed(e: KeyboardEvent): void {
    if (e.key !== 'Enter' || e.isComposing) return;
    if (e.ctrlKey || e.metaKey) {
      e.preventDefault();
      void this.run();
    }
  }
}

const took = (ms: number) => (ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`);
