package task

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// settings are what config.json says of a model's heads.
type settings struct {
	Labels      map[string]string `json:"id2label"`
	ProblemType string            `json:"problem_type"`
	TypeVocab   *int              `json:"type_vocab_size"`
	Specific    map[string]struct {
		Prefix        string   `json:"prefix"`
		MaxLength     int      `json:"max_length"`
		NumBeams      int      `json:"num_beams"`
		NoRepeatNGram int      `json:"no_repeat_ngram_size"`
		LengthPenalty *float64 `json:"length_penalty"`
	} `json:"task_specific_params"`
}

// settingsOf reads them.
func settingsOf(m *model.Model) (settings, error) {
	var s settings
	if err := json.Unmarshal(m.Config, &s); err != nil {
		return s, &Refusal{Field: "model", Path: m.Path, Why: fmt.Sprintf("config.json: %v", err)}
	}
	return s, nil
}

// label returns the name of class i.
func (s *settings) label(i int) string {
	if name, ok := s.Labels[strconv.Itoa(i)]; ok {
		return name
	}
	return fmt.Sprintf("LABEL_%d", i)
}

// entailment returns the classes of a model of natural language inference: that one
// text follows from another, and that it contradicts it.
func (s *settings) entailment() (entails, contradicts int, ok bool) {
	for i, name := range s.Labels {
		if n, err := strconv.Atoi(i); err == nil && n >= 0 && strings.HasPrefix(strings.ToLower(name), "entail") {
			if n == 0 {
				return 0, len(s.Labels) - 1, true
			}
			return n, 0, true
		}
	}
	return 0, 0, false
}

// typed returns types, or nil if the model tells no types of tokens apart.
func (s *settings) typed(types []int32) []int32 {
	if s.TypeVocab != nil && *s.TypeVocab < 2 || !slices.Contains(types, 1) {
		return nil
	}
	return types
}

// softmax returns the probabilities that scores stand for.
func softmax(scores []float32) []float64 {
	total := tensor.LogSumExp(scores)
	p := make([]float64, len(scores))
	for i, x := range scores {
		p[i] = math.Exp(float64(x) - total)
	}
	return p
}

// sigmoid returns the probability that a score stands for by itself.
func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

// argmax returns the place of the largest value, the first of equals.
func argmax(p []float64) int {
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return best
}
