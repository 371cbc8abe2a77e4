// What may stand within a line of Markdown.
import { Child, h } from './dom';

// Each pattern is tried at the places where its first character stands, in this order.
const patterns: { at: string; re: RegExp; make: (m: RegExpExecArray, depth: number) => Child }[] = [
  { at: '\\', re: /\\([!-/:-@[-`{-~])/y, make: (m) => m[1] },
  { at: '`', re: /(`+)(?!`)([\s\S]*?[^`])\1(?!`)/y, make: (m) => h('code', {}, m[2].replace(/^ (.*) $/, '$1').replace(/\n/g, ' ')) },
  { at: '!', re: /!\[([^\]\n]*)\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?[^)\n]*\)/y, make: (m) => link(m[2], [m[1] || 'image']) },
  { at: '[', re: /\[((?:[^[\]\n]|\[[^\]\n]*\])+)\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+["'][^)\n]*)?\)/y, make: (m, d) => link(m[2], inline(m[1], d + 1)) },
  { at: '<', re: /<(https?:\/\/[^\s<>]+|[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>/y, make: (m) => link(m[1].includes('://') ? m[1] : 'mailto:' + m[1], [m[1]]) },
  { at: '<', re: /<br\s*\/?>/y, make: () => h('br') },
  { at: 'h', re: /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]*_`]/y, make: (m) => link(m[0], [m[0]]) },
  { at: '*', re: /\*\*(?=\S)([\s\S]*?\S)\*\*(?!\*)/y, make: (m, d) => h('strong', {}, inline(m[1], d + 1)) },
  { at: '*', re: /\*(?=[^\s*])((?:[^*]|\*\*[^*]+\*\*)*?[^\s*])\*(?!\*)/y, make: (m, d) => h('em', {}, inline(m[1], d + 1)) },
  { at: '_', re: /__(?=\S)([\s\S]*?\S)__(?!\w)/y, make: (m, d) => h('strong', {}, inline(m[1], d + 1)) },
  { at: '_', re: /_(?=[^\s_])([^_]*?[^\s_])_(?!\w)/y, make: (m, d) => h('em', {}, inline(m[1], d + 1)) },
  { at: '~', re: /~~(?=\S)([\s\S]*?\S)~~/y, make: (m, d) => h('del', {}, inline(m[1], d + 1)) },
  { at: ' ', re: / {2,}\n/y, make: () => h('br') },
];

// inline returns what a line shows.
export function inline(text: string, depth = 0): Child[] {
  const all: Child[] = [];
  let plain = '';
  for (let i = 0; i < text.length; ) {
    const found = depth < 8 && match(text, i);
    if (!found) {
      plain += text[i++];
      continue;
    }
    if (plain) all.push(plain);
    plain = '';
    all.push(found.p.make(found.m, depth));
    i += found.m[0].length;
  }
  return plain ? [...all, plain] : all;
}

function match(text: string, i: number) {
  const c = text[i];
  if (c === '_' && /\w/.test(text[i - 1] ?? '')) return null; // snake_case
  if (c === 'h' && /\w/.test(text[i - 1] ?? '')) return null;
  for (const p of patterns) {
    if (p.at !== c) continue;
    p.re.lastIndex = i;
    const m = p.re.exec(text);
    if (m) return { p, m };
  }
  return null;
}

// link follows only to where a reader would expect. Anything else is its text.
function link(address: string, label: Child[]): Child {
  if (!/^(https?:\/\/|mailto:)/i.test(address)) return label;
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer nofollow' }, label);
}
