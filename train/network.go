package train

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/optim"
	"github.com/nlp-zoo/zoo/tensor"
)

// classes are the classes that may be trained, as transformers names them, by
// model_type: the first counts that can do what the objective trains. A model_type
// that is not here needs architectures in its config.
var classes = map[string][]string{
	"gpt2":        {"GPT2LMHeadModel"},
	"llama":       {"LlamaForCausalLM"},
	"mistral":     {"MistralForCausalLM"},
	"qwen2":       {"Qwen2ForCausalLM"},
	"bert":        {"BertForMaskedLM", "BertForPreTraining", "BertForSpanBoundary"},
	"roberta":     {"RobertaForMaskedLM"},
	"xlm-roberta": {"XLMRobertaForMaskedLM"},
	"t5":          {"T5ForConditionalGeneration"},
	"mt5":         {"MT5ForConditionalGeneration"},
}

// configure returns the text of config.json: what the checkpoint to go on from has,
// what the recipe says, and what the tokenizer knows.
func (r *run) configure() (map[string]any, error) {
	c := map[string]any{}
	if r.Model.From != "" {
		text, err := configOf(r.Model.From)
		if err != nil {
			return nil, fmt.Errorf("train: model.from: %w", err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&c); err != nil {
			return nil, fmt.Errorf("train: model.from: %s: config.json: %w", r.Model.From, err)
		}
		delete(c, "dtype")
		delete(c, "architectures")
	}
	maps.Copy(c, r.Model.Config)
	c["torch_dtype"] = map[string]string{"f32": "float32", halfPrecision: "bfloat16"}[r.Precision]
	fill := func(key string, v any, ok bool) {
		if _, given := c[key]; !given && ok {
			c[key] = v
		}
	}
	kind, _ := c["model_type"].(string)
	fill("vocab_size", r.tok.VocabSize(), true)
	for key, get := range map[string]func() (int32, bool){"bos_token_id": r.tok.BOS, "eos_token_id": r.tok.EOS, "pad_token_id": r.tok.PAD} {
		id, ok := get()
		fill(key, id, ok)
	}
	if kind == "t5" || kind == "mt5" {
		fill("decoder_start_token_id", c["pad_token_id"], c["pad_token_id"] != nil)
	}
	if r.tuning != nil {
		if err := r.tuning.Configure(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// configOf returns the config.json of a folder, or of a model that the program carries.
func configOf(from string) ([]byte, error) {
	if !carried(from) {
		return readSmall(filepath.Join(from, "config.json"), maxRecipe)
	}
	m, err := model.Open(from, model.Plain())
	if err != nil {
		return nil, err
	}
	return m.Config, m.Close()
}

// carried tells whether a name is that of a model in the program itself.
func carried(name string) bool { return slices.Contains(model.Embedded(), name) }

// choose declares the network: of the class that the config names, or else of the
// first that the objective trains.
func (r *run) choose(bind func(model any) (objective.Bound, error)) error {
	c, err := r.configure()
	if err != nil {
		return err
	}
	kind, _ := c["model_type"].(string)
	candidates := classes[kind]
	_, given := c["architectures"]
	if given || len(candidates) == 0 {
		candidates = []string{""}
	}
	var failed error
	for _, class := range candidates {
		if class != "" {
			c["architectures"] = []string{class}
		}
		if r.config, err = json.MarshalIndent(c, "", "  "); err != nil {
			return err
		}
		if r.net, err = model.New(r.config); err != nil {
			return r.located(&keyError{key: "model.config", why: err.Error()})
		}
		if r.bound, err = bind(r.net); err == nil {
			return nil
		}
		failed = cmp.Or(failed, err)
	}
	return r.located(&keyError{key: "objective.name", why: "the model cannot learn it: " + failed.Error()})
}

// generation returns the text of generation_config.json.
func generation(config []byte) ([]byte, error) {
	all, ids := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if err := json.Unmarshal(config, &all); err != nil {
		return nil, err
	}
	for key, v := range all {
		if strings.HasSuffix(key, "_token_id") {
			ids[key] = v
		}
	}
	return json.MarshalIndent(ids, "", "  ")
}

// declare makes the network with its first weights, and a view of it that shares
// them and keeps nothing for gradients: for evaluation.
func (r *run) declare() error {
	if err := r.choose(r.task.Bind); err != nil {
		return err
	}
	if err := r.fits(); err != nil {
		return err
	}
	if r.Model.From == "" {
		nn.Init(r.net, nn.Rand(r.Seed))
	} else if err := r.loadFrom(r.Model.From); err != nil {
		return err
	}
	if err := r.adapt(); err != nil {
		return err
	}
	r.weights = optim.Params(r.net)
	var err error
	if r.view, err = model.New(r.config); err != nil {
		return err
	}
	if r.evaluated, err = r.task.Bind(r.view); err != nil {
		return err
	}
	return r.share()
}

// fits tells whether the network has room for the tokenizer's ids and for rows of
// the batch's length.
func (r *run) fits() error {
	if m, ok := r.net.(interface{ Vocab() int }); ok && m.Vocab() < r.tok.VocabSize() {
		return r.located(&keyError{key: "model.config.vocab_size",
			why: fmt.Sprintf("must be %d or more, as many as the tokenizer has, not %d", r.tok.VocabSize(), m.Vocab())})
	}
	if _, target := r.net.(model.EncoderDecoder); target {
		return nil // relative positions: there is no limit
	}
	if m, ok := r.net.(interface{ Context() int }); ok && m.Context() > 0 && m.Context() < r.Batch.Length {
		return r.located(&keyError{key: "batch.length",
			why: fmt.Sprintf("must be within the model's %d positions, not %d", m.Context(), r.Batch.Length)})
	}
	return nil
}

// loadFrom fills the network from a checkpoint. What its class has beyond the
// checkpoint's, a new head, keeps fresh values.
func (r *run) loadFrom(path string) error {
	m, err := model.Open(path, model.Plain())
	if err != nil {
		return fmt.Errorf("train: model.from: %w", err)
	}
	nn.Init(r.net, nn.Rand(r.Seed))
	fresh := map[*nn.Param]*tensor.Tensor{}
	for _, p := range nn.Params(r.net) {
		fresh[p], p.Tensor = p.Tensor, nil
	}
	err = model.Load(r.net, m.Source, nn.Lacking("*"), nn.Ignoring("*"))
	if err != nil {
		return errors.Join(fmt.Errorf("train: model.from: %w", err), m.Close())
	}
	filled := 0
	for _, p := range nn.Params(r.net) {
		if p.Tensor == nil {
			p.Tensor = fresh[p]
			continue
		}
		p.Tensor = own(p.Tensor)
		filled++
	}
	if err := m.Close(); err != nil {
		return err
	}
	if filled == 0 {
		return fmt.Errorf("train: model.from: %s: it has no tensor of this model", path)
	}
	return nil
}

// own returns t's values in memory of their own, as the file will be closed.
func own(t *tensor.Tensor) *tensor.Tensor {
	values := make([]float32, t.Len())
	t.Float32s(values, 0)
	return tensor.New(values, t.Shape()...)
}

// restoreWeights reads what a checkpoint has of the network's weights into them.
func (r *run) restoreWeights(dir string) error {
	if r.adapter != nil {
		return r.adapter.Restore(dir)
	}
	src, err := safetensors.Open(filepath.Join(dir, weightsName))
	if err != nil {
		return err
	}
	again, err := model.New(r.config)
	if err == nil {
		err = model.Load(again, src)
	}
	if err == nil {
		from := nn.Params(again)
		for i, p := range nn.Params(r.net) {
			p.SetFloat32s(own(from[i].Tensor).Data(), 0)
		}
	}
	return errors.Join(err, src.Close())
}
