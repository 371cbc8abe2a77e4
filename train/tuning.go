package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"slices"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Tuning is what a run trains on in the place of texts and an objective: the
// records of a task, such as texts with their classes.
type Tuning struct {
	// Configure completes the keys of the model's config.json: the class of the
	// model, the names of labels.
	Configure   func(config map[string]any) error
	Train, Eval []objective.Example
	Bind        func(model any) (objective.Bound, error)
	// Measure returns metrics of net on Eval, rows at a time; nil: there are none.
	Measure func(net any, rows int) (map[string]float64, error)
	Best    string // the metric whose largest value is the best; "": the smallest loss
}

// TaskOptions are those of a task, as the section task of a recipe has them: a
// pointer to a struct, as objective.Options are.
type TaskOptions interface {
	Check() error
	// Open reads the records, and makes examples of up to length tokens of them.
	Open(t *tokenizer.Tokenizer, length int) (*Tuning, error)
}

// An Adapter is trained in the place of a network's own weights.
type Adapter interface {
	// Trainable has Backward add gradients to what is trained, and to nothing else.
	Trainable()
	// Begin is called before each pass in training.
	Begin(p *nn.Pass)
	// Whole returns the network's weights as nn.Weights does, changed by the adapter.
	Whole() iter.Seq2[string, *tensor.Tensor]
	// Files are those that hold the adapter alone, beside the weights.
	Files() (map[string]func(io.Writer) error, error)
	// Restore reads them from a folder.
	Restore(dir string) error
}

// AdapterOptions are those of an adapter, as the section adapter of a recipe has
// them: a pointer to a struct.
type AdapterOptions interface {
	Check() error
	// Adapt attaches an adapter to a network, which has its weights.
	Adapt(net any, modelType string, seed uint64) (Adapter, error)
}

var (
	tasks    = map[string]func() TaskOptions{}
	adapters = map[string]func() AdapterOptions{}
)

// RegisterTask makes a task known by name, with its defaults.
func RegisterTask(name string, defaults func() TaskOptions) { tasks[name] = defaults }

// RegisterAdapter makes a kind of adapter known by name, with its defaults.
func RegisterAdapter(name string, defaults func() AdapterOptions) { adapters[name] = defaults }

// IsZero tells whether a recipe lacks the section.
func (s Section) IsZero() bool { return s.Name == "" && s.node == nil }

// checker is what all options of sections are.
type checker interface{ Check() error }

// resolveIn reads the options of a section of that key from those registered.
func resolveIn[O checker](s *Section, key string, known map[string]func() O) error {
	if s.IsZero() {
		return nil
	}
	make := known[s.Name]
	if make == nil {
		return oneOf(key+".name", s.Name, slices.Sorted(maps.Keys(known))...)
	}
	o := make()
	if err := decode(key, s.node, reflect.ValueOf(o).Elem()); err != nil {
		return err
	}
	s.Options = o
	return keyed(key, key+": ", o.Check())
}

// checkTask refuses a task beside texts and an objective, or without either.
func (r *Recipe) checkTask() error {
	err := first(resolveIn(&r.Task, "task", tasks), resolveIn(&r.Adapter, "adapter", adapters))
	switch {
	case err != nil:
		return err
	case r.Task.IsZero():
		return first(r.checkData(), r.Objective.resolve())
	case len(r.Data.Sources) > 0 || len(r.Data.Eval) > 0:
		return &keyError{key: "data", why: "must not be there beside task, which has its own"}
	case !r.Objective.IsZero():
		return &keyError{key: "objective", why: "must not be there beside task, which has its own"}
	}
	return nil
}

