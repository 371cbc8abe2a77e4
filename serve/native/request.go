package native

// A Named request is for a model.
type Named struct {
	Model string `json:"model,omitempty" doc:"Name of the model; without one, or with an empty one, the server's default model." example:"hatchling/bert"`
}

// Name returns the name of the model, or "".
func (m Named) Name() string { return m.Model }

// A TextRequest is for a model and a text.
type TextRequest struct {
	Named
	Text string `json:"text" minLength:"1" maxLength:"1048576" doc:"The text." example:"The lions sleep in the shade."`
}

// A FillRequest asks for the tokens under masks.
type FillRequest struct {
	Named
	Text string `json:"text" minLength:"1" maxLength:"1048576" doc:"A text with masks, written as the model's tokenizer has them; GET /zoo/models tells how." example:"The lions [MASK] in the shade."`
	Top  int    `json:"top,omitempty" minimum:"1" maximum:"1000" default:"5" doc:"Predictions for each mask."`
}

// A ClassifyRequest asks for the classes of a text.
type ClassifyRequest struct {
	TextRequest
	Pair string `json:"text_pair,omitempty" maxLength:"1048576" doc:"A second text, that the first is read with." example:"Animals rest."`
}

// A ZeroShotRequest asks how labels fit a text.
type ZeroShotRequest struct {
	TextRequest
	Labels   []string `json:"labels" minItems:"1" maxItems:"256" doc:"Labels that the text is matched with." example:"[\"animals\",\"weather\"]"`
	Template string   `json:"template,omitempty" maxLength:"4096" doc:"The sentence that a label makes in the place of {}." default:"This example is {}." example:"This text is about {}."`
	Many     bool     `json:"multi_label,omitempty" doc:"Each label is judged by itself, so that any number may fit."`
}

// A TagRequest asks for the entities in a text.
type TagRequest struct {
	TextRequest
	Aggregation string `json:"aggregation,omitempty" enum:"none,simple,first,average,max" default:"simple" doc:"How the classes of tokens become entities."`
	Stride      int    `json:"stride,omitempty" minimum:"0" maximum:"1048576" doc:"Tokens that windows of a long text share; 0 for a quarter of what the model reads, up to 128."`
}

// An AnswerRequest asks for the part of a context that answers a question.
type AnswerRequest struct {
	Named
	Question   string `json:"question" minLength:"1" maxLength:"65536" doc:"What is asked." example:"Where do the lions sleep?"`
	Context    string `json:"context" minLength:"1" maxLength:"1048576" doc:"The text that the answer is part of." example:"The lions sleep in the shade."`
	Top        int    `json:"top,omitempty" minimum:"1" maximum:"100" default:"1" doc:"Answers that are looked for."`
	Longest    int    `json:"longest,omitempty" minimum:"1" maximum:"1024" default:"15" doc:"Tokens of an answer, at most."`
	Impossible bool   `json:"impossible,omitempty" doc:"That there is no answer may be the answer; its text is empty then."`
}

// A TranslateRequest asks for a text in another language.
type TranslateRequest struct {
	TextRequest
	From string `json:"from,omitempty" maxLength:"64" default:"en" doc:"Language of the text: a code or an English name." example:"en"`
	To   string `json:"to,omitempty" maxLength:"64" default:"de" doc:"Language to translate to: a code or an English name." example:"de"`
	Search
}

// A Search says how a text is searched for.
type Search struct {
	MaxTokens int `json:"max_tokens,omitempty" minimum:"1" maximum:"65536" doc:"Tokens of the answer, at most; without it, what the model's config says."`
	Beams     int `json:"beams,omitempty" minimum:"1" maximum:"16" doc:"Beams to search with; without it, what the model's config says."`
}

// A SummarizeRequest asks for a text in fewer words.
type SummarizeRequest struct {
	TextRequest
	Search
}

// A CompareRequest asks how alike texts are.
type CompareRequest struct {
	Named
	Texts     []string `json:"texts" minItems:"1" maxItems:"512" doc:"The texts." example:"[\"The lions sleep.\",\"It rains.\"]"`
	Pooling   string   `json:"pooling,omitempty" enum:"mean,cls,last,max,pooler" doc:"How the vectors of tokens become one: by default the mean, and the last token of a decoder."`
	Normalize *bool    `json:"normalize,omitempty" doc:"Vectors have length 1, so that similarities are cosines." default:"true"`
}

// A RerankRequest asks how well texts answer a query.
type RerankRequest struct {
	Named
	Query string   `json:"query" minLength:"1" maxLength:"65536" doc:"What the texts are to answer." example:"What sleeps in the shade?"`
	Texts []string `json:"texts" minItems:"1" maxItems:"1024" doc:"The texts." example:"[\"The lions sleep.\",\"It rains.\"]"`
}

// A TokenizeRequest asks for the tokens of a text.
type TokenizeRequest struct {
	Named
	Text string `json:"text" maxLength:"1048576" doc:"The text." example:"The lions sleep."`
}

// A NextRequest asks for the tokens that may come next.
type NextRequest struct {
	Named
	Text string `json:"text" maxLength:"1048576" doc:"The text so far; to an encoder-decoder, what it answers." example:"The lions"`
	Top  int    `json:"top,omitempty" minimum:"1" maximum:"1000" default:"10" doc:"How many of the likeliest tokens."`
}
