// What the page knows of HTTP: one way to ask, one way to fail, and streams of events.

// A Failure is an answer that is none: what the server said, or that it said nothing.
export class Failure extends Error {
  constructor(readonly status: number, message: string, private retryAfter = 0) {
    super(message);
  }

  // told is the message as a sentence, and when to try again.
  told(): string {
    const m = this.message.trim();
    return m.charAt(0).toUpperCase() + m.slice(1) + (/[.!?]$/.test(m) ? '' : '.') + (this.retryAfter ? ` Try again in ${this.retryAfter} s.` : '');
  }
}

// told says in words what was thrown.
export const told = (e: unknown): string => (e instanceof Failure ? e.told() : String(e));

const keyName = 'zoo.key';
export const key = {
  get: (): string => sessionStorage.getItem(keyName) ?? '',
  set: (k: string): void => (k ? sessionStorage.setItem(keyName, k) : sessionStorage.removeItem(keyName)),
};

// onKey is called when the server wants an API key that it was not given.
let onKey: () => void = () => {};
export function whenKeyWanted(f: () => void): void {
  onKey = f;
}

// The addresses are relative, so that the page works behind a proxy that gives it a prefix.
async function send(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key.get()) headers['Authorization'] = 'Bearer ' + key.get();
  let r: Response;
  try {
    r = await fetch(path, { method: body === undefined ? 'GET' : 'POST', headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new Failure(0, 'The server does not answer. Is it running?');
  }
  if (!r.ok) throw await failure(r);
  return r;
}

async function failure(r: Response): Promise<Failure> {
  if (r.status === 401) onKey();
  const text = await r.text().catch(() => '');
  return new Failure(r.status, said(text) || `The server answered ${r.status} ${r.statusText}`.trim() + '.', Number(r.headers.get('Retry-After')) || 0);
}

// said is the message in an error of any dialect.
function said(text: string): string {
  try {
    const v = JSON.parse(text);
    const e = v.error ?? v.message ?? v.detail;
    return typeof e === 'string' ? e : typeof e?.message === 'string' ? e.message : '';
  } catch {
    return '';
  }
}

// ask returns the JSON at a path, or what the server makes of body.
export async function ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await send(path, body, signal)).json();
}

// events returns the data of each event that the server makes of body, up to [DONE]. A stream
// that is an error in the middle throws it.
export async function* events(path: string, body: unknown, signal?: AbortSignal): AsyncGenerator<any> {
  const r = await send(path, body, signal);
  const reader = r.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split(/\r?\n\r?\n/);
      rest = parts.pop()!;
      for (const part of parts) {
        const data = dataOf(part);
        if (data === '[DONE]') return;
        if (!data) continue;
        const v = JSON.parse(data);
        if (v.error) throw new Failure(500, said(data) || 'The server stopped in the middle.');
        yield v;
      }
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
}
