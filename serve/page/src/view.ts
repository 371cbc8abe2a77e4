// What a view is, and which tasks of a model each can show.
import type { Icon } from './icons';
import type { Model } from './native';

export interface Kind {
  id: string;
  title: string;
  lead: string; // what it does, in a sentence
  group: string;
  icon: Icon;
  key: string; // pressed after g, goes there
  tasks: string[]; // a model that has any can be shown; none: no model is needed
  unless?: string; // it has this one
  cannot: string; // "{model} cannot …"
  make: (host: Host) => View;
}

export interface View {
  element: HTMLElement;
  focus(): void;
  stop?(): boolean; // ends what runs; whether anything did
  fresh?(): void; // begins anew
  changed?(model: Model | undefined): void; // another model was chosen, or the view is shown again
  settings?(): void;
}

// A Host is what views see of the page around them.
export interface Host {
  model(): Model | undefined;
  models(): Model[];
  go(id: string, model?: string): void;
  set(model: string): void;
}

export const can = (kind: Kind, m: Model): boolean => kind.tasks.length === 0 || (kind.tasks.some((t) => m.tasks.includes(t)) && !(kind.unless && m.tasks.includes(kind.unless)));
