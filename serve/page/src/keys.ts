// Keys that work everywhere. Single keys can be turned off, for those whose voice or hand types them unawares.
import { dialog } from './dialog';
import { h, id } from './dom';
import type { Kind, View } from './view';

const off = 'zoo.keys.off';

interface Actions {
  go(id: string): void;
  view(): View | undefined;
  picker(): void;
  theme(): void;
  help(): void;
  escape(): boolean;
}

const typing = (e: Event) => e.target instanceof HTMLElement && (e.target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName));

export function shortcuts(kinds: Kind[], act: Actions): void {
  let goes = 0; // when g was pressed
  const single: Record<string, () => void> = {
    '?': act.help,
    '/': () => act.view()?.focus(),
    m: act.picker,
    t: act.theme,
    n: () => act.view()?.fresh?.(),
    s: () => act.view()?.settings?.(),
  };
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.isComposing || document.querySelector('dialog[open]')) return;
    if (e.key === 'Escape') {
      if (act.escape()) e.preventDefault();
      else if (typing(e)) (e.target as HTMLElement).blur(); // then single keys work
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || localStorage.getItem(off)) return;
    const kind = kinds.find((k) => k.key === e.key);
    const f = e.timeStamp - goes < 1500 && kind ? () => act.go(kind.id) : single[e.key];
    goes = e.key === 'g' ? e.timeStamp : -Infinity;
    if (!f) return;
    e.preventDefault();
    f();
  });
}

// help lists the keys.
export function help(kinds: Kind[]): void {
  if (document.querySelector('dialog[open]')) return;
  const row = (keys: string[], what: string) => h('tr', {}, h('th', { scope: 'row' }, keys.map((k) => [h('kbd', {}, k), ' '])), h('td', {}, what));
  const box = h('input', { type: 'checkbox', id: id('keys'), checked: !localStorage.getItem(off) });
  box.addEventListener('change', () => (box.checked ? localStorage.removeItem(off) : localStorage.setItem(off, '1')));
  dialog('Keyboard shortcuts',
    h('div', { class: 'columns' },
      h('table', { class: 'keys' }, h('caption', {}, 'Everywhere'), h('tbody', {},
        row(['?'], 'this list'),
        row(['/'], 'to the text field'),
        row(['m'], 'choose a model'),
        row(['t'], 'theme'),
        row(['n'], 'begin anew'),
        row(['s'], 'settings of the chat'),
        row(['Esc'], 'stop, close, or leave a field'))),
      h('table', { class: 'keys' }, h('caption', {}, 'While writing'), h('tbody', {},
        row(['Enter'], 'send, in the chat'),
        row(['Shift', 'Enter'], 'a new line'),
        row(['Ctrl', 'Enter'], 'run, in the other views'),
        row(['↑'], 'edit your last message, in an empty field'),
        row(['1', '…', '9'], 'go on with that token, in Next token'))),
      h('table', { class: 'keys' }, h('caption', {}, 'Go to a view'), h('tbody', {}, kinds.map((k) => row(['g', k.key], k.title))))),
    h('p', { class: 'row' }, box, h('label', { for: box.id }, 'Single keys work (outside of text fields)')));
}
