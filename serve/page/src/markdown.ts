// Markdown to elements: what models write and cards hold. Markup in the text stays text, and an
// image is a link, since the page asks nothing of other servers by itself.
import { add, Child, h } from './dom';
import { inline } from './markdown_inline';
import { icon } from './icons';
import { copy } from './say';

// A Block is a run of lines that are shown together.
type Block =
  | { kind: 'text' | 'quote'; lines: string[] }
  | { kind: 'code'; lines: string[]; language: string }
  | { kind: 'head'; lines: string[]; level: number }
  | { kind: 'list'; lines: string[]; ordered: boolean }
  | { kind: 'table'; lines: string[] }
  | { kind: 'rule'; lines: string[] };

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const item = /^( *)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const quote = /^ {0,3}> ?/;
const indented = /^(?: {4}|\t)/;
const divider = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

// blocks cuts a text into blocks.
function blocks(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const all: Block[] = [];
  for (let i = 0; i < lines.length; ) {
    const [block, next] = block1(lines, i);
    if (block) all.push(block);
    i = next;
  }
  return all;
}

// take returns the lines from i on for which f holds, and where they end.
function take(lines: string[], i: number, f: (line: string, n: number) => boolean): [string[], number] {
  const from = i;
  while (i < lines.length && f(lines[i], i - from)) i++;
  return [lines.slice(from, i), i];
}

