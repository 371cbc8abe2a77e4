// One answer of the chat as it comes.
import { events } from '../api';
import type { Model } from '../native';
import type { Stats, Version } from './chat_store';

// stream writes an answer into v, and calls grown when there is more of it. It ends when the answer
// does, or the signal says so; what had come until then stays.
export async function stream(model: Model, body: Record<string, unknown>, v: Version, signal: AbortSignal, grown: () => void): Promise<void> {
  const start = performance.now();
  const s: Stats = { model: model.name, first: 0, rate: 0, tokens: 0, prompt: 0, cached: 0, context: model.context, why: '' };
  let first = 0;
  let last = 0;
  const count = () => {
    const seconds = (last - first) / 1000;
    if (s.tokens < 3) return;
    s.rate = seconds > 0.005 ? (s.tokens - 1) / seconds : (1000 * s.tokens) / (last - start); // some come all at once
  };
  v.stats = s;
  try {
    for await (const e of events('v1/chat/completions', body, signal)) {
      const choice = e.choices?.[0];
      const text: string = choice?.delta?.content ?? '';
      const thought: string = choice?.delta?.reasoning_content ?? choice?.delta?.reasoning ?? '';
      if (text || thought) {
        last = performance.now();
        if (!first) s.first = (first = last) - start;
        s.tokens++;
        v.content += text;
        v.reasoning += thought;
        count();
      }
      if (choice?.finish_reason) s.why = choice.finish_reason;
      if (e.usage) {
        s.tokens = e.usage.completion_tokens ?? s.tokens;
        s.prompt = e.usage.prompt_tokens ?? 0;
        s.cached = e.usage.prompt_tokens_details?.cached_tokens ?? 0;
        count();
      }
      grown();
    }
  } catch (e) {
    if (!signal.aborted) throw e;
    s.why = 'stopped';
  }
}

// sentences calls tell with each sentence once it is whole, so that those who listen can follow.
export function sentences(tell: (text: string) => void): { more(text: string): void; end(text: string): void } {
  let told = 0;
  return {
    more(text) {
      const m = /^[\s\S]*[.!?:;\n](?=\s)/.exec(text.slice(told));
      if (!m || m[0].length < 40) return;
      told += m[0].length;
      tell(m[0].trim());
    },
    end(text) {
      if (text.length > told) tell(text.slice(told).trim());
    },
  };
}
