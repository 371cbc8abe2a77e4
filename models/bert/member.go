package bert

import (
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// A member is what sets one model_type of the family apart.
type member struct {
	modelType    string
	class        string // what the names of its classes begin with
	paper        string
	defaults     Config
	skipsPadding bool // positions count tokens only, from pad+1
	pretrains    bool // has a next-sentence head
	gguf         *model.GGUF

	body     func(*Encoder) Body // places the encoder under its name
	mask     func(*MaskedLM, *Config)
	classify func(*SequenceClassifier, *Config)
}

func bert() *member {
	return &member{
		modelType: "bert", class: "Bert", paper: "BERT: Pre-training of Deep Bidirectional Transformers, arXiv:1810.04805",
		defaults: defaults(), pretrains: true, gguf: ggufTable(),
		body: func(e *Encoder) Body { return Body{BERT: e} },
		mask: func(m *MaskedLM, c *Config) { m.BERT = newMaskHead(c, m.Encoder(), c.HiddenAct) },
		classify: func(m *SequenceClassifier, c *Config) {
			m.Classifier = nn.NewLinear(c.HiddenSize, c.NumLabels, true)
		},
	}
}

// build declares the model of a config.json and of one of the member's classes, or
// the bare encoder where arch is empty.
func (b *member) build(config []byte, arch string) (any, error) {
	c := b.defaults
	if _, err := model.Parse(config, &c); err != nil {
		return nil, err
	}
	m := b.declare(&c, strings.TrimPrefix(arch, b.class))
	if m == nil {
		return nil, fmt.Errorf("bert: config.json: architectures: %q is not a class of %s", arch, b.modelType)
	}
	body := m.(interface{ body() *Body }).body()
	nn.Walk(m, func(name string, p *nn.Param) {
		body.names = append(body.names, name)
		if p.Std != 0 {
			p.Std = c.InitializerRange
		}
	})
	return m, nil
}

// declare returns the model of class, such as "ForMaskedLM", or nil if there is none.
func (b *member) declare(c *Config, class string) any {
	E := c.HiddenSize
	body := func(pooler bool) Body { return b.body(newEncoder(c, b, pooler)) }
	switch class {
	case "", "Model":
		return &Model{Body{Bare: newEncoder(c, b, c.PoolingLayer)}}
	case "ForMaskedLM":
		m := &MaskedLM{Body: body(false)}
		b.mask(m, c)
		return m
	case "ForSequenceClassification":
		m := &SequenceClassifier{Body: body(!b.skipsPadding), dropout: *c.ClassifierDropout}
		b.classify(m, c)
		return m
	case "ForTokenClassification":
		return &TokenClassifier{body(false), nn.NewLinear(E, c.NumLabels, true), *c.ClassifierDropout}
	case "ForQuestionAnswering":
		return &QuestionAnswerer{body(false), nn.NewLinear(E, 2, true)}
	case "ForMultipleChoice":
		return &MultipleChoice{body(true), nn.NewLinear(E, 1, true), b.choiceDropout(c)}
	}
	if !b.pretrains {
		return nil
	}
	switch class {
	case "ForPreTraining":
		m := &PreTraining{MaskedLM{Body: body(true)}, nn.NewLinear(E, 2, true)}
		b.mask(&m.MaskedLM, c)
		return m
	case "ForSpanBoundary":
		m := &SpanBERT{MaskedLM: MaskedLM{Body: body(false)}}
		b.mask(&m.MaskedLM, c)
		m.Spans = newBoundaryHead(c, m.Encoder())
		return m
	case "ForNextSentencePrediction":
		return &NextSentence{body(true), nn.NewLinear(E, 2, true)}
	}
	return nil
}

// choiceDropout is the rate in front of the multiple-choice classifier; RoBERTa's
// class does not read classifier_dropout.
func (b *member) choiceDropout(c *Config) float64 {
	if b.skipsPadding {
		return c.HiddenDropout
	}
	return *c.ClassifierDropout
}

func (b *member) species() model.Species {
	return model.Species{
		Type: b.modelType, Family: "bert", Paper: b.paper, Objective: "masked", Build: b.build, GGUF: b.gguf,
		Tasks: []string{"embed", "fill-mask", "classify", "tag", "answer", "choose"},
	}
}

func init() {
	for _, b := range []*member{
		bert(),
		roberta("roberta", "Roberta", "RoBERTa: A Robustly Optimized BERT Pretraining Approach, arXiv:1907.11692", 50265),
		roberta("xlm-roberta", "XLMRoberta", "Unsupervised Cross-lingual Representation Learning at Scale, arXiv:1911.02116", 250002),
	} {
		model.Register(b.species())
	}
}
