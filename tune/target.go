package tune

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/nn"
)

// defaultTargets are the layers that PEFT changes where a config names none, by
// model_type.
var defaultTargets = map[string][]string{
	"llama": {"q_proj", "v_proj"}, "mistral": {"q_proj", "v_proj"}, "qwen2": {"q_proj", "v_proj"}, "qwen3": {"q_proj", "v_proj"},
	"bert": {"query", "value"}, "roberta": {"query", "value"}, "xlm-roberta": {"query", "value"},
	"t5": {"q", "v"}, "mt5": {"q", "v"},
	"gpt2": {"c_attn"},
}

// DefaultTargets returns the layers that PEFT changes of a model_type by default.
func DefaultTargets(modelType string) ([]string, error) {
	if names := defaultTargets[modelType]; names != nil {
		return names, nil
	}
	return nil, fmt.Errorf("tune: no default targets are known of %q; name them, or %q", modelType, AllLinear)
}

// ends tells whether name is suffix, or ends with it after a dot.
func ends(name, suffix string) bool {
	head, ok := strings.CutSuffix(name, suffix)
	return ok && (head == "" || strings.HasSuffix(head, "."))
}

// heads are the layers that AllLinear leaves out: they are trained whole, or give
// tokens.
var heads = []string{"lm_head", "classifier", "classifier.dense", "classifier.out_proj", "score", "qa_outputs", "cls.seq_relationship", "cls.predictions.decoder", "lm_head.decoder"}

// has tells whether t names the layer.
func (t Targets) has(name string, linear bool) (bool, error) {
	switch {
	case t.Pattern == AllLinear || slices.Equal(t.Names, []string{AllLinear}):
		return linear && !slices.Contains(heads, name), nil
	case t.Pattern != "":
		re, err := regexp.Compile(`^(?:` + t.Pattern + `)$`)
		if err != nil {
			return false, fmt.Errorf("tune: adapter_config.json: target_modules: %w", err)
		}
		return re.MatchString(name), nil
	}
	return slices.ContainsFunc(t.Names, func(suffix string) bool { return ends(name, suffix) }), nil
}

// targeted tells whether c changes the layer.
func (c *Config) targeted(name string, linear bool) (bool, error) {
	in, err := c.Targets.has(name, linear)
	if !in || err != nil {
		return false, err
	}
	if out, err := c.Exclude.has(name, linear); out || err != nil {
		return false, err
	}
	if len(c.Save) > 0 && c.saved(name+".weight") {
		return false, nil
	}
	if c.Layers == nil {
		return true, nil
	}
	patterns := c.LayerNames
	if len(patterns) == 0 {
		patterns = Strings{`[^.]*`}
	}
	for _, p := range patterns {
		re, err := regexp.Compile(`^.*\.` + p + `\.(\d+)\.`)
		if err != nil {
			return false, fmt.Errorf("tune: adapter_config.json: layers_pattern: %w", err)
		}
		if m := re.FindStringSubmatch("." + name); m != nil {
			layer, err := strconv.Atoi(m[len(m)-1])
			return err == nil && slices.Contains(c.Layers, layer), nil
		}
	}
	return false, nil
}

// saved tells whether a parameter belongs to a module that is trained whole.
func (c *Config) saved(param string) bool {
	for at := len(param); at > 0; at = strings.LastIndexByte(param[:at], '.') {
		if slices.ContainsFunc(c.Save, func(s string) bool { return ends(param[:at], s) }) {
			return true
		}
	}
	return false
}

// trains tells whether the bias is trained, of a layer that is adapted or not.
func (c *Config) trainsBias(adapted bool) bool {
	return c.Bias == "all" || c.Bias == "lora_only" && adapted
}

// layer is a layer of a model with its name.
type layer struct {
	name  string
	layer any // *nn.Linear or *nn.Embedding
}

// targets returns the layers of net that c changes.
func (c *Config) targets(net any) ([]layer, error) {
	var found []layer
	var failed error
	nn.Layers(net, func(name string, l any) {
		_, linear := l.(*nn.Linear)
		ok, err := c.targeted(name, linear)
		if err != nil {
			failed = err
		}
		if ok {
			found = append(found, layer{name, l})
		}
	})
	if failed == nil && len(found) == 0 && (c.Targets.Names != nil || c.Targets.Pattern != "") {
		return nil, fmt.Errorf("tune: adapter_config.json: target_modules: the model has no layer of these names")
	}
	return found, failed
}
