package tune

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// Classes trains the scores of rows for classes, of which each row has one.
type Classes struct {
	one
	Pad int32
}

// Terms is the one term.
func (o Classes) Terms() []string { return []string{"class"} }

// Loss returns the sum of the cross-entropies.
func (o Classes) Loss(p *nn.Pass, m model.Classifier, batch []objective.Example) []*tensor.Tensor {
	return []*tensor.Tensor{tensor.Entropy{}.Loss(m.ClassLogits(p, rows(p, batch, o.Pad)), labels(batch))}
}

// ManyClasses trains the scores of rows for classes, of which each row has any number.
type ManyClasses struct {
	Pad int32
}

// Terms is the one term.
func (o ManyClasses) Terms() []string { return []string{"class"} }

// Count returns the number of classes: the loss is the mean over all of them.
func (o ManyClasses) Count(e objective.Example) []int { return []int{len(e.Values)} }

// Loss returns the sum of the binary cross-entropies.
func (o ManyClasses) Loss(p *nn.Pass, m model.Classifier, batch []objective.Example) []*tensor.Tensor {
	return []*tensor.Tensor{tensor.BinaryEntropy(m.ClassLogits(p, rows(p, batch, o.Pad)), values(batch))}
}

// Regression trains rows to score numbers.
type Regression struct {
	Pad int32
}

// Terms is the one term.
func (o Regression) Terms() []string { return []string{"square"} }

// Count returns how many numbers e has.
func (o Regression) Count(e objective.Example) []int { return []int{len(e.Values)} }

// Loss returns the sum of the squares of the errors.
func (o Regression) Loss(p *nn.Pass, m model.Classifier, batch []objective.Example) []*tensor.Tensor {
	want := values(batch)
	mean := tensor.MeanSquare(m.ClassLogits(p, rows(p, batch, o.Pad)), want)
	return []*tensor.Tensor{tensor.Scale(mean, float32(len(want)))}
}

// ClassifyOptions are those of the task classify: a text, or a pair of texts, and its
// class.
type ClassifyOptions struct {
	Files `yaml:",inline"`
	// Text, Pair and Label are columns. Where Pair is empty there is one text.
	Text  string `yaml:"text"`
	Pair  string `yaml:"pair,omitempty"`
	Label string `yaml:"label"`
	// Kind is single (one class), multi (any number of them) or regression (a number).
	Kind      string `yaml:"kind"`
	Separator string `yaml:"separator,omitempty"` // of several labels in one column
}

// Check refuses other kinds.
func (o *ClassifyOptions) Check() error {
	if !slices.Contains([]string{"single", "multi", "regression"}, o.Kind) {
		return fmt.Errorf("kind: must be single, multi or regression, not %.40q", o.Kind)
	}
	return o.Files.Check()
}

// Open reads the records.
func (o *ClassifyOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	records, held, err := gather(&o.Files, readTable)
	if err != nil {
		return nil, err
	}
	names, err := o.names(append(slices.Clone(records), held...))
	if err != nil {
		return nil, err
	}
	task := &train.Tuning{Best: "accuracy"}
	for at, list := range map[*[]objective.Example][]record{&task.Train: records, &task.Eval: held} {
		for _, r := range list {
			e, err := o.example(t, length, r, names)
			if err != nil {
				return nil, err
			}
			*at = append(*at, e)
		}
	}
	p := pad(t)
	task.Configure = func(c map[string]any) error { return o.configure(c, names) }
	switch o.Kind {
	case "single":
		task.Bind = binder(Classes{Pad: p})
		task.Measure = measure(task, o.single(p))
	case "multi":
		task.Best = "f1"
		task.Bind = binder(ManyClasses{p})
		task.Measure = measure(task, o.multi(p))
	default:
		task.Best = "pearson"
		task.Bind = binder(Regression{p})
		task.Measure = measure(task, o.regression(p))
	}
	return task, nil
}

// binder makes Tuning.Bind of an objective.
func binder[M any](o objective.Objective[M]) func(net any) (objective.Bound, error) {
	return func(net any) (objective.Bound, error) { return objective.Bind(o, net) }
}

// measure makes Tuning.Measure of metrics of a kind of model.
func measure[M any](task *train.Tuning, f func(m M, all []objective.Example, rows int) (map[string]float64, error)) func(net any, rows int) (map[string]float64, error) {
	return func(net any, rows int) (map[string]float64, error) {
		m, ok := net.(M)
		if !ok {
			return nil, fmt.Errorf("tune: %T cannot do the task", net)
		}
		return f(m, task.Eval, rows)
	}
}

// names returns the labels there are, sorted: numbers by what they are.
func (o *ClassifyOptions) names(all []record) ([]string, error) {
	if o.Kind == "regression" {
		return nil, nil
	}
	var names []string
	for _, r := range all {
		labels, err := o.labels(r)
		if err != nil {
			return nil, err
		}
		names = append(names, labels...)
	}
	return distinct(names), nil
}