function block1(lines: string[], i: number): [Block | null, number] {
  const line = lines[i];
  if (!line.trim()) return [null, i + 1];
  const f = fence.exec(line);
  if (f) {
    const [body, end] = take(lines, i + 1, (l) => !(l.trimStart().startsWith(f[1]) && /^\s*[`~]+\s*$/.test(l)));
    return [{ kind: 'code', lines: body, language: f[2] }, end + 1];
  }
  const head = heading.exec(line);
  if (head) return [{ kind: 'head', lines: [head[2]], level: head[1].length }, i + 1];
  if (rule.test(line)) return [{ kind: 'rule', lines: [] }, i + 1];
  if (quote.test(line)) {
    const [body, end] = take(lines, i, (l) => quote.test(l));
    return [{ kind: 'quote', lines: body.map((l) => l.replace(quote, '')) }, end];
  }
  if (item.test(line)) return list(lines, i);
  if (indented.test(line)) {
    const [body, end] = take(lines, i, (l) => indented.test(l) || !l.trim());
    return [{ kind: 'code', lines: body.join('\n').trimEnd().split('\n').map((l) => l.replace(indented, '')), language: '' }, end];
  }
  if (line.includes('|') && divider.test(lines[i + 1] ?? '') && lines[i + 1].includes('-')) {
    const [body, end] = take(lines, i, (l) => l.includes('|'));
    return [{ kind: 'table', lines: body }, end];
  }
  const [body, end] = take(lines, i, (l, n) => n === 0 || (l.trim() !== '' && !fence.test(l) && !heading.test(l) && !rule.test(l) && !quote.test(l) && !item.test(l)));
  return [{ kind: 'text', lines: body }, end];
}

function list(lines: string[], i: number): [Block, number] {
  const first = item.exec(lines[i])!;
  const ordered = /\d/.test(first[2]);
  const [body, end] = take(lines, i, (l, n) => {
    const m = item.exec(l);
    if (m) return n === 0 || m[1].length > first[1].length || /\d/.test(m[2]) === ordered;
    if (!l.trim()) return item.test(lines[i + n + 1] ?? '') || /^\s{2,}\S/.test(lines[i + n + 1] ?? '');
    return /^\s{2,}/.test(l) || lines[i + n - 1].trim() !== '';
  });
  return [{ kind: 'list', lines: body, ordered }, end];
}

// items cuts the lines of a list where an item of its own depth begins, and takes the depth off.
function items(lines: string[]): { start: string; body: string }[] {
  const depth = item.exec(lines[0])![1].length;
  const all: { start: string; lines: string[]; indent: number }[] = [];
  for (const line of lines) {
    const m = item.exec(line);
    if (m && m[1].length <= depth + 1) all.push({ start: m[2], lines: [m[3]], indent: m[1].length + m[2].length + 1 });
    else {
      const last = all[all.length - 1];
      const spaces = /^ */.exec(line)![0].length;
      last.lines.push(line.slice(Math.min(last.indent, spaces)));
    }
  }
  return all.map((a) => ({ start: a.start, body: a.lines.join('\n') }));
}

const heads = ['h3', 'h3', 'h4', 'h5', 'h6', 'h6'] as const; // the page has h1 and h2 of its own

function render(b: Block, depth: number): Node {
  const text = b.lines.join('\n');
  switch (b.kind) {
    case 'code':
      return code(text, b.language);
    case 'head':
      return h(heads[b.level - 1], {}, inline(text));
    case 'rule':
      return h('hr');
    case 'quote':
      return h('blockquote', {}, nodes(text, depth + 1));
    case 'table':
      return table(b.lines);
    case 'list': {
      const loose = /\n\s*\n/.test(text);
      const all = items(b.lines).map((x) => h('li', {}, listItem(x.body, depth, loose)));
      return b.ordered ? h('ol', { start: parseInt(item.exec(b.lines[0])![2]) }, all) : h('ul', {}, all);
    }
    default:
      return h('p', {}, inline(text));
  }
}

function listItem(body: string, depth: number, loose: boolean): Child {
  const task = /^\[([ xX])\]\s+/.exec(body);
  if (task) body = body.slice(task[0].length);
  const inner = nodes(body, depth + 1);
  const first = inner[0];
  if (!loose && first instanceof HTMLParagraphElement) inner.splice(0, 1, ...first.childNodes);
  return [task && h('input', { type: 'checkbox', disabled: true, checked: task[1] !== ' ', 'aria-label': 'done' }), task && ' ', inner];
}

function cells(line: string): string[] {
  const s = line.trim().replace(/^\|/, '').replace(/(^|[^\\])\|$/, '$1');
  return s.split(/(?<!\\)\|/).map((c) => c.trim().replace(/\\\|/g, '|'));
}

function table(lines: string[]): Node {
  const head = cells(lines[0]);
  const sides = cells(lines[1]).map((c) => (/^:-+:$/.test(c) ? 'middle' : /-:$/.test(c) ? 'end' : undefined));
  const rows = lines.slice(2).map(cells);
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table' },
    h('table', {},
      h('thead', {}, h('tr', {}, head.map((c, i) => h('th', { class: sides[i], scope: 'col' }, inline(c))))),
      h('tbody', {}, rows.map((r) => h('tr', {}, head.map((_, i) => h('td', { class: sides[i] }, inline(r[i] ?? ''))))))));
}

function code(text: string, language: string): Node {
  const button = h('button', { type: 'button', class: 'quiet small', 'aria-label': 'Copy this code', on: { click: () => void copy(text) } }, icon('copy'), 'Copy');
  return h('figure', { class: 'code' },
    h('figcaption', {}, h('span', {}, language || 'text'), button),
    h('pre', { tabindex: 0, 'aria-label': (language || 'text') + ' code' }, h('code', {}, text)));
}

// nodes returns the elements of a text. Nesting is bounded: what lies deeper is shown as it is.
function nodes(text: string, depth = 0): Node[] {
  if (depth > 12) return [document.createTextNode(text)];
  return blocks(text).map((b) => render(b, depth));
}

// A Page shows Markdown that may grow: what has not changed since the last time stays as it is,
// with whatever the reader has selected in it.
export class Page {
  private shown: string[] = [];
  readonly element = h('div', { class: 'prose' });

  constructor(text = '') {
    this.set(text);
  }

  set(text: string): void {
    const now = blocks(text);
    const keys = now.map((b) => JSON.stringify(b));
    let same = 0;
    while (same < keys.length && keys[same] === this.shown[same]) same++;
    while (this.element.childNodes.length > same) this.element.lastChild!.remove();
    add(this.element, now.slice(same).map((b) => render(b, 0)));
    this.shown = keys;
  }
}
