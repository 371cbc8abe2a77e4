import { key } from './api';
import { dialog } from './dialog';
import { h, id } from './dom';

// askKey asks for the API key, which the browser keeps until its window is closed.
export function askKey(why: string, then: () => void): void {
  if (document.querySelector('dialog[open]')) return;
  const name = id('key');
  const field = h('input', { id: name, type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': name + '-why' });
  field.value = key.get();
  const set = (value: string) => {
    key.set(value);
    d.close();
    then();
  };
  const d = dialog('API key',
    h('form', { method: 'dialog', on: { submit: (e) => (e.preventDefault(), set(field.value.trim())) } },
      why && h('p', { role: 'alert' }, why),
      h('label', { for: name }, 'Key'), field,
      h('p', { class: 'dim', id: name + '-why' }, 'It is sent to this server alone, and forgotten when this tab is closed.'),
      h('p', { class: 'row end' }, key.get() !== '' && h('button', { type: 'button', on: { click: () => set('') } }, 'Forget it'), h('button', { type: 'submit', class: 'primary' }, 'Use it'))));
  field.focus();
}
