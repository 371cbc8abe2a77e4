package tune

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// A Config is PEFT's adapter_config.json: what a LoRA adapter changes, and how. The
// zero value of a field stands for PEFT's default.
type Config struct {
	PeftType  string `json:"peft_type"` // LORA, the one type there is here
	TaskType  string `json:"task_type,omitempty"`
	Base      string `json:"base_model_name_or_path"`
	Revision  string `json:"revision,omitempty"`
	Inference bool   `json:"inference_mode"`

	R            int              `json:"r"`          // rank: 8
	Alpha        float64          `json:"lora_alpha"` // the change is times alpha / r: 8
	Dropout      float64          `json:"lora_dropout"`
	RankPattern  Ordered[int]     `json:"rank_pattern"`  // ranks of layers that a pattern names
	AlphaPattern Ordered[float64] `json:"alpha_pattern"` // and their alphas
	RankStable   bool             `json:"use_rslora"`    // alpha / √r (arXiv:2312.03732)
	DoRA         bool             `json:"use_dora"`      // arXiv:2402.09353
	Transposed   bool             `json:"fan_in_fan_out"`
	Bias         string           `json:"bias"`            // none, all, lora_only
	Save         []string         `json:"modules_to_save"` // trained and stored whole
	Layers       Ints             `json:"layers_to_transform"`
	LayerNames   Strings          `json:"layers_pattern"`
	Targets      Targets          `json:"target_modules"`
	Exclude      Targets          `json:"exclude_modules"`
	Init         json.RawMessage  `json:"init_lora_weights,omitempty"` // true, or "gaussian"
}

// refused are fields that change what an adapter means in ways that are not known here.
var refused = []string{"target_parameters", "layer_replication", "lora_bias", "alora_invocation_tokens", "arrow_config",
	"trainable_token_indices", "use_qalora", "use_bdlora", "kasa_config", "velora_config", "monteclora_config", "megatron_config"}

// inits are the ways to begin that leave the base as it is.
var inits = []string{"", "null", "true", "false", `"gaussian"`, `"orthogonal"`, `"eva"`}

// AllLinear is the target that stands for every linear layer but the head.
const AllLinear = "all-linear"

// Targets name layers: by the ends of their names, or all those whose whole name a
// regular expression matches.
type Targets struct {
	Names   []string
	Pattern string
}

// UnmarshalJSON reads a list, a string, or null.
func (t *Targets) UnmarshalJSON(b []byte) error {
	*t = Targets{}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &t.Pattern)
	}
	return json.Unmarshal(b, &t.Names)
}

// MarshalJSON is the reverse of UnmarshalJSON.
func (t Targets) MarshalJSON() ([]byte, error) {
	if t.Pattern != "" {
		return json.Marshal(t.Pattern)
	}
	return json.Marshal(t.Names)
}

// Ints is a list, for which one number may stand.
type Ints []int

// UnmarshalJSON reads a list, a number, or null.
func (l *Ints) UnmarshalJSON(b []byte) error { return oneOrMany((*[]int)(l), b) }

// Strings is a list, for which one text may stand.
type Strings []string

// UnmarshalJSON reads a list, a text, or null.
func (l *Strings) UnmarshalJSON(b []byte) error { return oneOrMany((*[]string)(l), b) }

func oneOrMany[T any](l *[]T, b []byte) error {
	*l = nil
	if b = bytes.TrimSpace(b); len(b) == 0 || b[0] == '[' || string(b) == "null" {
		return json.Unmarshal(b, l)
	}
	var one T
	err := json.Unmarshal(b, &one)
	*l = []T{one}
	return err
}

// Ordered is a JSON object of which the order counts: the first key that fits holds.
type Ordered[T any] struct {
	Keys   []string
	Values []T
}

// UnmarshalJSON reads an object, or null.
func (o *Ordered[T]) UnmarshalJSON(b []byte) error {
	*o = Ordered[T]{}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t == nil {
		return err
	} else if t != json.Delim('{') {
		return fmt.Errorf("%v is no object", t)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return err
		}
		o.Keys, o.Values = append(o.Keys, key.(string)), append(o.Values, v)
	}
	return nil
}

