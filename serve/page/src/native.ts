// The server's own API: what it is asked and what it answers, as /openapi.json says.
import { ask } from './api';

export interface Model {
  name: string;
  family: string;
  tasks: string[];
  loaded: boolean;
  parameters: number;
  context: number;
  default?: boolean; // it answers where no model is named
  mask?: string; // how the model's mask is written in a text
}

export interface Described extends Model {
  card?: string; // Markdown
  bytes?: number; // of its weights
  paper?: string;
}

export interface Scored {
  label: string;
  score: number;
}
export interface Predicted {
  token: string; // as the vocabulary has it
  text?: string; // as it stands in a text
  id: number;
  score: number;
}
// Places in a text are counted in characters (code points); end is past the last.
export interface Piece {
  id: number;
  text: string; // of a special token its name
  special?: boolean; // the tokenizer put it there
  start: number;
  end: number;
}
export interface Entity {
  label: string;
  text: string;
  start: number;
  end: number;
  score: number;
}
export interface Answer {
  answer: string;
  start: number;
  end: number;
  score: number;
}

export interface Answers extends Answer {
  answers?: Answer[]; // best first; the first is the answer itself
}

export const listModels = (s?: AbortSignal) => ask<{ models: Model[] }>('zoo/models', undefined, s).then((r) => r.models);
export const describe = (name: string, s?: AbortSignal) => ask<Described>('zoo/models/' + name.split('/').map(encodeURIComponent).join('/'), undefined, s);
export const fillMask = (model: string, text: string, top: number, s?: AbortSignal) => ask<{ masks: Predicted[][] }>('zoo/fill', { model, text, top }, s).then((r) => r.masks);
export const classify = (model: string, text: string, text_pair: string, s?: AbortSignal) => ask<{ labels: Scored[] }>('zoo/classify', { model, text, ...(text_pair ? { text_pair } : {}) }, s).then((r) => r.labels);
export const zeroShot = (model: string, text: string, labels: string[], template: string, many: boolean, s?: AbortSignal) => ask<{ labels: Scored[] }>('zoo/zero-shot', { model, text, labels, multi_label: many, ...(template ? { template } : {}) }, s).then((r) => r.labels);
export const tag = (model: string, text: string, s?: AbortSignal) => ask<{ entities: Entity[] }>('zoo/tag', { model, text }, s).then((r) => r.entities);
export const answer = (model: string, question: string, context: string, impossible: boolean, s?: AbortSignal) => ask<Answers>('zoo/answer', { model, question, context, impossible, top: 4 }, s);
export const translate = (model: string, text: string, from: string, to: string, s?: AbortSignal) => ask<{ text: string }>('zoo/translate', { model, text, from, to }, s).then((r) => r.text);
export const summarize = (model: string, text: string, s?: AbortSignal) => ask<{ text: string }>('zoo/summarize', { model, text }, s).then((r) => r.text);
export const compare = (model: string, texts: string[], pooling: string, normalize: boolean, s?: AbortSignal) => ask<{ similarity: number[][]; dimensions?: number }>('zoo/compare', { model, texts, ...(pooling ? { pooling } : {}), normalize }, s);
export const tokenize = (model: string, text: string, s?: AbortSignal) => ask<{ tokens: Piece[] }>('zoo/tokenize', { model, text }, s).then((r) => r.tokens);
export const next = (model: string, text: string, top: number, s?: AbortSignal) => ask<{ tokens: Predicted[] }>('zoo/next', { model, text, top }, s).then((r) => r.tokens);
export const attention = (model: string, text: string, s?: AbortSignal) => ask<{ tokens: Piece[]; layers: number[][][][] }>('zoo/attention', { model, text }, s);
