package llamacpp

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/field"
)

// A CompletionRequest is the body of POST /completion.
type CompletionRequest struct {
	Model  string  `json:"model"`
	Prompt Prompts `json:"prompt"`
	Sampling

	Stream         bool     `json:"stream"`
	Completions    int      `json:"n_cmpl"`
	CachePrompt    *bool    `json:"cache_prompt"` // what is known of a prompt is never read again; the text is the same
	ReturnTokens   bool     `json:"return_tokens"`
	Timings        bool     `json:"timings_per_token"`
	ResponseFields []string `json:"response_fields"`
}

// Sampling are the fields that say what is written.
type Sampling struct {
	Predict   *int `json:"n_predict"`
	MaxTokens *int `json:"max_tokens"` // the same, as OpenAI calls it
	IgnoreEOS bool `json:"ignore_eos"`

	Temperature      *float64 `json:"temperature"`
	TopK             *int     `json:"top_k"`
	TopP             *float64 `json:"top_p"`
	MinP             *float64 `json:"min_p"`
	Typical          *float64 `json:"typical_p"`
	RepeatLast       *int     `json:"repeat_last_n"`
	RepeatPenalty    *float64 `json:"repeat_penalty"`
	PresencePenalty  float64  `json:"presence_penalty"`
	FrequencyPenalty float64  `json:"frequency_penalty"`
	Samplers         []string `json:"samplers"`
	Seed             *int64   `json:"seed"`

	Stop         field.Strings   `json:"stop"`
	Bias         Biases          `json:"logit_bias"`
	Probs        int             `json:"n_probs"`
	Grammar      string          `json:"grammar"`
	Schema       json.RawMessage `json:"json_schema"`
	MaxPredictMS int64           `json:"t_max_predict_ms"`

	DRY          field.Refused `json:"dry_multiplier"`
	XTC          field.Refused `json:"xtc_probability"`
	Dynamic      field.Refused `json:"dynatemp_range"`
	Mirostat     field.Refused `json:"mirostat"`
	NSigma       field.Refused `json:"top_n_sigma" only:"-1|-1.0"`
	AdaptiveP    field.Refused `json:"adaptive_target" only:"-1|-1.0"`
	PostSampling field.Refused `json:"post_sampling_probs" hint:"probabilities are the model's own"`
	LoRA         field.Refused `json:"lora" hint:"adapters are models of their own name"`
	GrammarLazy  field.Refused `json:"grammar_lazy"`
}

// An InfillRequest is the body of POST /infill.
type InfillRequest struct {
	CompletionRequest
	Prefix string  `json:"input_prefix"`
	Suffix string  `json:"input_suffix"`
	Extra  []Extra `json:"input_extra"`
}

// An Extra is a file that the text refers to.
type Extra struct {
	Name string `json:"filename"`
	Text string `json:"text"`
}

// The values of llama-server where neither a request nor the checkpoint has any.
const (
	defaultTemperature = 0.8
	defaultTopK        = 40
	defaultTopP        = 0.95
	defaultMinP        = 0.05
	defaultLast        = 64
)

// AnySeed stands for a seed that nothing else has, beside negative ones.
const AnySeed = 1<<32 - 1

// maxProbs is how many probabilities of other tokens may be asked for.
const maxProbs = 1024

// Check refuses what is out of range, and what would change the text and is not had.
func (s *Sampling) Check() error {
	return cmp.Or(
		field.Check(s),
		field.Within("n_probs", &s.Probs, 0, maxProbs),
		field.Within("t_max_predict_ms", &s.MaxPredictMS, -1, int64(24*time.Hour/time.Millisecond)),
	)
}

// A Plan is what the fields come to.
type Plan struct {
	generate.Options
	Unlimited bool          // an answer may fill the context
	Nothing   bool          // the prompt is to be read and nothing written
	Last      int           // tokens that penalties look back at; negative: all, 0: none
	Time      time.Duration // for what is written; 0: any
}

// Plan returns o changed by what the fields say; encode gives the tokens of a text. A
// model that was not made to be sampled in some way of its own is sampled as
// llama-server does. A sampler that is missing where samplers are named is not used;
// their order is always ours.
func (s *Sampling) Plan(o generate.Options, encode func(string) []int32) Plan {
	p := Plan{Options: o, Last: defaultLast}
	if o.Temperature == 0 {
		p.Temperature, p.TopK, p.TopP, p.MinP = defaultTemperature, defaultTopK, defaultTopP, defaultMinP
	}
	limit := cmp.Or(s.Predict, s.MaxTokens)
	switch {
	case limit != nil && *limit == 0:
		p.MaxTokens, p.Nothing = 1, true
	case limit != nil && *limit > 0:
		p.MaxTokens = *limit
	case limit != nil || o.MaxTokens == 0:
		p.MaxTokens, p.Unlimited = 0, true
	}
	set(&p.Temperature, s.Temperature)
	set(&p.TopK, s.TopK)
	set(&p.TopP, s.TopP)
	set(&p.MinP, s.MinP)
	set(&p.Typical, s.Typical)
	set(&p.Last, s.RepeatLast)
	set(&p.RepetitionPenalty, s.RepeatPenalty)
	p.PresencePenalty, p.FrequencyPenalty = s.PresencePenalty, s.FrequencyPenalty
	p.Temperature, p.TopK, p.TopP, p.Typical = max(p.Temperature, 0), max(p.TopK, 0), min(p.TopP, 1), min(p.Typical, 1)
	if s.Samplers != nil {
		s.leaveOut(&p)
	}
	if s.Seed != nil && *s.Seed >= 0 && *s.Seed != AnySeed {
		p.Seed = uint64(*s.Seed)
	}
	if s.IgnoreEOS {
		p.EOS = nil
	}
	if s.Stop != nil {
		p.Stop = slices.DeleteFunc(slices.Clone(s.Stop), func(text string) bool { return text == "" })
	}
	if len(s.Bias) > 0 {
		p.Bias = s.Bias.Of(encode)
	}
	if s.Probs > 0 {
		p.LogProbs, p.TopLogProbs = true, s.Probs
	}
	p.Time = time.Duration(max(s.MaxPredictMS, 0)) * time.Millisecond
	return p
}

// leaveOut turns samplers off that are not named.
func (s *Sampling) leaveOut(p *Plan) {
	named := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(s.Samplers, n) })
	}
	if !named("top_k", "top-k") {
		p.TopK = 0
	}
	if !named("top_p", "top-p") {
		p.TopP = 0
	}
	if !named("min_p", "min-p") {
		p.MinP = 0
	}
	if !named("typ_p", "typical_p", "typ-p", "typical-p", "typical") {
		p.Typical = 0
	}
	if !named("temperature", "temp") && p.Temperature > 0 {
		p.Temperature = 1
	}
	if !named("penalties") {
		p.Last = 0
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Held returns what the text is held to: nothing, "gbnf" or "schema", with its source.
func (s *Sampling) Held() (kind, source string, err error) {
	schema := !field.Null(s.Schema)
	switch {
	case s.Grammar != "" && schema:
		return "", "", field.Errorf("grammar", "there is a json_schema too; only one of them can hold the text")
	case s.Grammar != "":
		return "gbnf", s.Grammar, nil
	case schema:
		return "schema", string(s.Schema), nil
	}
	return "", "", nil
}
