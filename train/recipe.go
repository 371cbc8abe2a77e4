package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/optim"
)

// A Recipe says all that a run depends on: the same recipe gives the same bytes.
// Its keys, with their defaults, stand in docs/training.md.
type Recipe struct {
	Name      string         `yaml:"name"`            // of the run's folder, where no other is given
	About     string         `yaml:"about,omitempty"` // what it is, in a line
	Seed      uint64         `yaml:"seed"`
	Model     Model          `yaml:"model"`
	Tokenizer Tokenizer      `yaml:"tokenizer"`
	Data      Data           `yaml:"data"`
	Objective Section        `yaml:"objective,omitempty"`
	Task      Section        `yaml:"task,omitempty"`    // in the place of data and objective: records of a task
	Adapter   Section        `yaml:"adapter,omitempty"` // is trained in the place of the model's own weights
	Optimizer Optimizer      `yaml:"optimizer"`
	Schedule  optim.Schedule `yaml:"schedule"`
	Batch     Batch          `yaml:"batch"`
	Steps     int            `yaml:"steps"`
	Eval      Eval           `yaml:"eval"`
	Save      Save           `yaml:"save"`
	Log       Log            `yaml:"log"`
	Sample    Sample         `yaml:"sample"`
	Precision string         `yaml:"precision"` // of the weights: f32 or bf16
	Recompute bool           `yaml:"checkpoint_activations"`
	Threads   int            `yaml:"threads"` // 0: this machine's share

	file  string         // where it was read
	lines map[string]int // of its keys
}

// Model says what is trained.
type Model struct {
	// Config has the keys of a config.json. What the tokenizer knows, vocab_size and
	// the ids of its special tokens, may be left out.
	Config map[string]any `yaml:"config,omitempty"`
	// From is a checkpoint to go on from; keys of Config then change keys of its.
	From string `yaml:"from,omitempty"`
}

// Tokenizer says by what text becomes tokens: that of Path, that of Model.From, or
// a new one, which is learnt from the data.
type Tokenizer struct {
	Path  string            `yaml:"path,omitempty"`
	Train *TokenizerTrainer `yaml:"train,omitempty"`
}

// TokenizerTrainer says what tokenizer is learnt.
type TokenizerTrainer struct {
	Preset    string   `yaml:"preset"`              // gpt2, bert, t5, llama …: see docs/tokenizer-training.md
	Size      int      `yaml:"size"`                // tokens, special ones included
	Special   []string `yaml:"special,omitempty"`   // more special tokens
	Sentinels int      `yaml:"sentinels,omitempty"` // <extra_id_0> and so on, for T5
}

// Data says what is read.
type Data struct {
	Sources []Source `yaml:"sources,omitempty"`
	// Eval are held-out sources; without them, HeldOut of each source is.
	Eval    []Source `yaml:"eval,omitempty"`
	HeldOut float64  `yaml:"held_out"`
	// Exponent has sources read at rates ∝ min(size, Limit)^Exponent, see [data.Rates].
	Exponent *float64 `yaml:"exponent,omitempty"`
	Limit    float64  `yaml:"limit,omitempty"`
	Cache    string   `yaml:"cache,omitempty"` // folder of tokens; "": in the run's
	// Packing is how documents become rows: cut, the default, best-fit, full-sentences
	// or doc-sentences.
	Packing string `yaml:"packing,omitempty"`
}

// A Source is a corpus: texts, and how often they are read.
type Source struct {
	data.Source `yaml:",inline"`
	// Weight is its share in what is read; 0, as of all others: as large as it is.
	Weight float64 `yaml:"weight,omitempty"`
	// Input and Answer make a source one of texts with their answers: what a model
	// reads, and what it is to write. Both have fields of a record in braces, as in
	// "translate English to German: {en}".
	Input  string `yaml:"input,omitempty"`
	Answer string `yaml:"answer,omitempty"`
	// Answers are the words for values of fields in Answer, such as the names of
	// classes that a file has numbers for.
	Answers map[string]any `yaml:"answers,omitempty"`
}

// A Section is a part of a recipe whose keys depend on its name.
type Section struct {
	Name    string
	Options any // a pointer to a struct

	node *yaml.Node
}

// Optimizer says how weights follow gradients: by the keys of an [optim.Config], at
// a learning rate.
type Optimizer struct {
	optim.Config `yaml:",inline"`
	LR           float64 `yaml:"lr"`
	Clip         float64 `yaml:"clip"` // largest norm of the gradient; 0: any
}

// Batch says what goes into one step.
type Batch struct {
	Examples int `yaml:"examples"` // rows of a step
	Micro    int `yaml:"micro"`    // rows that are computed at once; 0: all
	Length   int `yaml:"length"`   // tokens of a row
}

