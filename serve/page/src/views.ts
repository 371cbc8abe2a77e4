// The views, in the order in which the page lists them.
import type { Kind } from './view';
import { Chat } from './view/chat';

export const kinds: Kind[] = [
  { id: 'chat', title: 'Chat', lead: 'Talk with a model.', group: 'Write', icon: 'chat', key: 'c', tasks: ['chat', 'generate'], cannot: 'does not write text', make: (host) => new Chat(host) },
];
