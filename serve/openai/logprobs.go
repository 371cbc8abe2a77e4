package openai

import (
	"encoding/json"
	"math"
)

// LogProbs are the tokens of a message with their log-probabilities.
type LogProbs struct {
	Content []TokenLogProb `json:"content"`
	Refusal []TokenLogProb `json:"refusal"`
}

// A TokenLogProb is a token in its place, with the likeliest there.
type TokenLogProb struct {
	Likely
	Top []Likely `json:"top_logprobs"`
}

// A Likely is a token with its log-probability.
type Likely struct {
	Token   string `json:"token"` // what is no whole character in it is U+FFFD; Bytes has it
	LogProb Log    `json:"logprob"`
	Bytes   []int  `json:"bytes"`
}

// A Log is a log-probability. The API writes −9999 for what cannot be.
type Log float64

// MarshalJSON writes it.
func (l Log) MarshalJSON() ([]byte, error) {
	if v := float64(l); v >= -9999 && v <= 0 {
		return json.Marshal(v)
	} else if v > 0 { // rounding
		return []byte("0"), nil
	}
	return []byte("-9999"), nil
}

// TokenOf returns a token of those bytes.
func TokenOf(spelling []byte, logProb float64) Likely {
	b := make([]int, len(spelling))
	for i, c := range spelling {
		b[i] = int(c)
	}
	if math.IsNaN(logProb) {
		logProb = math.Inf(-1)
	}
	return Likely{Token: valid(spelling), LogProb: Log(logProb), Bytes: b}
}
