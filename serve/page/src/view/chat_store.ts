// What is kept of a chat: its messages until the tab is closed, its settings for good.

export interface Stats {
  model: string;
  first: number; // milliseconds to the first token
  rate: number; // tokens a second, after the first where they come one by one; 0: too few to say
  tokens: number;
  prompt: number; // tokens read; 0: not said
  cached: number; // of them, known from before
  context: number; // that the model has room for; 0: not said
  why: string; // why it ended: stop, length, stopped by the reader
}

// A Version is one answer; asked again, a message has several.
export interface Version {
  content: string;
  reasoning: string;
  stats?: Stats;
  error?: string;
}

export type Message = { role: 'user'; content: string } | { role: 'assistant'; versions: Version[]; shown: number };

export interface Settings {
  system: string;
  temperature: number | null; // null: as the model has it
  top_p: number | null;
  top_k: number | null;
  min_p: number | null;
  repetition_penalty: number | null;
  max_tokens: number | null;
  seed: number | null;
  stop: string;
}

export const noSettings: Settings = { system: '', temperature: null, top_p: null, top_k: null, min_p: null, repetition_penalty: null, max_tokens: null, seed: null, stop: '' };

const messagesName = 'zoo.chat';
const settingsName = 'zoo.chat.settings';

function read<T>(store: Storage, name: string, none: T): T {
  try {
    return (JSON.parse(store.getItem(name) ?? 'null') as T) ?? none;
  } catch {
    return none;
  }
}

export const loadMessages = (): Message[] => read<Message[]>(sessionStorage, messagesName, []);
export const loadSettings = (): Settings => ({ ...noSettings, ...read<Partial<Settings>>(localStorage, settingsName, {}) });

export function saveMessages(all: Message[]): void {
  try {
    sessionStorage.setItem(messagesName, JSON.stringify(all));
  } catch {
    // The chat is larger than what browsers keep: it lives on in the page.
  }
}

export function saveSettings(s: Settings): void {
  localStorage.setItem(settingsName, JSON.stringify(s));
}

// wire returns the messages and settings as the OpenAI dialect has them.
export function wire(model: string, messages: Message[], s: Settings): Record<string, unknown> {
  const all = messages.map((m) => (m.role === 'user' ? { role: m.role, content: m.content } : { role: m.role, content: m.versions[m.shown].content }));
  const body: Record<string, unknown> = { model, messages: s.system.trim() ? [{ role: 'system', content: s.system }, ...all] : all, stream: true, stream_options: { include_usage: true } };
  for (const k of ['temperature', 'top_p', 'top_k', 'min_p', 'repetition_penalty', 'max_tokens', 'seed'] as const) if (s[k] !== null) body[k] = s[k];
  const stops = s.stop.split('\n').filter((x) => x !== '');
  if (stops.length > 0) body.stop = stops;
  return body;
}