// MarshalJSON writes an object.
func (o Ordered[T]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, key := range o.Keys {
		k, err := json.Marshal(key)
		v, errV := json.Marshal(o.Values[i])
		if err := errors.Join(err, errV); err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, k...), ':'), v...)
	}
	return append(b, '}'), nil
}

// in returns the value of the first key that fits the end of name, or otherwise.
func (o Ordered[T]) in(name string, otherwise T) (T, error) {
	for i, key := range o.Keys {
		re, err := regexp.Compile(`^(.*\.)?(` + key + `)$`)
		if err != nil {
			return otherwise, fmt.Errorf("pattern %q: %w", key, err)
		}
		if re.MatchString(name) {
			return o.Values[i], nil
		}
	}
	return otherwise, nil
}

// maxRank bounds a rank: of a larger one nothing is saved.
const maxRank = 1 << 14

// Check sets defaults, and refuses what cannot be.
func (c *Config) Check() error {
	if c.PeftType == "" {
		c.PeftType = "LORA"
	}
	if c.R == 0 {
		c.R = 8
	}
	if c.Alpha == 0 {
		c.Alpha = 8
	}
	if c.Bias == "" {
		c.Bias = "none"
	}
	bad := func(field, format string, args ...any) error {
		return fmt.Errorf("tune: adapter_config.json: %s: "+format, append([]any{field}, args...)...)
	}
	switch {
	case c.PeftType != "LORA":
		return bad("peft_type", "%q is not LORA", c.PeftType)
	case c.R < 1 || c.R > maxRank:
		return bad("r", "%d is not between 1 and %d", c.R, maxRank)
	case math.IsNaN(c.Dropout) || c.Dropout < 0 || c.Dropout >= 1:
		return bad("lora_dropout", "%v is not in [0,1)", c.Dropout)
	case !slices.Contains([]string{"none", "all", "lora_only"}, c.Bias):
		return bad("bias", "%q is none of none, all, lora_only", c.Bias)
	case c.Targets.Names == nil && c.Targets.Pattern == "" && len(c.Save) == 0 && c.Bias == "none":
		return bad("target_modules", "nothing is named")
	case !slices.Contains(inits, string(c.Init)):
		return bad("init_lora_weights", "%s changes the base", c.Init)
	}
	for i, r := range c.RankPattern.Values {
		if r < 1 || r > maxRank {
			return bad("rank_pattern", "%s: %d is not between 1 and %d", c.RankPattern.Keys[i], r, maxRank)
		}
	}
	return nil
}

// absent tells whether a JSON value says nothing.
func absent(b json.RawMessage) bool {
	return len(b) == 0 || slices.Contains([]string{"null", "[]", "{}", "false"}, string(b))
}

// rank returns the rank and the factor of the change of a layer.
func (c *Config) rank(name string) (r int, scale float32, err error) {
	r, errR := c.RankPattern.in(name, c.R)
	alpha, errA := c.AlphaPattern.in(name, c.Alpha)
	if err := errors.Join(errR, errA); err != nil {
		return 0, 0, fmt.Errorf("tune: adapter_config.json: %w", err)
	}
	if c.RankStable {
		return r, float32(alpha / math.Sqrt(float64(r))), nil
	}
	return r, float32(alpha / float64(r)), nil
}

// maxConfig bounds the text of an adapter_config.json.
const maxConfig = 16 << 20

// ReadConfig reads the adapter_config.json of a folder.
func ReadConfig(dir string) (Config, error) {
	var c Config
	path := filepath.Join(dir, "adapter_config.json")
	info, err := os.Stat(path)
	if err != nil {
		return c, fmt.Errorf("tune: %w", err)
	}
	if info.Size() > maxConfig {
		return c, fmt.Errorf("tune: %s: larger than %d bytes", path, maxConfig)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("tune: %w", err)
	}
	all := map[string]json.RawMessage{}
	if err := errors.Join(json.Unmarshal(b, &all), json.Unmarshal(b, &c)); err != nil {
		return c, fmt.Errorf("tune: %s: %w", path, err)
	}
	for _, field := range refused {
		if !absent(all[field]) {
			return c, fmt.Errorf("tune: %s: %s: is not known here", path, field)
		}
	}
	if err := c.Check(); err != nil {
		return c, fmt.Errorf("%w (%s)", err, dir)
	}
	return c, nil
}