// openTask opens the records of the task.
func (r *run) openTask() error {
	t, err := r.Task.Options.(TaskOptions).Open(r.tok, r.Batch.Length)
	if err != nil {
		return r.located(&keyError{key: "task", why: err.Error()})
	}
	if len(t.Train) == 0 {
		return r.located(&keyError{key: "task", why: "there is no record to train on"})
	}
	r.tuning = t
	r.task = objective.Task{Bind: t.Bind}
	r.in = &epochs{all: t.Train, seed: r.Seed}
	r.held = t.Eval
	return nil
}

// adapt says what of the network is trained: an adapter, or all.
func (r *run) adapt() error {
	if r.Adapter.IsZero() {
		if r.Precision == halfPrecision {
			nn.Halve(r.net)
		}
		nn.Trainable(r.net)
		return nil
	}
	var err error
	if r.adapter, err = r.attach(r.net); err == nil {
		r.adapter.Trainable()
	}
	return err
}

func (r *run) attach(net any) (Adapter, error) {
	var c struct {
		Type string `json:"model_type"`
	}
	if err := json.Unmarshal(r.config, &c); err != nil {
		return nil, err
	}
	a, err := r.Adapter.Options.(AdapterOptions).Adapt(net, c.Type, r.Seed)
	if err != nil {
		return nil, r.located(&keyError{key: "adapter", why: err.Error()})
	}
	return a, nil
}

// share gives the view the weights of the network.
func (r *run) share() error {
	from := map[string]*nn.Param{}
	nn.Walk(r.net, func(name string, p *nn.Param) { from[name] = p })
	same := func() {
		nn.Walk(r.view, func(name string, p *nn.Param) {
			if p.Tensor = from[name].Tensor; p.Tensor != nil {
				p.Tensor = tensor.Detach(p.Tensor)
			}
		})
	}
	same()
	if r.adapter == nil {
		return nil
	}
	_, err := r.attach(r.view)
	same() // the adapter's, too
	return err
}

// whole returns the weights as a checkpoint has them.
func (r *run) whole() iter.Seq2[string, *tensor.Tensor] {
	if r.adapter != nil {
		return r.adapter.Whole()
	}
	return nn.Weights(r.net)
}

// measure adds the task's metrics to a line, and tells whether they are the best.
func (r *run) measure(line *Metrics) (better bool, err error) {
	loss := line.Eval["loss"]
	score := -loss
	if r.tuning != nil && r.tuning.Measure != nil {
		values, err := r.tuning.Measure(r.view, r.Batch.Micro)
		if err != nil {
			return false, fmt.Errorf("train: evaluation: %w", err)
		}
		maps.Copy(line.Eval, values)
		if v, ok := values[r.tuning.Best]; ok {
			score = v
		}
	}
	if r.Best != nil && score <= r.Best.Score {
		return false, nil
	}
	r.Best = &Best{Step: r.Step, Loss: loss, Score: score}
	return true, nil
}

// epochs are examples in memory, in another order each epoch.
type epochs struct {
	all          []objective.Example
	seed         uint64
	epoch, index int
	order        []int
}

func (e *epochs) shuffle() {
	e.order = nn.Rand(mix(e.seed, uint64(e.epoch))).Perm(len(e.all))
}

func (e *epochs) Next() (objective.Example, error) {
	if e.order == nil {
		e.shuffle()
	}
	if e.index == len(e.order) {
		e.epoch, e.index = e.epoch+1, 0
		e.shuffle()
	}
	e.index++
	return e.all[e.order[e.index-1]], nil
}

func (e *epochs) State() ([]byte, error) {
	return json.Marshal([3]int{e.epoch, e.index, len(e.all)})
}

func (e *epochs) Restore(state []byte) error {
	var at [3]int
	if err := json.Unmarshal(state, &at); err != nil {
		return fmt.Errorf("train: data: state: %w", err)
	}
	if at[0] < 0 || at[1] < 0 || at[2] != len(e.all) || at[1] > at[2] {
		return errors.New("train: data: state: it is not of these records")
	}
	e.epoch, e.index = at[0], at[1]
	e.shuffle()
	return nil
}
