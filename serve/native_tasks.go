package serve

import (
	"cmp"
	"context"

	words "github.com/nlp-zoo/zoo/serve/native"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// predictions tells tokens as a text would have them, too.
func predictions(m *resident, list []task.Prediction) []words.Prediction {
	all := make([]words.Prediction, len(list))
	for i, p := range list {
		all[i] = words.Prediction{Token: p.Token, Text: m.Tokenizer.Decode([]int32{p.ID}, false), ID: p.ID, Score: p.Score}
	}
	return all
}

func (s *Server) nativeFill(ctx context.Context, m *resident, in words.FillRequest) (words.FillAnswer, error) {
	masks, err := m.gather.Fill(ctx, in.Text, cmp.Or(in.Top, 5))
	out := words.FillAnswer{Model: m.Name, Masks: make([][]words.Prediction, len(masks))}
	for i, list := range masks {
		out.Masks[i] = predictions(m, list)
	}
	return out, err
}

func labels(m *resident, list []task.Label) words.LabelsAnswer {
	out := words.LabelsAnswer{Model: m.Name, Labels: make([]words.Label, len(list))}
	for i, l := range list {
		out.Labels[i] = words.Label(l)
	}
	return out
}

func (s *Server) nativeClassify(ctx context.Context, m *resident, in words.ClassifyRequest) (words.LabelsAnswer, error) {
	all, err := m.gather.Classify(ctx, []task.Pair{{Text: in.Text, Second: in.Pair}})
	if err != nil {
		return words.LabelsAnswer{}, err
	}
	return labels(m, all[0]), nil
}

func (s *Server) nativeZeroShot(ctx context.Context, m *resident, in words.ZeroShotRequest) (words.LabelsAnswer, error) {
	all, err := m.gather.ZeroShot(ctx, in.Text, in.Labels, task.ZeroShotOptions{Template: in.Template, Many: in.Many})
	return labels(m, all), err
}

func (s *Server) nativeTag(ctx context.Context, m *resident, in words.TagRequest) (words.TagAnswer, error) {
	all, err := m.gather.Tag(ctx, in.Text, task.TagOptions{Aggregation: task.Aggregation(in.Aggregation), Stride: in.Stride})
	out := words.TagAnswer{Model: m.Name, Entities: make([]words.Entity, len(all))}
	for i, e := range all {
		out.Entities[i] = words.Entity{Label: e.Label, Score: min(e.Score, 1), Text: e.Text, Place: words.Place(e.Place)}
	}
	return out, err
}

func (s *Server) nativeAnswer(ctx context.Context, m *resident, in words.AnswerRequest) (words.AnswerAnswer, error) {
	all, err := m.gather.Answer(ctx, in.Question, in.Context, task.AnswerOptions{Top: in.Top, Longest: in.Longest, Impossible: in.Impossible})
	out := words.AnswerAnswer{Model: m.Name, Answers: make([]words.Found, len(all))}
	for i, a := range all {
		out.Answers[i] = words.Found{Answer: a.Text, Score: a.Score, Place: words.Place(a.Place)}
	}
	if len(all) > 0 {
		out.Found = out.Answers[0]
	}
	return out, err
}

func (s *Server) nativeCompare(ctx context.Context, m *resident, in words.CompareRequest) (words.CompareAnswer, error) {
	vectors, _, err := s.vectors(ctx, m, vectorAsk{texts: in.Texts, options: task.EmbedOptions{Pooling: task.Pooling(in.Pooling), Normalize: in.Normalize == nil || *in.Normalize}})
	if err != nil {
		return words.CompareAnswer{}, err
	}
	return words.CompareAnswer{Model: m.Name, Similarity: task.Similarity(vectors), Dimensions: len(vectors[0])}, nil
}

func (s *Server) nativeRerank(ctx context.Context, m *resident, in words.RerankRequest) (words.RerankAnswer, error) {
	all, err := m.gather.Rerank(ctx, in.Query, in.Texts)
	out := words.RerankAnswer{Model: m.Name, Results: make([]words.Rank, len(all))}
	for i, r := range all {
		out.Results[i] = words.Rank(r)
	}
	return out, err
}

func (s *Server) nativeTranslate(ctx context.Context, m *resident, in words.TranslateRequest) (words.TextAnswer, error) {
	r, err := task.Translation(m.Model, cmp.Or(in.From, "en"), cmp.Or(in.To, "de"))
	if err != nil {
		return words.TextAnswer{}, err
	}
	return s.rewrite(ctx, m, r, in.Text, in.Search)
}

func (s *Server) nativeSummarize(ctx context.Context, m *resident, in words.SummarizeRequest) (words.TextAnswer, error) {
	r, err := task.Summary(m.Model)
	if err != nil {
		return words.TextAnswer{}, err
	}
	return s.rewrite(ctx, m, r, in.Text, in.Search)
}

// rewrite has a model make another text of one.
func (s *Server) rewrite(ctx context.Context, m *resident, r task.Rewriting, text string, search words.Search) (words.TextAnswer, error) {
	out := words.TextAnswer{Model: m.Name}
	o := r.Options
	o.MaxTokens = cmp.Or(search.MaxTokens, o.MaxTokens)
	o.Beams = cmp.Or(search.Beams, o.Beams)
	re, err := s.answer(ctx, m, ask{prompt: r.Prefix + text, options: o})
	if err != nil {
		return out, err
	}
	texts, err := re.whole(ctx)
	if err != nil {
		return out, err
	}
	_, _, out.Tokens = re.usage()
	out.Text, out.Finish = texts[0].content, texts[0].finish
	return out, nil
}

// tokens tells the tokens of a text.
func tokens(m *resident, text string, e *tokenizer.Encoding) []words.Token {
	characters := e.RuneOffsets(text)
	all := make([]words.Token, len(e.IDs))
	for i, id := range e.IDs {
		name, _ := m.Tokenizer.Token(id)
		at := e.Offsets[i]
		all[i] = words.Token{ID: id, Token: name, Text: text[at.Start:at.End], Special: e.Special[i],
			Place: words.Place{Start: characters[i].Start, End: characters[i].End, StartByte: at.Start, EndByte: at.End}}
		if all[i].Text == "" {
			all[i].Text = name
		}
	}
	return all
}

func (s *Server) nativeTokenize(_ context.Context, m *resident, in words.TokenizeRequest) (words.TokenizeAnswer, error) {
	if m.Tokenizer == nil {
		return words.TokenizeAnswer{}, invalid("model", "%s has no tokenizer", m.Name)
	}
	e := m.Tokenizer.EncodeWithOffsets(in.Text)
	return words.TokenizeAnswer{Model: m.Name, Tokens: tokens(m, in.Text, &e)}, nil
}

func (s *Server) nativeNext(ctx context.Context, m *resident, in words.NextRequest) (words.NextAnswer, error) {
	list, err := m.gather.Next(ctx, in.Text, cmp.Or(in.Top, 10))
	return words.NextAnswer{Model: m.Name, Tokens: predictions(m, list)}, err
}

// attentionParameters is how many weights a model has at most that shows its attention.
const attentionParameters = 200e6

func (s *Server) nativeAttention(ctx context.Context, m *resident, in words.TextRequest) (words.AttentionAnswer, error) {
	if m.Info.Parameters > attentionParameters {
		return words.AttentionAnswer{}, invalid("model", "%s is too large to show its attention", m.Name)
	}
	a, err := m.gather.Attention(ctx, in.Text)
	if err != nil {
		return words.AttentionAnswer{}, err
	}
	return words.AttentionAnswer{Model: m.Name, Tokens: tokens(m, in.Text, &a.Encoding), Layers: a.Weights}, nil
}
