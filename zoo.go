package zoo

import (
	"context"
	"iter"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all" // every family
	"github.com/nlp-zoo/zoo/task"
)

// What a program meets of the packages below.
type (
	// A Token is one step of a text that is being written.
	Token = generate.Token
	// A Message is one turn of a conversation.
	Message = chat.Message
	// A Prediction is a token that may stand at a mask.
	Prediction = task.Prediction
	// EmbedOptions say how text becomes a vector.
	EmbedOptions = task.EmbedOptions
	// A Pair is a text to be classified, and another that it is to be read with.
	Pair = task.Pair
	// A Label is a class with its score.
	Label = task.Label
	// ZeroShotOptions say how a text is matched with labels.
	ZeroShotOptions = task.ZeroShotOptions
	// An Entity is a part of a text that has a class.
	Entity = task.Entity
	// TagOptions say how a text is tagged.
	TagOptions = task.TagOptions
	// An Answer is a part of a text that answers a question.
	Answer = task.Answer
	// AnswerOptions say which answers are looked for.
	AnswerOptions = task.AnswerOptions
	// A Rank is how well a text answers a query.
	Rank = task.Rank
	// A Likelihood is how likely a model finds a text.
	Likelihood = task.Likelihood
)

// A Model is an open checkpoint. It is safe for use by many goroutines.
type Model struct {
	*model.Model
}

// Open opens a checkpoint: a folder in Hugging Face layout, a GGUF file, or a
// llama2.c file with its tokenizer beside it. See model.Open.
func Open(path string, options ...model.Option) (*Model, error) {
	m, err := model.Open(path, options...)
	if err != nil {
		return nil, err
	}
	return &Model{m}, nil
}

// Weights has Open bring the matrices of a model into a form, such as "q8_0", "q4_k_m",
// "int8" or "bf16"; model.PackForms lists all. Without it they keep that of the file.
func Weights(form string) model.Option { return model.Weights(form) }

// Exact has Open compute in float32 with the very values of the file, whatever form
// they are in: blocks are multiplied by as integers otherwise.
func Exact() model.Option { return model.Exact() }

// An Option changes how tokens are chosen. Without any the checkpoint's own
// generation_config.json holds, and the likeliest token where it has none.
type Option func(*generate.Options)

// MaxTokens ends the text after n tokens.
func MaxTokens(n int) Option { return func(o *generate.Options) { o.MaxTokens = n } }

// Temperature sets the temperature of sampling; 0 takes the likeliest token.
func Temperature(t float64) Option { return func(o *generate.Options) { o.Temperature = t } }

// TopK samples from the k likeliest tokens only.
func TopK(k int) Option { return func(o *generate.Options) { o.TopK = k } }

// TopP samples from the likeliest tokens that together reach probability p.
func TopP(p float64) Option { return func(o *generate.Options) { o.TopP = p } }

// MinP leaves out tokens below p times the likeliest one's probability.
func MinP(p float64) Option { return func(o *generate.Options) { o.MinP = p } }

// Seed fixes what sampling draws: same seed, same text.
func Seed(seed uint64) Option { return func(o *generate.Options) { o.Seed = seed } }

// Stop ends the text before the first of these strings.
func Stop(s ...string) Option { return func(o *generate.Options) { o.Stop = s } }

// Beams searches with n beams instead of sampling.
func Beams(n int) Option { return func(o *generate.Options) { o.Beams, o.Temperature = n, 0 } }

// With lets f change every option there is.
func With(f func(*generate.Options)) Option { return f }

func (m *Model) options(list []Option) generate.Options {
	o := task.Options(m.Model)
	for _, f := range list {
		f(&o)
	}
	return o
}

// Generate continues prompt (for an encoder-decoder: answers it), token by token.
// After an error nothing follows.
func (m *Model) Generate(ctx context.Context, prompt string, options ...Option) iter.Seq2[Token, error] {
	ids, err := task.Prompt(m.Model, prompt)
	if err != nil {
		return fail(err)
	}
	return generate.Generate(ctx, m.Net, m.Tokenizer, ids, m.options(options))
}

// Chat writes the assistant's next turn of a conversation, in the form of the
// model's own chat template.
func (m *Model) Chat(ctx context.Context, messages []Message, options ...Option) iter.Seq2[Token, error] {
	t, err := task.Template(m.Model)
	if err != nil {
		return fail(err)
	}
	ids, err := task.ChatPrompt(ctx, m.Model, t, messages)
	if err != nil {
		return fail(err)
	}
	return generate.Generate(ctx, m.Net, m.Tokenizer, ids, m.options(options))
}

func fail(err error) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) { yield(Token{}, err) }
}

// Fill predicts the top likeliest tokens under each mask in text.
func (m *Model) Fill(ctx context.Context, text string, top int) ([][]Prediction, error) {
	return task.Fill(ctx, m.Model, text, top)
}

// Embed returns one vector for each text.
func (m *Model) Embed(ctx context.Context, texts []string, o EmbedOptions) ([][]float32, error) {
	return task.Embed(ctx, m.Model, texts, o)
}

// Classify returns the classes of each input, best first.
func (m *Model) Classify(ctx context.Context, inputs ...Pair) ([][]Label, error) {
	return task.Classify(ctx, m.Model, inputs)
}

// ZeroShot returns how well labels that the model was not trained on fit a text, best
// first.
func (m *Model) ZeroShot(ctx context.Context, text string, labels []string, o ZeroShotOptions) ([]Label, error) {
	return task.ZeroShot(ctx, m.Model, text, labels, o)
}

// Tag returns the entities in a text, in order.
func (m *Model) Tag(ctx context.Context, text string, o TagOptions) ([]Entity, error) {
	return task.Tag(ctx, m.Model, text, o)
}

// Answer returns the parts of a text that answer a question, best first.
func (m *Model) Answer(ctx context.Context, question, text string, o AnswerOptions) ([]Answer, error) {
	return task.FindAnswers(ctx, m.Model, question, text, o)
}

// Rerank orders texts by how well they answer a query, best first.
func (m *Model) Rerank(ctx context.Context, query string, texts []string) ([]Rank, error) {
	return task.Rerank(ctx, m.Model, query, texts)
}

// Compare returns how alike texts are, each with each.
func (m *Model) Compare(ctx context.Context, texts []string, o EmbedOptions) ([][]float64, error) {
	return task.Compare(ctx, m.Model, texts, o)
}

// Next returns the top likeliest tokens after a text.
func (m *Model) Next(ctx context.Context, text string, top int) ([]Prediction, error) {
	return task.Next(ctx, m.Model, text, top)
}

// Translate writes a text in another language, token by token; languages are codes or
// English names. After an error nothing follows.
func (m *Model) Translate(ctx context.Context, text, from, to string, options ...Option) iter.Seq2[Token, error] {
	r, err := task.Translation(m.Model, from, to)
	return m.rewrite(ctx, text, r, err, options)
}

// Summarize writes the sense of a text in fewer words, token by token.
func (m *Model) Summarize(ctx context.Context, text string, options ...Option) iter.Seq2[Token, error] {
	r, err := task.Summary(m.Model)
	return m.rewrite(ctx, text, r, err, options)
}

func (m *Model) rewrite(ctx context.Context, text string, r task.Rewriting, err error, options []Option) iter.Seq2[Token, error] {
	if err != nil {
		return fail(err)
	}
	for _, f := range options {
		f(&r.Options)
	}
	return task.Rewrite(ctx, m.Model, text, r)
}

// Score returns how likely the model finds a text.
func (m *Model) Score(ctx context.Context, text string) (Likelihood, error) {
	return task.Score(ctx, m.Model, text)
}
