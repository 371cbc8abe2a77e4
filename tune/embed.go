package tune

import (
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// Pairs trains vectors of texts: that of an example is to be nearer to that of the
// first of its Others than to those of all others in the batch, further Others of
// its own among them (arXiv:1705.00652, 1908.10084; InfoNCE, arXiv:1807.03748). The
// rows that are computed at once are the batch: the larger, the harder.
type Pairs struct {
	one
	Pad       int32
	Scale     float32 // of cosines: 20
	First     bool    // the vector is that of the first token; else the mean of all
	Symmetric bool    // and the other way round, half and half
}

// Terms is the one term.
func (o Pairs) Terms() []string { return []string{"pair"} }

// Loss returns the sum of the cross-entropies of each example's own partner.
func (o Pairs) Loss(p *nn.Pass, m model.Encoder, batch []objective.Example) []*tensor.Tensor {
	var partners, more []objective.Example
	for _, e := range batch {
		partners, more = append(partners, e.Others[0]), append(more, e.Others[1:]...)
	}
	a := o.Vectors(p, m, batch)
	b := o.Vectors(p, m, append(partners, more...))
	own := make([]int32, len(batch))
	for i := range own {
		own[i] = int32(i)
	}
	loss := tensor.Entropy{}.Loss(tensor.Scale(tensor.Linear(a, b, nil), o.Scale), own)
	if o.Symmetric {
		back := own
		for range more {
			back = append(back, tensor.Ignore)
		}
		other := tensor.Entropy{}.Loss(tensor.Scale(tensor.Linear(b, a, nil), o.Scale), back)
		loss = tensor.Scale(tensor.Add(loss, other), 0.5)
	}
	return []*tensor.Tensor{loss}
}

// Vectors returns the vectors of texts, of length 1: [B,E].
func (o Pairs) Vectors(p *nn.Pass, m model.Encoder, all []objective.Example) *tensor.Tensor {
	ids := rows(p, all, o.Pad)
	x := m.Hidden(p, ids)
	if o.First {
		x = tensor.Rows(x, make([]int, ids.B))
	} else {
		x = tensor.MeanRows(x, p.Lens)
	}
	e := x.Dim(-1)
	ones := tensor.Zeros(e)
	for i := range ones.Data() {
		ones.Data()[i] = float32(1 / math.Sqrt(float64(e)))
	}
	return tensor.RMSNorm(x, ones, 1e-12)
}

// EmbedOptions are those of the task embed: pairs of texts that belong together.
type EmbedOptions struct {
	Files     `yaml:",inline"`
	Text      string  `yaml:"text"`
	Pair      string  `yaml:"pair"`               // the text itself, with other dropout, where it is the same column (arXiv:2104.08821)
	Negative  string  `yaml:"negative,omitempty"` // a text that does not belong to it
	Scale     float64 `yaml:"scale"`
	Pooling   string  `yaml:"pooling"` // mean or cls
	Symmetric bool    `yaml:"symmetric"`
}

// Check refuses other poolings.
func (o *EmbedOptions) Check() error {
	if o.Pooling != "mean" && o.Pooling != "cls" {
		return fmt.Errorf("pooling: must be mean or cls, not %.40q", o.Pooling)
	}
	if !(o.Scale > 0 && o.Scale < 1e6) {
		return fmt.Errorf("scale: must be above 0, not %v", o.Scale)
	}
	return o.Files.Check()
}

// Open reads the pairs.
func (o *EmbedOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	records, held, err := gather(&o.Files, readTable)
	if err != nil {
		return nil, err
	}
	columns := []string{o.Text, o.Pair}
	if o.Negative != "" {
		columns = append(columns, o.Negative)
	}
	pairs := Pairs{Pad: pad(t), Scale: float32(o.Scale), First: o.Pooling == "cls", Symmetric: o.Symmetric}
	task := &train.Tuning{Best: "recall_at_1", Bind: binder(pairs)}
	err = examples(task, records, held, func(r record) (e objective.Example, err error) {
		for i, c := range columns {
			text, err := r.text(c)
			if err != nil {
				return e, err
			}
			x, err := encoded(t, length, text)
			if err != nil {
				return e, err
			}
			if i == 0 {
				e = x
			} else {
				e.Others = append(e.Others, x)
			}
		}
		return e, nil
	})
	task.Configure = func(c map[string]any) error { return class(c, "Model", nil) }
	task.Measure = measure(task, func(m model.Encoder, all []objective.Example, n int) (map[string]float64, error) {
		return pairs.recall(m, all, n)
	})
	return task, err
}

// recall is the share of texts whose nearest of all partners is their own.
func (o Pairs) recall(m model.Encoder, all []objective.Example, n int) (map[string]float64, error) {
	var partners []objective.Example
	for _, e := range all {
		partners = append(partners, e.Others[0])
	}
	var a, b []float32
	into := func(to *[]float32) func(*nn.Pass, []objective.Example) {
		return func(p *nn.Pass, part []objective.Example) { *to = append(*to, o.Vectors(p, m, part).Data()...) }
	}
	if err := evaluated(all, n, into(&a)); err != nil {
		return nil, err
	}
	if err := evaluated(partners, n, into(&b)); err != nil {
		return nil, err
	}
	count := len(all)
	scores := tensor.Linear(tensor.New(a, count, len(a)/count), tensor.New(b, count, len(b)/count), nil)
	right := 0
	for i, j := range best(scores.Data(), count) {
		right += boolInt(i == int(j))
	}
	return map[string]float64{"recall_at_1": share(right, count)}, nil
}

func init() {
	train.RegisterTask("embed", func() train.TaskOptions {
		return &EmbedOptions{Text: "text", Pair: "pair", Scale: 20, Pooling: "mean", Symmetric: true}
	})
}
