package native

// A Prediction is a token that may stand somewhere.
type Prediction struct {
	Token string  `json:"token" doc:"The token as the vocabulary has it." example:"sleep"`
	Text  string  `json:"text" doc:"The token as it stands in a text." example:"sleep"`
	ID    int32   `json:"id" doc:"Its id." example:"1234"`
	Score float64 `json:"score" minimum:"0" maximum:"1" doc:"Its probability." example:"0.42"`
}

// A FillAnswer has the predictions of each mask.
type FillAnswer struct {
	Model string         `json:"model" doc:"Name of the model."`
	Masks [][]Prediction `json:"masks" doc:"For each mask, in order, the likeliest tokens, best first."`
}

// A Label is a class with its score.
type Label struct {
	Label string  `json:"label" doc:"Name of the class." example:"positive"`
	Score float64 `json:"score" doc:"Its probability; of a model of numbers, the number." example:"0.97"`
}

// A LabelsAnswer has classes.
type LabelsAnswer struct {
	Model  string  `json:"model" doc:"Name of the model."`
	Labels []Label `json:"labels" doc:"The classes, best first."`
}

// A Place is a part of a text.
type Place struct {
	Start     int `json:"start" minimum:"0" doc:"Characters (code points) of the text before it." example:"4"`
	End       int `json:"end" minimum:"0" doc:"Characters of the text up to its end." example:"9"`
	StartByte int `json:"start_byte" minimum:"0" doc:"Bytes of the text in UTF-8 before it." example:"4"`
	EndByte   int `json:"end_byte" minimum:"0" doc:"Bytes of the text in UTF-8 up to its end." example:"9"`
}

// An Entity is a part of a text that has a class.
type Entity struct {
	Label string  `json:"label" doc:"Its class." example:"PER"`
	Score float64 `json:"score" minimum:"0" maximum:"1" doc:"Mean probability of the class over its tokens." example:"0.99"`
	Text  string  `json:"text" doc:"The part of the text." example:"lions"`
	Place
}

// A TagAnswer has entities.
type TagAnswer struct {
	Model    string   `json:"model" doc:"Name of the model."`
	Entities []Entity `json:"entities" doc:"Parts of the text that have a class, in order."`
}

// A Found is a part of a context.
type Found struct {
	Answer string  `json:"answer" doc:"The part of the context; empty where there is no answer." example:"in the shade"`
	Score  float64 `json:"score" minimum:"0" doc:"Probability of its start times that of its end. Those of the same words in several places add up." example:"0.8"`
	Place
}

// An AnswerAnswer has what was found.
type AnswerAnswer struct {
	Model string `json:"model" doc:"Name of the model."`
	Found
	Answers []Found `json:"answers" doc:"The likeliest answers, best first; the first is repeated above."`
}

// A TextAnswer has a text that was written.
type TextAnswer struct {
	Model  string `json:"model" doc:"Name of the model."`
	Text   string `json:"text" doc:"What the model wrote." example:"Die Löwen schlafen im Schatten."`
	Finish string `json:"finish" enum:"stop,length" doc:"Why it ended: the model ended it, or the number of tokens did."`
	Tokens int    `json:"tokens" minimum:"0" doc:"Tokens that were written."`
}

// A CompareAnswer has a matrix.
type CompareAnswer struct {
	Model      string      `json:"model" doc:"Name of the model."`
	Similarity [][]float64 `json:"similarity" doc:"Product of the vectors of each text (row) and each text (column)."`
	Dimensions int         `json:"dimensions" minimum:"0" doc:"Values of a vector."`
}

// A Rank is how well a text answers.
type Rank struct {
	Index int     `json:"index" minimum:"0" doc:"Which of the texts, from 0."`
	Score float64 `json:"score" doc:"How well it answers: a probability, or the cosine of vectors where the model is no classifier." example:"0.9"`
	Raw   float64 `json:"raw" doc:"The score before it was made a probability." example:"2.2"`
}

