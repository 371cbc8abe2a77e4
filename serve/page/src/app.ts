// The page around the views: where they are, which one is shown, and which model it uses.
import { Failure, whenKeyWanted } from './api';
import { fill, h } from './dom';
import { icon } from './icons';
import { askKey } from './key_dialog';
import { help, shortcuts } from './keys';
import { listModels, Model } from './native';
import { say, sayers, tell } from './say';
import { nextTheme, theme, themeIcon } from './theme';
import { can, Host, Kind, View } from './view';

const remembered = 'zoo.models'; // the model last used in each view

export class App implements Host {
  private all: Model[] = [];
  private chosen = '';
  private made = new Map<string, View>();
  private kind: Kind;
  private used: Record<string, string> = JSON.parse(localStorage.getItem(remembered) ?? '{}');

  private main = h('main', { id: 'main', tabindex: -1 });
  private nav = h('nav', { 'aria-label': 'Views', id: 'views' });
  private picker = h('select', { id: 'model', hidden: true, 'aria-label': 'Model', on: { change: () => this.set(this.picker.value) } });
  private themeButton = h('button', { type: 'button', class: 'quiet icon-only', on: { click: () => this.turn() } });
  private menu = h('button', { type: 'button', class: 'quiet icon-only menu', 'aria-controls': 'views', 'aria-expanded': 'false', 'aria-label': 'Views', on: { click: () => this.open(this.menu.getAttribute('aria-expanded') !== 'true') } }, icon('menu'));

  constructor(private kinds: Kind[]) {
    this.kind = kinds[0];
  }

  model = (): Model | undefined => this.all.find((m) => m.name === this.chosen);
  models = (): Model[] => this.all;

  start(): void {
    this.build();
    whenKeyWanted(() => askKey('The server wants an API key.', () => void this.load()));
    addEventListener('hashchange', () => this.route());
    shortcuts(this.kinds, {
      go: (id) => this.go(id),
      view: () => this.view(),
      picker: () => this.picker.focus(),
      theme: () => this.turn(),
      help: () => help(this.kinds),
      escape: () => this.escape(),
    });
    void this.load();
  }

