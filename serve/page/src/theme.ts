// Light, dark, or as the system has it.
import { Icon } from './icons';

export type Theme = 'system' | 'light' | 'dark';
const name = 'zoo.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function theme(): Theme {
  const t = localStorage.getItem(name);
  return t === 'light' || t === 'dark' ? t : 'system';
}

export const themeIcon = (): Icon => theme();

function apply(): void {
  const t = theme();
  document.documentElement.dataset.theme = t === 'system' ? (dark.matches ? 'dark' : 'light') : t;
  dispatchEvent(new Event('theme'));
}

// nextTheme goes to the one that looks different first, then back to the system's.
export function nextTheme(): Theme {
  const other = dark.matches ? 'light' : 'dark';
  const order: Theme[] = ['system', other, dark.matches ? 'dark' : 'light'];
  const t = order[(order.indexOf(theme()) + 1) % order.length];
  if (t === 'system') localStorage.removeItem(name);
  else localStorage.setItem(name, t);
  apply();
  return t;
}

// startTheme runs before anything is painted.
export function startTheme(): void {
  dark.addEventListener('change', apply);
  apply();
}
