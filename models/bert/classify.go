package bert

import (
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// SequenceClassifier is BertForSequenceClassification, whose head reads the
// pooler, and RobertaForSequenceClassification, whose head has a layer of its own.
type SequenceClassifier struct {
	Body       `weight:""`
	Classifier *nn.Linear `weight:"classifier"`
	Dense      *nn.Linear `weight:"classifier.dense"`    // RoBERTa
	Out        *nn.Linear `weight:"classifier.out_proj"` // RoBERTa
	dropout    float64
}

// ClassLogits returns the scores of the classes of each row: [B,C].
func (m *SequenceClassifier) ClassLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	if m.Classifier != nil {
		return m.Classifier.Forward(p.Dropout(m.pooled(p, ids), m.dropout))
	}
	x := p.Dropout(first(m.Hidden(p, ids)), m.dropout)
	return m.Out.Forward(p.Dropout(tensor.Tanh(m.Dense.Forward(x)), m.dropout))
}

// Outputs gives logits [B,C].
func (m *SequenceClassifier) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return logits(m.ClassLogits(p, in.IDs))
}

// TokenClassifier is BertForTokenClassification and its like.
type TokenClassifier struct {
	Body       `weight:""`
	Classifier *nn.Linear `weight:"classifier"`
	dropout    float64
}

// TokenLogits returns the scores of the classes of each token: [B,T,C].
func (m *TokenClassifier) TokenLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return m.Classifier.Forward(p.Dropout(m.Hidden(p, ids), m.dropout))
}

// Outputs gives logits [B,T,C].
func (m *TokenClassifier) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return logits(m.TokenLogits(p, in.IDs))
}

// QuestionAnswerer is BertForQuestionAnswering and its like.
type QuestionAnswerer struct {
	Body  `weight:""`
	Spans *nn.Linear `weight:"qa_outputs"`
}

// SpanLogits returns the scores of each token as the first and as the last of the
// answer: [B,T] each.
func (m *QuestionAnswerer) SpanLogits(p *nn.Pass, ids *nn.IDs) (start, end *tensor.Tensor) {
	x := m.Spans.Forward(m.Hidden(p, ids)) // [B,T,2]
	return tensor.Reshape(tensor.Columns(x, 0, 1), ids.B, ids.T), tensor.Reshape(tensor.Columns(x, 1, 2), ids.B, ids.T)
}

// Outputs gives start_logits and end_logits [B,T].
func (m *QuestionAnswerer) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	start, end := m.SpanLogits(p, in.IDs)
	return []model.Output{{Name: "start_logits", Value: start}, {Name: "end_logits", Value: end}}
}

// MultipleChoice is BertForMultipleChoice and its like.
type MultipleChoice struct {
	Body       `weight:""`
	Classifier *nn.Linear `weight:"classifier"`
	dropout    float64
}

// ChoiceLogits returns the scores of each question's choices, which are as many
// rows of ids in sequence: [B/choices,choices].
func (m *MultipleChoice) ChoiceLogits(p *nn.Pass, ids *nn.IDs, choices int) *tensor.Tensor {
	y := m.Classifier.Forward(p.Dropout(m.pooled(p, ids), m.dropout)) // [B,1]
	return tensor.Reshape(y, -1, max(choices, 1))
}

// Outputs gives logits [B/choices,choices].
func (m *MultipleChoice) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return logits(m.ChoiceLogits(p, in.IDs, in.Choices))
}
