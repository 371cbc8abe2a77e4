// Drawings of attention weights: rows are the tokens that look, columns those looked at.
import { Child, h, svg } from '../dom';
import { percent, visible } from '../widgets';

type Weights = number[][];

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

// thumb draws weights a pixel each.
export function thumb(w: Weights): HTMLCanvasElement {
  const n = w.length;
  const c = h('canvas', { width: n, height: n, 'aria-hidden': 'true' });
  const g = c.getContext('2d')!;
  g.fillStyle = colour('accent');
  w.forEach((row, i) => row.forEach((v, j) => {
    g.globalAlpha = Math.min(1, v);
    g.fillRect(j, i, 1, 1);
  }));
  return c;
}

// A Looker is a drawing in which one token can be brought forward.
export interface Looker {
  element: HTMLElement | SVGElement;
  show(token: number): void; // -1: all
}

const row = 26;
const width = 220;

// lines draws the tokens twice, and a line from each to those it looks at.
export function lines(tokens: string[], w: Weights, point: (token: number) => void): Looker {
  const n = tokens.length;
  const paths = w.flatMap((r, i) => r.map((v, j) => ({ i, j, v }))).filter((x) => x.v >= 0.02);
  const drawn = paths.map((x) => {
    const [a, b] = [x.i * row + row / 2, x.j * row + row / 2];
    const p = svg('path', { d: `M0 ${a}C${width / 2} ${a} ${width / 2} ${b} ${width} ${b}`, 'stroke-width': 1 + 2.5 * x.v, 'stroke-opacity': x.v.toFixed(3) });
    return { ...x, p };
  });
  const picture = svg('svg', { viewBox: `0 0 ${width} ${n * row}`, height: n * row, preserveAspectRatio: 'none', class: 'lines', 'aria-hidden': 'true' }, ...drawn.map((d) => d.p));
  const left = tokens.map((t, i) => h('button', { type: 'button', class: 'quiet', on: { click: () => point(i), pointerenter: () => point(i), focus: () => point(i) } }, label(t)));
  const right = tokens.map((t) => h('span', {}, label(t)));
  const element = h('div', { class: 'scroll' }, h('div', { class: 'web', on: { pointerleave: () => point(-1) } }, h('div', { class: 'from' }, left), picture, h('div', { class: 'to', 'aria-hidden': 'true' }, right)));
  return {
    element,
    show(token) {
      for (const d of drawn) d.p.setAttribute('stroke-opacity', token < 0 || token === d.i ? d.v.toFixed(3) : '0');
      left.forEach((b, i) => b.classList.toggle('on', i === token));
      right.forEach((s, j) => s.style.setProperty('--v', String(token < 0 ? 0 : w[token][j])));
    },
  };
}

// matrix draws a table of the weights.
export function matrix(tokens: string[], w: Weights, point: (token: number) => void): Looker {
  const heads = tokens.map((t) => h('th', { scope: 'col' }, h('span', {}, label(t))));
  const rows = w.map((r, i) => h('tr', { on: { pointerenter: () => point(i) } },
    h('th', { scope: 'row' }, h('button', { type: 'button', class: 'quiet', on: { click: () => point(i), focus: () => point(i) } }, label(tokens[i]))),
    r.map((v, j) => h('td', { vars: { v: v.toFixed(3) }, title: `${tokens[i]} → ${tokens[j]}: ${percent(v)}` }))));
  const element = h('div', { class: 'scroll' }, h('table', { class: 'weights', on: { pointerleave: () => point(-1) } }, h('thead', {}, h('tr', {}, h('td'), heads)), h('tbody', {}, rows)));
  return { element, show: (token) => rows.forEach((r, i) => r.classList.toggle('on', i === token)) };
}

const label = (t: string): Child => (t.trim() ? t.trim() : t ? visible(t) : '∅');
