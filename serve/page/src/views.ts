// The views, in the order in which the page lists them.
import type { Kind } from './view';
import { answerView } from './view/answer';
import { attentionView } from './view/attention';
import { Chat } from './view/chat';
import { classifyView } from './view/classify';
import { compareView } from './view/compare';
import { fillView } from './view/fill';
import { Models } from './view/models';
import { nextView } from './view/next';
import { rewriteView } from './view/rewrite';
import { tagView } from './view/tag';
import { tokenizeView } from './view/tokenize';

type Entry = Omit<Kind, 'make'> & { make: (host: Parameters<Kind['make']>[0], kind: Kind) => ReturnType<Kind['make']> };

const entries: Entry[] = [
  { id: 'chat', title: 'Chat', lead: 'Talk with a model.', group: 'Write', icon: 'chat', key: 'c', tasks: ['chat', 'generate'], cannot: 'does not chat', make: (host) => new Chat(host) },
  { id: 'next', title: 'Next token', lead: 'See what a model would write next, and choose for it.', group: 'Write', icon: 'next', key: 'x', tasks: ['next'], unless: 'text-to-text', cannot: 'does not write token after token', make: nextView },
  { id: 'rewrite', title: 'Text to text', lead: 'Give a text to a model that turns texts into others: translations, summaries, or what it was trained to make.', group: 'Write', icon: 'rewrite', key: 'r', tasks: ['text-to-text', 'translate', 'summarize'], cannot: 'does not turn texts into others', make: rewriteView },
  { id: 'fill', title: 'Fill mask', lead: 'Leave gaps in a text, and see which words fit.', group: 'Understand', icon: 'fill', key: 'f', tasks: ['fill'], cannot: 'does not fill gaps', make: fillView },
  { id: 'classify', title: 'Classify', lead: 'Sort a text by the labels a model was trained on, or by labels of your own.', group: 'Understand', icon: 'classify', key: 'l', tasks: ['classify', 'zero-shot'], cannot: 'does not classify', make: classifyView },
  { id: 'tag', title: 'Tag', lead: 'Find names of people, places and other things in a text.', group: 'Understand', icon: 'tag', key: 't', tasks: ['tag'], cannot: 'does not tag', make: tagView },
  { id: 'answer', title: 'Answer', lead: 'Ask a question, and see which part of a text answers it.', group: 'Understand', icon: 'answer', key: 'q', tasks: ['answer'], cannot: 'does not find answers in texts', make: answerView },
  { id: 'compare', title: 'Embeddings', lead: 'Turn texts into vectors, and see how alike they are.', group: 'Understand', icon: 'compare', key: 'e', tasks: ['embed', 'compare'], cannot: 'does not give vectors', make: compareView },
  { id: 'tokenize', title: 'Tokenizer', lead: 'See the pieces that a model reads a text in.', group: 'Look inside', icon: 'tokenize', key: 'k', tasks: ['tokenize'], cannot: 'has no tokenizer', make: tokenizeView },
  { id: 'attention', title: 'Attention', lead: 'See where each head of a small model looks.', group: 'Look inside', icon: 'attention', key: 'a', tasks: ['attention'], cannot: 'does not show its attention', make: attentionView },
  { id: 'models', title: 'Models', lead: 'What this server has, and what is known of it.', group: 'Look inside', icon: 'models', key: 'm', tasks: [], cannot: '', make: (host, kind) => new Models(host, kind, () => kinds) },
];

export const kinds: Kind[] = entries.map((e) => {
  const kind: Kind = { ...e, make: (host) => e.make(host, kind) };
  return kind;
});