// Eval says when the model is held against held-out text.
type Eval struct {
	Every   int `yaml:"every"`   // steps; 0: never
	Batches int `yaml:"batches"` // of Batch.Examples rows
}

// Save says when the state is saved.
type Save struct {
	Every int `yaml:"every"` // steps; 0: at the end only
	Keep  int `yaml:"keep"`  // older checkpoints that stay
}

// Log says when a line of metrics is written.
type Log struct {
	Every int `yaml:"every"` // steps
}

// Sample says what is written with the model at each evaluation.
type Sample struct {
	Prompts []string `yaml:"prompts,omitempty"`
	Tokens  int      `yaml:"tokens"`
}

// halfPrecision keeps matrices as bfloat16, and what moves them as float32.
const halfPrecision = "bf16"

// defaults are what a recipe need not say.
func defaults() *Recipe {
	return &Recipe{
		Data:      Data{HeldOut: 0.01},
		Optimizer: Optimizer{Config: optim.Config{Name: "adamw"}, LR: 1e-3, Clip: 1},
		Schedule:  optim.Schedule{Name: "constant"},
		Batch:     Batch{Examples: 8, Length: 128},
		Eval:      Eval{Batches: 10},
		Save:      Save{Keep: 1},
		Log:       Log{Every: 10},
		Sample:    Sample{Tokens: 64},
		Precision: "f32",
	}
}

// Read reads the recipe in a file, with changes of the form a.b=value.
func Read(path string, changes ...string) (*Recipe, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return Parse(path, text, changes...)
}

// Parse reads the text of a recipe, whose errors name it as file.
func Parse(file string, text []byte, changes ...string) (*Recipe, error) {
	root, err := parse(text)
	if err != nil {
		return nil, located(file, err)
	}
	for _, c := range changes {
		if err := set(root, c); err != nil {
			return nil, fmt.Errorf("train: --set: %w", err)
		}
	}
	r := defaults()
	r.file, r.lines = file, map[string]int{}
	linesOf("", root, r.lines)
	if err := decode("", root, reflect.ValueOf(r).Elem()); err != nil {
		return nil, located(file, err)
	}
	if r.Name == "" {
		r.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	if err := r.check(); err != nil {
		return nil, r.located(err)
	}
	return r, nil
}

// located adds to an error where it is.
func located(file string, err error) error {
	var k *keyError
	if errors.As(err, &k) && k.line > 0 {
		return fmt.Errorf("train: %s:%d: %w", file, k.line, err)
	}
	return fmt.Errorf("train: %s: %w", file, err)
}

// located adds to an error where the key at fault stands, if it does.
func (r *Recipe) located(err error) error {
	var k *keyError
	if errors.As(err, &k) && k.line == 0 {
		for key := k.key; k.line == 0 && key != ""; { // or the part that it belongs in
			k.line = r.lines[key]
			key = key[:max(strings.LastIndexByte(key, '.'), 0)]
		}
	}
	return located(r.file, err)
}

// linesOf notes where each key below key stands.
func linesOf(key string, n *yaml.Node, at map[string]int) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := under(key, n.Content[i].Value)
			at[name] = n.Content[i].Line
			linesOf(name, n.Content[i+1], at)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			name := under(key, fmt.Sprint(i))
			at[name] = c.Line
			linesOf(name, c, at)
		}
	}
}

// Text returns the recipe with every key that has a default, as a file has it.
func (r *Recipe) Text() ([]byte, error) {
	text, err := yaml.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("train: recipe: %w", err)
	}
	return text, nil
}

func (s *Section) decodeNode(key string, n *yaml.Node) error {
	s.node = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	if n.Kind == yaml.ScalarNode { // the name alone
		s.Name = n.Value
		return nil
	}
	return eachKey(key, n, func(name string, at, value *yaml.Node) error {
		if name != "name" {
			s.node.Content = append(s.node.Content, at, value)
			return nil
		}
		return decode(under(key, name), value, reflect.ValueOf(&s.Name).Elem())
	})
}

// MarshalYAML writes the name, then the options.
func (s Section) MarshalYAML() (any, error) {
	n := yaml.Node{Kind: yaml.MappingNode}
	if s.Options != nil {
		if err := n.Encode(s.Options); err != nil {
			return nil, err
		}
	}
	name := []*yaml.Node{{Kind: yaml.ScalarNode, Value: "name"}, {Kind: yaml.ScalarNode, Value: s.Name}}
	n.Content = append(name, n.Content...)
	return &n, nil
}
