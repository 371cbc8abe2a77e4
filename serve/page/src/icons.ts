// Icons are strokes on a field of 24 by 24.
import { svg } from './dom';

const paths = {
  chat: 'M4 5h16v11H10l-4.5 3.5V16H4z',
  next: 'M4 12h12M11 7l5 5-5 5M20 6v12',
  rewrite: 'M4 6h9M4 11h6M4 16h5M13 14h7M17 10.5l3.5 3.5-3.5 3.5',
  fill: 'M3 8h4M17 8h4M3 16h18M9 5h6v6H9z',
  classify: 'M4 6h14M4 12h9M4 18h5',
  tag: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5v.01',
  answer: 'M9 9a3 3 0 1 1 4.2 2.7c-.9.5-1.2 1-1.2 2.1M12 17.5v.01M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18',
  compare: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  tokenize: 'M3 7h5v10H3zM10 7h4v10h-4zM16 7h5v10h-5z',
  attention: 'M5 4v.01M12 4v.01M19 4v.01M5 20v.01M12 20v.01M19 20v.01M5 5l7 14M12 5l-7 14M19 5l-7 14M19 5v14',
  models: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
  menu: 'M4 7h16M4 12h16M4 17h16',
  key: 'M8 11a4 4 0 1 0 0 8a4 4 0 0 0 0-8M11 12.2L20 4M16 7.5l3 3',
  help: 'M9 9a3 3 0 1 1 4.2 2.7c-.9.5-1.2 1-1.2 2.1M12 17.5v.01',
  light: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19',
  dark: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  retry: 'M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5',
  plus: 'M12 5v14M5 12h14',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
  close: 'M6 6l12 12M18 6L6 18',
  undo: 'M4 9h10a5 5 0 0 1 0 10H9M4 9l4-4M4 9l4 4',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  done: 'M5 13l4 4L19 7',
  back: 'M20 12H5M11 6l-6 6 6 6',
} as const;

export type Icon = keyof typeof paths;

export function icon(name: Icon): SVGElement {
  return svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }, svg('path', { d: paths[name] }));
}
