// Dialogs are the browser's own: they hold the focus, close on Escape, and give the focus back.
import { Child, h } from './dom';
import { icon } from './icons';

export function dialog(title: string, ...content: Child[]): HTMLDialogElement {
  const close = h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Close', on: { click: () => d.close() } }, icon('close'));
  const d: HTMLDialogElement = h('dialog', { 'aria-label': title, on: { close: () => d.remove(), click: (e) => e.target === d && d.close() } },
    h('div', { class: 'sheet' }, h('header', {}, h('h2', {}, title), close), ...content));
  document.body.append(d);
  d.showModal();
  return d;
}
