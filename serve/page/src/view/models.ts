// Models: what the server has, and the card of the one that is chosen.
import { told } from '../api';
import { Child, fill, h } from '../dom';
import { icon } from '../icons';
import { Page } from '../markdown';
import { describe, Described, Model } from '../native';
import { can, Host, Kind, View } from '../view';
import { size } from '../widgets';

const known = new Set(['name', 'family', 'type', 'tasks', 'loaded', 'parameters', 'context', 'card', 'mask', 'paper', 'bytes', 'default', 'model']);
const labels: Record<string, string> = { vocab_size: 'tokens it knows', hidden_size: 'hidden size', objective: 'trained on' };

export class Models implements View {
  readonly element: HTMLElement;
  private list = h('div', { class: 'models scroll', role: 'group', 'aria-label': 'Models' });
  private detail = h('div', { class: 'model' });
  private asked: AbortController | null = null;

  constructor(private host: Host, private kind: Kind, private kinds: () => Kind[]) {
    this.element = h('section', { class: 'view', 'aria-label': kind.title }, h('h1', {}, kind.title), h('p', { class: 'lead' }, kind.lead), this.list, this.detail);
  }

  focus(): void {
    this.list.querySelector<HTMLElement>('[aria-pressed=true]')?.focus();
  }

  changed(m: Model | undefined): void {
    const here = this.list.contains(document.activeElement);
    fill(this.list, this.host.models().map((o) => h('button', { type: 'button', class: 'offer', 'aria-pressed': String(o.name === m?.name), on: { click: () => this.host.set(o.name) } },
      h('strong', {}, o.name), h('span', {}, [o.family, o.parameters ? size(o.parameters) : ''].filter((s) => s).join(', ')))));
    if (here) this.focus();
    if (m) void this.show(m);
    else fill(this.detail, h('div', { class: 'empty' }, icon(this.kind.icon), h('p', {}, 'This server has no model.')));
  }

  stop(): boolean {
    return false;
  }

  private async show(m: Model): Promise<void> {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    fill(this.detail, this.about(m), h('p', { class: 'dim', role: 'status' }, 'Reading its card …'));
    try {
      const d = await describe(m.name, asked.signal);
      if (asked.signal.aborted) return;
      fill(this.detail, this.about({ ...m, ...d }), d.card ? h('section', { class: 'card', 'aria-label': 'Card' }, new Page(body(d.card)).element) : h('p', { class: 'dim' }, 'The model has no card.'));
    } catch (e) {
      if (!asked.signal.aborted) fill(this.detail, this.about(m), h('div', { class: 'problem', role: 'alert' }, h('p', {}, told(e))));
    }
  }

  // about returns the facts of a model, and the views that show what it can do.
  private about(m: Described): Child {
    const fact = (label: string, value: Child) => value !== '' && value !== undefined && h('div', {}, h('dt', {}, label), h('dd', {}, value));
    const more = Object.entries(m).filter(([k, v]) => !known.has(k) && ['string', 'number', 'boolean'].includes(typeof v) && v !== '' && v !== 0);
    const open = this.kinds().filter((k) => k.id !== this.kind.id && can(k, m));
    return [h('section', { class: 'card', 'aria-label': 'Facts' }, h('h2', { class: 'big' }, m.name),
      h('dl', { class: 'facts' },
        fact('family', m.family), fact('parameters', m.parameters ? size(m.parameters) : ''), fact('context', m.context ? m.context.toLocaleString('en') + ' tokens' : ''),
        fact('size', m.bytes ? (m.bytes / 1e6).toFixed(1) + ' MB' : ''), fact('in memory', m.loaded ? 'yes' : 'opened when asked'), more.map(([k, v]) => fact(labels[k] ?? k.replaceAll('_', ' '), typeof v === 'number' ? v.toLocaleString('en') : String(v)))),
      m.paper ? h('p', {}, h('span', { class: 'dim' }, 'Paper: '), paper(m.paper)) : false,
      h('div', { class: 'row' }, open.map((k) => h('a', { class: 'chip', href: `#/${k.id}/${encodeURI(m.name)}` }, icon(k.icon), k.title))))];
  }
}

// paper is a link where it is an address or a number of arXiv.
function paper(p: string): Child {
  const arxiv = /\barXiv:(\d{4}\.\d{4,5})/i.exec(p);
  const address = /^https?:\/\//.test(p) ? p : arxiv ? 'https://arxiv.org/abs/' + arxiv[1] : '';
  return address ? h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, p) : p;
}

// body is a card without what stands before it for machines, and without the name, which stands above it.
const body = (card: string) => card.replace(/^---\n[\s\S]*?\n---\n/, '').replace(/^\s*# .*\n/, '');
