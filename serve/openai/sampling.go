package openai

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/field"
)

// Sampling is how tokens are to be chosen. nil stands for what the model's own
// configuration asks for.
type Sampling struct {
	Temperature      *float64           `json:"temperature"`
	TopP             *float64           `json:"top_p"`
	PresencePenalty  *float64           `json:"presence_penalty"`
	FrequencyPenalty *float64           `json:"frequency_penalty"`
	LogitBias        map[string]float64 `json:"logit_bias"` // by token id
	Seed             *int64             `json:"seed"`       // nil: another each time
	Stop             field.Strings      `json:"stop"`

	// Of other servers.
	TopK              *int     `json:"top_k"`
	MinP              *float64 `json:"min_p"`
	TypicalP          *float64 `json:"typical_p"`
	RepeatPenalty     *float64 `json:"repeat_penalty"`
	RepetitionPenalty *float64 `json:"repetition_penalty"` // the same
	NoRepeatNGram     *int     `json:"no_repeat_ngram_size"`
	IgnoreEOS         bool     `json:"ignore_eos"`
	MinTokens         *int     `json:"min_tokens"`
	StopTokens        []int32  `json:"stop_token_ids"`

	samplingRefused
}

// samplingRefused are ways of sampling that are not there.
type samplingRefused struct {
	Mirostat        field.Refused `json:"mirostat"`
	DRY             field.Refused `json:"dry_multiplier"`
	XTC             field.Refused `json:"xtc_probability"`
	DynamicRange    field.Refused `json:"dynatemp_range"`
	TopNSigma       field.Refused `json:"top_n_sigma" only:"-1"`
	BeamSearch      field.Refused `json:"use_beam_search"`
	LengthPenalty   field.Refused `json:"length_penalty" only:"1|1.0"`
	BadWords        field.Refused `json:"bad_words"`
	AllowedTokens   field.Refused `json:"allowed_token_ids"`
	PromptLogProbs  field.Refused `json:"prompt_logprobs"`
	TruncatePrompt  field.Refused `json:"truncate_prompt_tokens" hint:"prompts are never cut"`
	IncludeStop     field.Refused `json:"include_stop_str_in_output"`
	KeepSpecial     field.Refused `json:"skip_special_tokens" only:"true"`
	GuidedJSON      field.Refused `json:"guided_json" hint:"use response_format"`
	GuidedRegex     field.Refused `json:"guided_regex" hint:"use grammar"`
	GuidedChoice    field.Refused `json:"guided_choice" hint:"use grammar"`
	GuidedGrammar   field.Refused `json:"guided_grammar" hint:"use grammar"`
	StructuredOuts  field.Refused `json:"structured_outputs" hint:"use response_format or grammar"`
	LogitProcessors field.Refused `json:"logits_processors"`
}

// maxStops is how many stop strings a request may have: each is looked for at every token.
const maxStops = 16

// maxBias is how many tokens a request may give a bias.
const maxBias = 1 << 16

// Apply changes o, the model's own options, by what is asked for.
func (s *Sampling) Apply(o *generate.Options) error {
	if o.Temperature == 0 { // the dialect samples where nobody says otherwise
		o.Temperature = 1
	}
	type real struct {
		name      string
		from      *float64
		to        *float64
		low, high float64
	}
	for _, f := range []real{
		{"temperature", s.Temperature, &o.Temperature, 0, 100},
		{"top_p", s.TopP, &o.TopP, 0, 1},
		{"min_p", s.MinP, &o.MinP, 0, 1},
		{"typical_p", s.TypicalP, &o.Typical, 0, 1},
		{"presence_penalty", s.PresencePenalty, &o.PresencePenalty, -100, 100},
		{"frequency_penalty", s.FrequencyPenalty, &o.FrequencyPenalty, -100, 100},
		{"repeat_penalty", s.RepeatPenalty, &o.RepetitionPenalty, 0, 100},
		{"repetition_penalty", s.RepetitionPenalty, &o.RepetitionPenalty, 0, 100},
	} {
		if err := field.Within(f.name, f.from, f.low, f.high); err != nil {
			return err
		}
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if s.TopP != nil && *s.TopP == 0 { // the least mass, not all
		o.TopK = 1
	}
	for _, f := range []struct {
		name string
		from *int
		to   *int
		low  int
	}{{"top_k", s.TopK, &o.TopK, -1}, {"min_tokens", s.MinTokens, &o.MinTokens, 0}, {"no_repeat_ngram_size", s.NoRepeatNGram, &o.NoRepeatNGram, 0}} {
		if err := field.Within(f.name, f.from, f.low, math.MaxInt32); err != nil {
			return err
		}
		if f.from != nil {
			*f.to = max(0, *f.from)
		}
	}
	if s.Seed != nil {
		o.Seed = uint64(*s.Seed)
	}
	if s.IgnoreEOS {
		o.EOS = nil
	}
	o.EOS = append(slices.Clip(o.EOS), s.StopTokens...)
	if err := s.stops(o); err != nil {
		return err
	}
	return s.bias(o)
}

func (s *Sampling) stops(o *generate.Options) error {
	if len(s.Stop) > maxStops {
		return field.Errorf("stop", "%d strings, over %d", len(s.Stop), maxStops)
	}
	if len(s.StopTokens) > maxBias {
		return field.Errorf("stop_token_ids", "%d tokens, over %d", len(s.StopTokens), maxBias)
	}
	for i, text := range s.Stop {
		if text == "" {
			return field.Errorf(fmt.Sprintf("stop.%d", i), "it is empty")
		}
	}
	o.Stop = s.Stop
	return nil
}

func (s *Sampling) bias(o *generate.Options) error {
	if len(s.LogitBias) > maxBias {
		return field.Errorf("logit_bias", "%d tokens, over %d", len(s.LogitBias), maxBias)
	}
	for key, b := range s.LogitBias {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 {
			return field.Errorf("logit_bias", "%.20q is not the id of a token", key)
		}
		if !(b >= -100 && b <= 100) {
			return field.Errorf("logit_bias."+key, "%v is not from -100 to 100", b)
		}
		if o.Bias == nil {
			o.Bias = map[int32]float32{}
		}
		o.Bias[int32(id)] = float32(b)
		if b == -100 { // which the API says bans a token
			o.Bias[int32(id)] = float32(math.Inf(-1))
		}
	}
	return nil
}