// A RerankAnswer has the texts in their order.
type RerankAnswer struct {
	Model   string `json:"model" doc:"Name of the model."`
	Results []Rank `json:"results" doc:"The texts, best first."`
}

// A Token is a part of a text as a model reads it.
type Token struct {
	ID    int32  `json:"id" doc:"Its id." example:"17"`
	Token string `json:"token" doc:"The token as the vocabulary has it." example:"lions"`
	Text  string `json:"text" doc:"The part of the text that it stands for; of a special token its name." example:"lions"`
	Place
	Special bool `json:"special" doc:"The tokenizer put it there: it stands for no part of the text."`
}

// A TokenizeAnswer has tokens.
type TokenizeAnswer struct {
	Model  string  `json:"model" doc:"Name of the model."`
	Tokens []Token `json:"tokens" doc:"The tokens as the model reads them, in order."`
}

// A NextAnswer has them.
type NextAnswer struct {
	Model  string       `json:"model" doc:"Name of the model."`
	Tokens []Prediction `json:"tokens" doc:"The likeliest next tokens, best first."`
}

// An AttentionAnswer has weights.
type AttentionAnswer struct {
	Model  string          `json:"model" doc:"Name of the model."`
	Tokens []Token         `json:"tokens" doc:"The tokens as the model reads them."`
	Layers [][][][]float32 `json:"layers" doc:"For each layer and head, how much each token (row) takes from each token (column). A row adds up to 1."`
}

// A Model is one that the server has.
type Model struct {
	Name       string   `json:"name" doc:"Its name." example:"hatchling/bert"`
	Family     string   `json:"family" doc:"Its family." example:"bert"`
	Type       string   `json:"type" doc:"The model_type of its config." example:"bert"`
	Tasks      []string `json:"tasks" doc:"What it does: paths under /zoo/, and chat, generate, embed, text-to-text."`
	Loaded     bool     `json:"loaded" doc:"It is in memory now."`
	Parameters int      `json:"parameters" minimum:"0" doc:"Number of its weights."`
	Context    int      `json:"context" minimum:"0" doc:"Tokens that it reads at most; 0 if that is not limited."`
	Mask       string   `json:"mask,omitempty" doc:"How a mask is written in a text." example:"[MASK]"`
	Default    bool     `json:"default" doc:"It answers where no model is named."`
}

// Models are all that the server has.
type Models struct {
	Models []Model `json:"models" doc:"The models that this server has, open or not."`
}

// A Description is what is known of a model.
type Description struct {
	Model
	Vocab      int    `json:"vocab_size" minimum:"0" doc:"Tokens of its vocabulary."`
	Layers     int    `json:"layers" minimum:"0" doc:"Number of its layers."`
	HiddenSize int    `json:"hidden_size" minimum:"0" doc:"Values of a hidden state."`
	Bytes      int    `json:"bytes" minimum:"0" doc:"Size of its weights as they are stored."`
	Objective  string `json:"objective,omitempty" doc:"What it was trained on." example:"masked"`
	Paper      string `json:"paper,omitempty" doc:"The paper that it was published with."`
	Card       string `json:"card,omitempty" doc:"Its card, in Markdown."`
}

// A Problem is an error as RFC 9457 has it.
type Problem struct {
	Type   string `json:"type" format:"uri-reference" doc:"Always about:blank: the status says what kind it is." example:"about:blank"`
	Title  string `json:"title" doc:"The status in words." example:"Bad Request"`
	Status int    `json:"status" minimum:"400" maximum:"599" doc:"The status." example:"400"`
	Detail string `json:"detail" doc:"What is wrong, and why." example:"text: it has no [MASK]"`
	Code   string `json:"code" doc:"A word for programs." example:"invalid_request"`
	Param  string `json:"param,omitempty" doc:"The field or header at fault." example:"text"`
}