  private build(): void {
    const groups = [...new Set(this.kinds.map((k) => k.group))];
    const link = (k: Kind) => h('a', { href: '#/' + k.id, 'data-view': k.id, on: { click: () => this.open(false) } }, icon(k.icon), h('span', {}, k.title));
    fill(this.nav, groups.map((g) => [h('h2', { id: 'group-' + g.replace(' ', '-') }, g), h('ul', { 'aria-labelledby': 'group-' + g.replace(' ', '-') }, this.kinds.filter((k) => k.group === g).map((k) => h('li', {}, link(k))))]));
    this.paintTheme();
    document.body.replaceChildren(
      h('a', { class: 'skip', href: '#main', on: { click: (e) => (e.preventDefault(), this.main.focus()) } }, 'To the content'),
      h('header', {},
        this.menu,
        h('a', { class: 'brand', href: '#/' + this.kinds[0].id }, h('img', { src: 'assets/icon.svg', alt: '', width: 28, height: 28 }), h('span', {}, 'the zoo')),
        h('label', { class: 'picker' }, h('span', { class: 'hidden' }, 'Model'), this.picker),
        h('div', { class: 'tools' },
          h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'API key', title: 'API key', on: { click: () => askKey('', () => void this.load()) } }, icon('key')),
          this.themeButton,
          h('button', { type: 'button', class: 'quiet icon-only', 'aria-label': 'Keyboard shortcuts', title: 'Keyboard shortcuts (?)', on: { click: () => help(this.kinds) } }, icon('help')))),
      this.nav,
      h('div', { class: 'shade', on: { click: () => this.open(false) } }),
      this.main,
      ...sayers);
  }

  private async load(): Promise<void> {
    fill(this.main, h('p', { class: 'wait', role: 'status' }, 'Looking for models …'));
    try {
      this.all = await listModels();
    } catch (e) {
      this.failed(e);
      return;
    }
    fill(this.picker, this.all.map((m) => h('option', { value: m.name }, m.name)));
    this.route();
  }

  private failed(e: unknown): void {
    const f = e instanceof Failure ? e : new Failure(0, String(e));
    fill(this.main, h('section', { class: 'view' },
      h('div', { class: 'problem', role: 'alert' }, h('h1', {}, f.status === 401 ? 'An API key is needed' : 'No models to be seen'), h('p', {}, f.told()),
        h('p', { class: 'row' },
          h('button', { type: 'button', class: 'primary', on: { click: () => void this.load() } }, icon('retry'), 'Try again'),
          f.status === 401 && h('button', { type: 'button', on: { click: () => askKey('', () => void this.load()) } }, icon('key'), 'Enter a key')))));
  }

  // route shows what the address says: #/view, or #/view/name of the model.
  private route(): void {
    const [, id, name] = /^#\/([^/]*)\/?(.*)$/.exec(decodeURI(location.hash)) ?? ['', '', ''];
    const kind = this.kinds.find((k) => k.id === id) ?? this.kinds[0];
    this.kind = kind;
    const wanted = [name, this.used[kind.id], this.chosen].find((n) => this.all.some((m) => m.name === n));
    const able = this.all.filter((m) => can(kind, m));
    this.chosen = wanted ?? (able.find((m) => m.default) ?? able[0] ?? this.all[0])?.name ?? '';
    this.show();
  }

  go(id: string, model?: string): void {
    const to = '#/' + id + (model ? '/' + encodeURI(model) : '');
    if (location.hash === to) this.route();
    else location.hash = to;
  }

  set(name: string): void {
    if (name === this.chosen) return;
    this.view()?.stop?.();
    this.chosen = name;
    this.used[this.kind.id] = name;
    localStorage.setItem(remembered, JSON.stringify(this.used));
    history.replaceState(null, '', '#/' + this.kind.id + '/' + encodeURI(name));
    this.show();
    tell('Model: ' + name);
  }

  private view(): View | undefined {
    return this.made.get(this.kind.id);
  }

  private show(): void {
    const kind = this.kind;
    document.title = kind.title + ' · the zoo';
    this.picker.value = this.chosen;
    this.picker.hidden = this.all.length === 0;
    for (const a of this.nav.querySelectorAll('a')) {
      if (a.dataset.view === kind.id) a.setAttribute('aria-current', 'page');
      else a.removeAttribute('aria-current');
    }
    const m = this.model();
    if (kind.tasks.length > 0 && (!m || !can(kind, m))) {
      fill(this.main, this.cannot(kind, m));
      return;
    }
    let view = this.made.get(kind.id);
    if (!view) this.made.set(kind.id, (view = kind.make(this)));
    if (this.main.firstChild !== view.element || this.main.childNodes.length !== 1) fill(this.main, view.element);
    view.changed?.(m);
    if (document.activeElement === document.body && !matchMedia('(pointer: coarse)').matches) view.focus(); // on a phone, a keyboard would cover the view
  }

  // cannot says that the chosen model is not for a view, and offers those that are.
  private cannot(kind: Kind, m: Model | undefined): HTMLElement {
    const others = this.all.filter((o) => can(kind, o));
    const offer = (o: Model) => h('button', { type: 'button', class: 'offer', on: { click: () => this.set(o.name) } }, h('strong', {}, o.name), h('span', {}, o.family));
    return h('section', { class: 'view', 'aria-labelledby': 'cannot' },
      h('h1', { id: 'cannot' }, kind.title), h('p', { class: 'lead' }, kind.lead),
      h('div', { class: 'empty' }, icon(kind.icon),
        h('p', {}, m ? [h('strong', {}, m.name), ` ${kind.cannot}.`] : 'This server has no model.'),
        others.length > 0 ? [h('p', {}, others.length === 1 ? 'This one can:' : 'These can:'), h('div', { class: 'row middle' }, others.map(offer))]
          : h('p', { class: 'dim' }, 'No model of this server can. Start it with one that does: ', h('code', {}, 'zoo serve path/to/model'), '.')));
  }

  private open(yes: boolean): void {
    this.menu.setAttribute('aria-expanded', String(yes));
    document.body.classList.toggle('nav-open', yes);
    if (yes) this.nav.querySelector<HTMLElement>('[aria-current]')?.focus();
  }

  private escape(): boolean {
    if (this.menu.getAttribute('aria-expanded') === 'true') {
      this.open(false);
      this.menu.focus();
      return true;
    }
    return this.view()?.stop?.() ?? false;
  }

  private turn(): void {
    nextTheme();
    this.paintTheme();
    say('Theme: ' + themeName());
  }

  private paintTheme(): void {
    fill(this.themeButton, icon(themeIcon()));
    const label = 'Theme: ' + themeName();
    this.themeButton.setAttribute('aria-label', label);
    this.themeButton.title = label;
  }
}

const themeName = () => ({ system: "the system's", light: 'light', dark: 'dark' })[theme()];