// distinct returns the names there are, sorted: numbers by what they are.
func distinct(names []string) []string {
	slices.SortFunc(names, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX == nil && errY == nil {
			return x - y
		}
		if a < b {
			return -1
		}
		return boolInt(a > b)
	})
	return slices.Compact(names)
}

func (o *ClassifyOptions) labels(r record) ([]string, error) {
	if o.Kind == "multi" {
		return r.texts(o.Label, o.Separator)
	}
	label, err := r.text(o.Label)
	return []string{label}, err
}

func (o *ClassifyOptions) example(t *tokenizer.Tokenizer, length int, r record, names []string) (objective.Example, error) {
	texts := []string{""}
	var err error
	if texts[0], err = r.text(o.Text); err == nil && o.Pair != "" {
		texts = append(texts, "")
		texts[1], err = r.text(o.Pair)
	}
	if err != nil {
		return objective.Example{}, err
	}
	e, err := encoded(t, length, texts...)
	if err != nil {
		return e, err
	}
	if o.Kind == "regression" {
		v, err := r.number(o.Label)
		e.Values = []float32{float32(v)}
		return e, err
	}
	labels, err := o.labels(r)
	if err != nil {
		return e, err
	}
	if o.Kind == "multi" {
		e.Values = make([]float32, len(names))
		for _, l := range labels {
			e.Values[slices.Index(names, l)] = 1
		}
		return e, nil
	}
	e.Label = int32(slices.Index(names, labels[0]))
	return e, nil
}

// problems are transformers' names of the kinds.
var problems = map[string]string{"single": "single_label_classification", "multi": "multi_label_classification", "regression": "regression"}

func (o *ClassifyOptions) configure(c map[string]any, names []string) error {
	c["problem_type"] = problems[o.Kind]
	if o.Kind == "regression" {
		names = []string{"LABEL_0"}
	}
	return class(c, "ForSequenceClassification", names)
}

// families are what the names of a model_type's classes begin with.
var families = map[string]string{
	"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "gpt2": "GPT2",
	"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3", "t5": "T5", "mt5": "MT5",
}

// class sets the class of the model, and the names of its labels.
func class(c map[string]any, suffix string, names []string) error {
	kind, _ := c["model_type"].(string)
	family, ok := families[kind]
	if !ok {
		return fmt.Errorf("tune: no class %s is known of a %q", suffix, kind)
	}
	c["architectures"] = []string{family + suffix}
	if names == nil {
		return nil
	}
	id, label := map[string]string{}, map[string]int{}
	for i, n := range names {
		id[strconv.Itoa(i)], label[n] = n, i
	}
	c["id2label"], c["label2id"], c["num_labels"] = id, label, len(names)
	if len(label) != len(names) || len(names) == 0 {
		return errors.New("tune: the labels are none, or not different")
	}
	return nil
}

func (o *ClassifyOptions) single(pad int32) func(model.Classifier, []objective.Example, int) (map[string]float64, error) {
	return func(m model.Classifier, all []objective.Example, n int) (map[string]float64, error) {
		var got []int32
		err := evaluated(all, n, func(p *nn.Pass, part []objective.Example) {
			y := m.ClassLogits(p, rows(p, part, pad))
			got = append(got, best(y.Data(), y.Dim(-1))...)
		})
		want := labels(all)
		return map[string]float64{"accuracy": Accuracy(got, want), "macro_f1": MacroF1(got, want)}, err
	}
}

func (o *ClassifyOptions) multi(pad int32) func(model.Classifier, []objective.Example, int) (map[string]float64, error) {
	return func(m model.Classifier, all []objective.Example, n int) (map[string]float64, error) {
		found, there, right, same := 0, 0, 0, 0
		err := evaluated(all, n, func(p *nn.Pass, part []objective.Example) {
			y := m.ClassLogits(p, rows(p, part, pad)).Data()
			for i, e := range part {
				wrong := 0
				for j, want := range e.Values {
					got := y[i*len(e.Values)+j] > 0
					found, there, right = found+boolInt(got), there+int(want), right+boolInt(got && want == 1)
					wrong += boolInt(got != (want == 1))
				}
				same += boolInt(wrong == 0)
			}
		})
		precision, recall := share(right, found), share(right, there)
		return map[string]float64{"f1": f1(precision, recall), "precision": precision, "recall": recall, "accuracy": share(same, len(all))}, err
	}
}

func (o *ClassifyOptions) regression(pad int32) func(model.Classifier, []objective.Example, int) (map[string]float64, error) {
	return func(m model.Classifier, all []objective.Example, n int) (map[string]float64, error) {
		var got, want []float64
		err := evaluated(all, n, func(p *nn.Pass, part []objective.Example) {
			for i, v := range m.ClassLogits(p, rows(p, part, pad)).Data() {
				got, want = append(got, float64(v)), append(want, float64(part[i].Values[0]))
			}
		})
		return map[string]float64{"pearson": Pearson(got, want), "spearman": Spearman(got, want)}, err
	}
}

func init() {
	train.RegisterTask("classify", func() train.TaskOptions {
		return &ClassifyOptions{Text: "text", Label: "label", Kind: "single"}
	})
}
