package bert

import (
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// robertaHead is a MaskHead under RoBERTa's names.
type robertaHead struct {
	Dense   *nn.Linear    `weight:"dense"`
	Norm    *nn.LayerNorm `weight:"layer_norm"`
	Bias    *nn.Param     `weight:"bias"`
	Decoder *nn.Linear    `weight:"decoder"`

	act *tensor.Activation
}

// roberta is what RoBERTa and XLM-RoBERTa, one graph under two names, change in BERT:
// positions count the tokens that are not padding, from pad+1, and the heads have
// layers and names of their own.
func roberta(modelType, class, paper string, vocab int) *member {
	c := defaults()
	c.VocabSize, c.PadTokenID = vocab, 1
	return &member{
		modelType: modelType, class: class, paper: paper, defaults: c, skipsPadding: true,
		body: func(e *Encoder) Body { return Body{RoBERTa: e} },
		mask: func(m *MaskedLM, c *Config) {
			m.RoBERTa = (*robertaHead)(newMaskHead(c, m.Encoder(), "gelu")) // whatever hidden_act is
		},
		classify: func(m *SequenceClassifier, c *Config) {
			m.Dense = nn.NewLinear(c.HiddenSize, c.HiddenSize, true)
			m.Out = nn.NewLinear(c.HiddenSize, c.NumLabels, true)
		},
	}
}
