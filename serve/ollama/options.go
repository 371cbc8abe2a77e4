package ollama

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/generate"
)

// Options are the options of a request by name, as in a Modelfile.
type Options map[string]json.RawMessage

// The values of Ollama where neither a request nor the checkpoint has any.
const (
	defaultTemperature = 0.8
	defaultTopK        = 40
	defaultTopP        = 0.9
	defaultLast        = 64
)

// A Plan is what options come to.
type Plan struct {
	generate.Options
	Unlimited bool // an answer may fill the context
	Context   int  // tokens of prompt and answer together; 0: not limited
	Last      int  // tokens that penalties look back at; -1: all, 0: none
}

// Plan returns o changed by what the options say. A model that was not made to be
// sampled in some way of its own is sampled as Ollama does. Names that are not known,
// and those of the machinery (num_gpu, num_thread …), are passed over, as Ollama does.
// Values of the wrong type are errors.
func (r Options) Plan(o generate.Options) (Plan, error) {
	p := Plan{Options: o, Last: defaultLast}
	if o.Temperature == 0 {
		p.Temperature, p.TopK, p.TopP = defaultTemperature, defaultTopK, defaultTopP
	}
	limit, seed := 0, -1
	for name, into := range map[string]any{
		"num_predict": &limit, "num_ctx": &p.Context, "repeat_last_n": &p.Last, "seed": &seed,
		"temperature": &p.Temperature, "top_k": &p.TopK, "top_p": &p.TopP, "min_p": &p.MinP, "typical_p": &p.Typical,
		"repeat_penalty": &p.RepetitionPenalty, "presence_penalty": &p.PresencePenalty, "frequency_penalty": &p.FrequencyPenalty,
		"stop": &p.Stop,
	} {
		if err := r.read(name, into); err != nil {
			return Plan{}, err
		}
	}
	if p.MaxTokens = cmp.Or(limit, o.MaxTokens); p.MaxTokens <= 0 {
		p.MaxTokens, p.Unlimited = 0, true
	}
	if p.Context < 0 {
		return Plan{}, fmt.Errorf("option \"num_ctx\" must not be negative")
	}
	p.TopK = max(p.TopK, 0)
	p.TopP = min(p.TopP, 1)
	if seed >= 0 {
		p.Seed = uint64(seed)
	}
	if p.Last < -1 {
		p.Last = -1
	}
	return p, nil
}

// read reads the option of that name, if it is there and not null.
func (r Options) read(name string, into any) error {
	data, ok := r[name]
	if !ok || string(data) == "null" {
		return nil
	}
	kind := ""
	switch v := into.(type) {
	case *int:
		var number float64
		if json.Unmarshal(data, &number) == nil && math.Abs(number) <= math.MaxInt32 {
			*v = int(number) // cut to a whole number, as Ollama does
			return nil
		}
		if err := json.Unmarshal(data, v); err == nil && name == "seed" {
			return nil
		}
		kind = "integer"
	case *float64:
		if json.Unmarshal(data, v) == nil {
			return nil
		}
		kind = "float32"
	case *[]string:
		if json.Unmarshal(data, v) == nil {
			return nil
		}
		var one string
		if json.Unmarshal(data, &one) == nil {
			*v = []string{one}
			return nil
		}
		kind = "array of strings"
	}
	return fmt.Errorf("option %q must be of type %s", name, kind)
}
