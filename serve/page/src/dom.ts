// Elements are made by calls, never from text: no text of a model is ever read as markup.

export type Child = Node | string | number | null | undefined | false | Child[];

export interface Props {
  class?: string;
  on?: { [K in keyof HTMLElementEventMap]?: (e: HTMLElementEventMap[K]) => void };
  vars?: Record<string, string | number>; // custom properties; a style attribute would break the page's policy
  [attribute: string]: unknown;
}

// h makes an element. A property that is false, null or undefined is left out, true is an empty attribute.
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'on') {
      for (const [event, f] of Object.entries(value as object)) e.addEventListener(event, f as EventListener);
    } else if (name === 'vars') {
      for (const [key, v] of Object.entries(value as object)) e.style.setProperty('--' + key, String(v));
    } else {
      e.setAttribute(name, value === true ? '' : String(value));
    }
  }
  add(e, children);
  return e;
}

export function add(parent: Node, children: Child): void {
  if (Array.isArray(children)) for (const c of children) add(parent, c);
  else if (children instanceof Node) parent.appendChild(children);
  else if (children !== null && children !== undefined && children !== false) parent.appendChild(document.createTextNode(String(children)));
}

// fill puts children in place of what an element holds.
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  add(parent, children);
}

export function svg(tag: string, attributes: Record<string, string | number> = {}, ...children: Node[]): SVGElement {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, String(value));
  e.append(...children);
  return e;
}

let ids = 0;
// id gives a name that no other element of the page has, to tie labels to fields.
export function id(stem: string): string {
  return `${stem}-${++ids}`;
}
