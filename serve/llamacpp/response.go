package llamacpp

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// A Completion is an answer of POST /completion, or a part of one.
type Completion struct {
	Index     int     `json:"index"`
	Content   string  `json:"content"`
	Tokens    []int32 `json:"tokens"`
	Slot      int     `json:"id_slot"`
	Stop      bool    `json:"stop"`
	Predicted int     `json:"tokens_predicted"`
	Evaluated int     `json:"tokens_evaluated"`
	Probs     []Prob  `json:"completion_probabilities,omitempty"`
	Timings   *Timing `json:"timings,omitempty"`
	*Ending
}

// An Ending is what the last part of an answer has beside the others.
type Ending struct {
	Model    string   `json:"model"`
	Settings Settings `json:"generation_settings"`
	Prompt   string   `json:"prompt"`
	NewLine  bool     `json:"has_new_line"`
	Cut      bool     `json:"truncated"`
	StopType string   `json:"stop_type"`
	StopWord string   `json:"stopping_word"`
	Cached   int      `json:"tokens_cached"`
}

// How a text ended, as stop_type.
const (
	StopEOS   = "eos"
	StopLimit = "limit"
	StopWord  = "word"
)

// Settings are what a text was written by.
type Settings struct {
	Predict          int      `json:"n_predict"`
	Context          int      `json:"n_ctx"`
	Seed             uint64   `json:"seed"`
	Temperature      float64  `json:"temperature"`
	TopK             int      `json:"top_k"`
	TopP             float64  `json:"top_p"`
	MinP             float64  `json:"min_p"`
	Typical          float64  `json:"typical_p"`
	RepeatLast       int      `json:"repeat_last_n"`
	RepeatPenalty    float64  `json:"repeat_penalty"`
	PresencePenalty  float64  `json:"presence_penalty"`
	FrequencyPenalty float64  `json:"frequency_penalty"`
	Stop             []string `json:"stop"`
	IgnoreEOS        bool     `json:"ignore_eos"`
	Stream           bool     `json:"stream"`
	Probs            int      `json:"n_probs"`
	Grammar          string   `json:"grammar"`
	Samplers         []string `json:"samplers"`
}

// samplers are what a text goes through, in order.
var samplers = []string{"penalties", "temperature", "top_k", "top_p", "min_p", "typ_p"}

// Settings returns the plan as answers tell it.
func (p *Plan) Settings(s *Sampling, room int, stream bool) Settings {
	set := Settings{
		Predict: p.MaxTokens, Context: room, Seed: p.Seed, Temperature: p.Temperature, TopK: p.TopK, TopP: orOne(p.TopP), MinP: p.MinP,
		Typical: orOne(p.Typical), RepeatLast: p.Last, RepeatPenalty: orOne(p.RepetitionPenalty), PresencePenalty: p.PresencePenalty,
		FrequencyPenalty: p.FrequencyPenalty, Stop: p.Stop, IgnoreEOS: s.IgnoreEOS, Stream: stream, Probs: s.Probs, Grammar: s.Grammar, Samplers: samplers,
	}
	if p.Unlimited {
		set.Predict = -1
	}
	if set.Stop == nil {
		set.Stop = []string{}
	}
	return set
}

// orOne returns v, or 1 for 0 where both mean that nothing is done.
func orOne(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}

// A Timing is how long reading and writing took.
type Timing struct {
	Cached             int     `json:"cache_n"`
	Prompt             int     `json:"prompt_n"` // tokens read, those in the cache not counted
	PromptMS           float64 `json:"prompt_ms"`
	PromptTokenMS      float64 `json:"prompt_per_token_ms"`
	PromptPerSecond    float64 `json:"prompt_per_second"`
	Predicted          int     `json:"predicted_n"`
	PredictedMS        float64 `json:"predicted_ms"`
	PredictedTokenMS   float64 `json:"predicted_per_token_ms"`
	PredictedPerSecond float64 `json:"predicted_per_second"`
}

// TimingOf returns the times of so many tokens.
func TimingOf(prompt, cached, made int, read, wrote time.Duration) *Timing {
	t := &Timing{Cached: cached, Prompt: prompt - cached, PromptMS: ms(read), Predicted: made, PredictedMS: ms(wrote)}
	t.PromptTokenMS, t.PromptPerSecond = rates(t.Prompt, t.PromptMS)
	t.PredictedTokenMS, t.PredictedPerSecond = rates(t.Predicted, t.PredictedMS)
	return t
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func rates(tokens int, ms float64) (each, second float64) {
	if tokens == 0 || ms == 0 {
		return 0, 0
	}
	return ms / float64(tokens), 1000 * float64(tokens) / ms
}

// A Prob is a token that was written, with those that were likeliest in its place.
type Prob struct {
	TokenProb
	Top []TokenProb `json:"top_logprobs"`
}

// A TokenProb is a token with its log-probability.
type TokenProb struct {
	ID      int32   `json:"id"`
	Token   string  `json:"token"`
	Bytes   []int   `json:"bytes"`
	LogProb float64 `json:"logprob"`
}

// TokenProbOf returns the form of a token whose bytes may be part of a character.
func TokenProbOf(id int32, text []byte, logProb float64) TokenProb {
	return TokenProb{ID: id, Token: strings.ToValidUTF8(string(text), "\uFFFD"), Bytes: numbers(text), LogProb: max(logProb, -1e30)}
}

func numbers(text []byte) []int {
	all := make([]int, len(text))
	for i, b := range text {
		all[i] = int(b)
	}
	return all
}

// Only returns the fields of v that are named, one of an object within it by both names
// with a slash between. A field that there is not is left out.
func Only(v any, names []string) (any, error) {
	data, err := json.Marshal(v)
	if err != nil || len(names) == 0 {
		return v, err
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	some := map[string]any{}
	for _, name := range names {
		var at any = all
		found := true
		last := name
		for part := range strings.SplitSeq(name, "/") {
			object, ok := at.(map[string]any)
			if at, found = object[part]; !ok || !found {
				found = false
				break
			}
			last = part
		}
		if found {
			some[last] = at
		}
	}
	return some, nil
}

// A Token is a token as POST /tokenize gives it with its piece: a text, or bytes where it
// is part of a character.
type Token struct {
	ID    int32 `json:"id"`
	Piece any   `json:"piece"`
}

// TokenOf returns the form of a token.
func TokenOf(id int32, text []byte) Token {
	if utf8.Valid(text) {
		return Token{id, string(text)}
	}
	return Token{id, numbers(text)}
}

// An ErrorAnswer is how every error is told.
type ErrorAnswer struct {
	Error ErrorBody `json:"error"`
}

// An ErrorBody says what is wrong.
type ErrorBody struct {
	Code    int    `json:"code"` // HTTP's
	Message string `json:"message"`
	Type    string `json:"type"`
}

// ErrorOf returns the form of an error of that status; tooLong is that of a prompt.
func ErrorOf(status int, message string, tooLong bool) ErrorAnswer {
	kind := "server_error"
	switch {
	case tooLong:
		kind = "exceed_context_size_error"
	case status == 401:
		kind = "authentication_error"
	case status == 403:
		kind = "permission_error"
	case status == 404:
		kind = "not_found_error"
	case status == 501:
		kind = "not_supported_error"
	case status == 503:
		kind = "unavailable_error"
	case status < 500:
		kind = "invalid_request_error"
	}
	return ErrorAnswer{ErrorBody{status, message, kind}}
}
