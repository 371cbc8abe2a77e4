// What happened, said to all readers: in a note that passes, and to those who listen.
import { h } from './dom';

const live = h('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
const note = h('div', { class: 'note', hidden: true, 'aria-hidden': 'true' });
let timer = 0;

export const sayers = [live, note];

// tell speaks to those who listen, and shows nothing.
export function tell(text: string): void {
  live.textContent = text;
}

// say tells, and shows the same for a moment.
export function say(text: string): void {
  tell(text);
  note.textContent = text;
  note.hidden = false;
  clearTimeout(timer);
  timer = window.setTimeout(() => (note.hidden = true), 2200);
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    say('The browser does not let the page copy');
  }
}
