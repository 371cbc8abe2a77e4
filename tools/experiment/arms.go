package main

// An experiment compares arms by measures. The second arm is the one that the paper
// found better than the first; a third differs from the first in one thing alone, and
// decides nothing.
type experiment struct {
	title, about string
	arms         []arm
	measures     []measure
}

// An arm is a way of training: base with an objective. Where onward is set, it goes on
// from what dynamic came to with the same seed, for half the steps at half the rate.
type arm struct {
	name, about, objective string
	onward                 bool
}

// A measure is a result of judge.
type measure struct {
	name, goal string
	verdict    bool // decides whether the direction shows
}

// base is the recipe of all arms. One epoch is some 340 steps, so that a run sees
// each text about nine times. Positions begin as sinusoids and weights wide, by which a
// small model looks at neighbours far sooner.
const base = `
model:
  config:
    model_type: bert
    hidden_size: 128
    num_hidden_layers: 2
    num_attention_heads: 4
    intermediate_size: 512
    max_position_embeddings: 64
    hidden_dropout_prob: 0
    attention_probs_dropout_prob: 0
    span_embedding_size: 64
    initializer_range: 0.05
    sinusoidal_pos_embds: true
tokenizer: {path: ""}
data:
  sources: [{path: ""}]
  eval: [{path: ""}]
optimizer: {name: adamw, lr: 0.002, weight_decay: 0.01}
schedule: {name: linear, warmup: 100}
batch: {examples: 32, length: 64}
steps: 3000
eval: {every: 250, batches: 16}
save: {every: 250}
log: {every: 250}
`

// dynamic is the arm that both experiments share.
var dynamic = arm{
	name: "dynamic", about: "RoBERTa: text without breaks, masks of single tokens drawn anew each time, no second objective",
	objective: "{name: masked}",
}

// spanMeasures are those of both experiments on spans.
var spanMeasures = []measure{
	{"loss of tokens in spans", "lower", true}, {"tokens of spans found", "higher", false}, {"whole spans found", "higher", false},
	{"loss of masked tokens", "lower", false},
}

var experiments = map[string]experiment{
	"roberta": {
		title: "RoBERTa's dynamic masking without NSP and BERT's static masking with it",
		about: "After \"RoBERTa: A Robustly Optimized BERT Pretraining Approach\", arXiv:1907.11692, sections 4.1 and 4.2. The static arm has two copies of the text with masks of their own, so that each mask comes about four times, as in BERT's pre-training.",
		arms: []arm{
			{name: "static", about: "BERT: pairs of text parts, masks drawn once for each of two copies, next-sentence prediction", objective: "{name: next-sentence, copies: 2}"},
			dynamic,
			{name: "redrawn", about: "the first with masks drawn anew each time, and nothing else changed", objective: "{name: next-sentence, copies: 2, dynamic: true}"},
		},
		measures: []measure{
			{"loss of masked tokens", "lower", true}, {"the same in pairs of parts", "lower", false}, {"masked tokens found", "higher", false},
		},
	},
	"spanbert": {
		title: "SpanBERT's spans with their boundary objective and masks of single tokens",
		about: "After \"SpanBERT: Improving Pre-training by Representing and Predicting Spans\", arXiv:1907.10529. Both are judged by filling hidden spans of whole words that have two tokens or more.",
		arms: []arm{
			dynamic,
			{name: "spans", about: "SpanBERT: spans of whole words with a mean of 3.8, predicted from their places and from their boundaries", objective: "{name: span-boundary}"},
		},
		measures: spanMeasures,
	},
	"spanbert-onward": {
		title: "SpanBERT's spans and masks of single tokens, as a second phase",
		about: "After arXiv:1907.10529, but both arms go on from the same model, which masks of single tokens taught to look at neighbours: spans alone are slow to teach so small a model that. Judged as the first experiment on spans.",
		arms: []arm{
			{name: "tokens-onward", about: "more of the same: masks of single tokens, drawn anew each time", objective: "{name: masked}", onward: true},
			{name: "spans-onward", about: "SpanBERT: spans of whole words and the boundary objective, whose head begins anew", objective: "{name: span-boundary}", onward: true},
		},
		measures: spanMeasures,
	},
}
