package task

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// ZeroShotOptions say how a text is matched with labels that a model was not trained on.
type ZeroShotOptions struct {
	// Template is the sentence that a label makes in the place of {}; "" stands for
	// "This example is {}."
	Template string
	// Many has each label judged by itself, so that any number may fit; else their
	// probabilities add up to 1.
	Many bool
}

// ZeroShot returns how well each label fits a text, best first. A model of natural
// language inference is asked whether the label's sentence follows from the text, as
// transformers' pipeline does. A decoder is asked how much likelier the text makes the
// sentence, its tokens together, than it is alone (arXiv:2104.08315).
func ZeroShot(ctx context.Context, m *model.Model, text string, labels []string, o ZeroShotOptions) ([]Label, error) {
	return zeroShot(ctx, m, alone(m), text, labels, o)
}

// ZeroShot is the function of that name, among the texts of other goroutines; a decoder
// does one at a time.
func (g *Gatherer) ZeroShot(ctx context.Context, text string, labels []string, o ZeroShotOptions) ([]Label, error) {
	if _, decoder := g.m.Net.(model.Decoder); decoder {
		if err := g.solo(ctx); err != nil {
			return nil, err
		}
		defer g.done()
	}
	return zeroShot(ctx, g.m, g.run, text, labels, o)
}

func zeroShot(ctx context.Context, m *model.Model, run run, text string, labels []string, o ZeroShotOptions) ([]Label, error) {
	if o.Template == "" {
		o.Template = "This example is {}."
	}
	if !strings.Contains(o.Template, "{}") {
		return nil, refuse("template", "it has no {} for the label")
	}
	if len(labels) == 0 {
		return nil, refuse("labels", "there are none")
	}
	sentences := make([]string, len(labels))
	for i, label := range labels {
		if strings.TrimSpace(label) == "" {
			return nil, refuse("labels", "number %d is empty", i)
		}
		sentences[i] = strings.ReplaceAll(o.Template, "{}", label)
	}
	judge := infer
	if _, decoder := m.Net.(model.Decoder); decoder {
		judge = gain
	}
	scores, err := judge(ctx, m, run, text, sentences, o.Many || len(labels) == 1)
	if err != nil {
		return nil, err
	}
	all := make([]Label, len(labels))
	for i, label := range labels {
		all[i] = Label{label, scores[i]}
	}
	slices.SortStableFunc(all, func(a, b Label) int { return cmp.Compare(b.Score, a.Score) })
	return all, nil
}

// infer returns whether each sentence follows from text.
func infer(ctx context.Context, m *model.Model, run run, text string, sentences []string, many bool) ([]float64, error) {
	s, err := settingsOf(m)
	if err != nil {
		return nil, err
	}
	entails, contradicts, ok := s.entailment()
	if _, classifier := m.Net.(model.Classifier); !ok || !classifier {
		return nil, unable(m, "fit labels to text: it is no decoder, and has no class entailment")
	}
	inputs := make([]Pair, len(sentences))
	for i, sentence := range sentences {
		inputs[i] = Pair{text, sentence}
	}
	rows, err := classScores(ctx, m, run, s, inputs)
	if err != nil {
		return nil, err
	}
	probabilities := make([]float64, len(rows))
	follow := make([]float32, len(rows))
	for i, row := range rows {
		if max(entails, contradicts) >= len(row) {
			return nil, unable(m, "fit labels to text: its config names more classes than it has")
		}
		follow[i] = row[entails]
		probabilities[i] = softmax([]float32{row[contradicts], row[entails]})[1]
	}
	if many {
		return probabilities, nil
	}
	return softmax(follow), nil
}

// gain returns how much likelier text makes each sentence.
func gain(ctx context.Context, m *model.Model, _ run, text string, sentences []string, many bool) ([]float64, error) {
	if err := ready(m, "fit labels to text"); err != nil {
		return nil, err
	}
	net := m.Net.(model.Decoder)
	scores := make([]float32, len(sentences))
	for i, sentence := range sentences {
		given, err := continued(ctx, m, net, text+"\n", sentence)
		if err != nil {
			return nil, err
		}
		free, err := continued(ctx, m, net, "\n", sentence)
		if err != nil {
			return nil, err
		}
		scores[i] = float32(given - free)
	}
	if !many {
		return softmax(scores), nil
	}
	each := make([]float64, len(scores))
	for i, x := range scores {
		each[i] = sigmoid(x)
	}
	return each, nil
}

// continued returns the log-likelihood of more after text.
func continued(ctx context.Context, m *model.Model, net model.Decoder, text, more string) (float64, error) {
	start, err := Prompt(m, text)
	if err != nil {
		return 0, err
	}
	ids := m.Tokenizer.EncodeOn(more)
	if len(ids) == 0 {
		return 0, refuse("labels", "one has no tokens")
	}
	all := append(slices.Clone(start), ids...)
	if err := fits(m, len(all)); err != nil {
		return 0, err
	}
	logProbs, err := generate.Score(ctx, net, all)
	if err != nil {
		return 0, err
	}
	return likelihood(logProbs[len(start)-1:]).LogLikelihood, nil
}
