// Attention: where each head of a small model looks.
import { fill, h } from '../dom';
import { attention, Piece } from '../native';
import { Play } from '../play';
import type { Host, Kind, View } from '../view';
import { area, bars, Switch } from '../widgets';
import { lines, Looker, matrix, thumb } from './attention_draw';

const examples = ['The dog that bit the man ran away.', 'She said that she had lost her book.', 'one two three one two three'];

export function attentionView(host: Host, kind: Kind): View {
  const text = area('Text', examples[0], 2, 'a sentence or two: every token looks at every other');
  const at = { layer: 0, head: 0, how: 'lines' }; // stays from text to text
  return new Play(host, {
    kind, first: text.input, fields: [text.field], action: 'Look',
    hint: 'The heads of all layers appear here. Choose one to see where each token looks.',
    examples: examples.map((e) => ({ label: e, use: () => (text.input.value = e) })),
    missing: () => (text.input.value.trim() ? '' : 'There is no text.'),
    run: async (m, signal) => {
      const r = await attention(m.name, text.input.value, signal);
      return new Heads(r.tokens, r.layers, at).element;
    },
  });
}

class Heads {
  readonly element: HTMLElement;
  private names: string[];
  private buttons: HTMLButtonElement[][];
  private title = h('h2');
  private place = h('div', { class: 'drawing' });
  private facts = h('div', { class: 'looks' });
  private how = new Switch('Drawing', [['lines', 'Lines'], ['matrix', 'Matrix']], () => this.choose(this.at.layer, this.at.head));
  private drawing!: Looker;
  private token = -1;

  constructor(tokens: Piece[], private layers: number[][][][], private at: { layer: number; head: number; how: string }) {
    this.names = tokens.map((t) => t.text);
    this.how.value = at.how;
    this.buttons = layers.map((heads, l) => heads.map((w, k) => h('button', { type: 'button', class: 'head', 'aria-label': `Layer ${l + 1}, head ${k + 1}`, tabindex: -1, on: { click: () => this.choose(l, k) } }, thumb(w))));
    const grid = h('table', { class: (layers[0]?.length ?? 0) > 6 ? 'heads many' : 'heads', 'aria-label': 'Heads', on: { keydown: (e) => this.arrows(e) } },
      h('thead', {}, h('tr', {}, h('td'), (layers[0] ?? []).map((_, k) => h('th', { scope: 'col' }, h('span', { class: 'hidden' }, 'Head '), k + 1)))),
      h('tbody', {}, this.buttons.map((row, l) => h('tr', {}, h('th', { scope: 'row' }, h('span', { class: 'hidden' }, 'Layer '), l + 1), row.map((b) => h('td', {}, b))))));
    this.element = h('div', { class: 'attention' },
      h('section', { class: 'card', 'aria-label': 'All heads' }, h('h2', {}, 'Layers and heads'), h('div', { class: 'scroll' }, grid), h('p', { class: 'dim' }, 'Rows are layers, the first above; columns are heads.')),
      h('section', { class: 'card', 'aria-label': 'One head' }, h('div', { class: 'row between' }, this.title, this.how.element), this.place, this.facts));
    addEventListener('theme', this.repaint);
    this.choose(Math.min(at.layer, layers.length - 1), Math.min(at.head, (layers[0]?.length ?? 1) - 1));
  }

  private repaint = () => {
    if (!this.element.isConnected) return removeEventListener('theme', this.repaint);
    this.buttons.forEach((row, l) => row.forEach((b, k) => fill(b, thumb(this.layers[l][k]))));
  };

  private choose(layer: number, head: number): void {
    Object.assign(this.at, { layer, head, how: this.how.value });
    this.buttons.flat().forEach((b) => (b.removeAttribute('aria-current'), (b.tabIndex = -1)));
    const b = this.buttons[layer][head];
    b.setAttribute('aria-current', 'true');
    b.tabIndex = 0;
    this.title.textContent = `Layer ${layer + 1}, head ${head + 1}`;
    const draw = this.at.how === 'lines' ? lines : matrix;
    this.drawing = draw(this.names, this.layers[layer][head], (t) => this.point(t));
    fill(this.place, this.drawing.element);
    this.point(this.token);
  }

  // point says where a token looks.
  private point(token: number): void {
    this.token = token;
    this.drawing.show(token);
    if (token < 0) return fill(this.facts, h('p', { class: 'dim' }, 'Point at a token on the left to see where it looks.'));
    const row = this.layers[this.at.layer][this.at.head][token];
    const best = row.map((score, i) => ({ score, i })).sort((a, b) => b.score - a.score).slice(0, 5).filter((x) => x.score >= 0.005);
    fill(this.facts, h('h3', {}, 'From ', h('span', { class: 'token c0' }, this.names[token].trim() || '∅'), ' to'),
      bars('Looked at most', best.map((x) => ({ label: h('span', {}, this.names[x.i].trim() || '∅', ' ', h('small', { class: 'dim' }, x.i + 1)), name: this.names[x.i], score: x.score }))));
  }

  private arrows(e: KeyboardEvent): void {
    const step = ({ ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] } as Record<string, number[]>)[e.key];
    const to = step && this.buttons[this.at.layer + step[0]]?.[this.at.head + step[1]];
    if (!to) return;
    e.preventDefault();
    this.choose(this.at.layer + step[0], this.at.head + step[1]);
    to.focus();
  }
}
