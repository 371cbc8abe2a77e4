package model

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// TokenIDs is one id or a list of ids in JSON: a model may end at several tokens.
type TokenIDs []int32

// UnmarshalJSON reads a number, a list of numbers, or null, which changes nothing.
func (t *TokenIDs) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]int32)(t))
	}
	var one int32
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*t = TokenIDs{one}
	return nil
}

// GenerationConfig is how a model wants to be sampled: generation_config.json,
// with the defaults of transformers for what the file leaves out.
type GenerationConfig struct {
	BOS               TokenIDs `json:"bos_token_id"`
	EOS               TokenIDs `json:"eos_token_id"`
	PAD               TokenIDs `json:"pad_token_id"`
	DecoderStart      TokenIDs `json:"decoder_start_token_id"`
	MaxLength         int      `json:"max_length"`     // prompt and completion; 0: not stated
	MaxNewTokens      int      `json:"max_new_tokens"` // completion; 0: not stated
	DoSample          bool     `json:"do_sample"`      // false: greedy
	Temperature       float64  `json:"temperature"`
	TopK              int      `json:"top_k"`
	TopP              float64  `json:"top_p"`
	MinP              float64  `json:"min_p"`
	TypicalP          float64  `json:"typical_p"`
	RepetitionPenalty float64  `json:"repetition_penalty"`
	LengthPenalty     float64  `json:"length_penalty"`
	NoRepeatNGram     int      `json:"no_repeat_ngram_size"`
	NumBeams          int      `json:"num_beams"`
}

// parseGeneration reads generation_config.json (which may be empty) over the ids
// that config.json gives.
func parseGeneration(config, generation []byte) (GenerationConfig, error) {
	g := GenerationConfig{Temperature: 1, TopK: 50, TopP: 1, TypicalP: 1, RepetitionPenalty: 1, LengthPenalty: 1, NumBeams: 1}
	var ids struct {
		BOS          TokenIDs `json:"bos_token_id"`
		EOS          TokenIDs `json:"eos_token_id"`
		PAD          TokenIDs `json:"pad_token_id"`
		DecoderStart TokenIDs `json:"decoder_start_token_id"`
	}
	if err := decode(config, &ids); err != nil {
		return g, err
	}
	g.BOS, g.EOS, g.PAD, g.DecoderStart = ids.BOS, ids.EOS, ids.PAD, ids.DecoderStart
	if len(generation) == 0 {
		return g, nil
	}
	if err := json.Unmarshal(generation, &g); err != nil {
		return g, fmt.Errorf("model: generation_config.json: %w", err)
	}
	return g, nil
}
