package llamacpp

// A TokenizeRequest is the body of POST /tokenize.
type TokenizeRequest struct {
	Model        string    `json:"model"`
	Content      OnePrompt `json:"content"`
	AddSpecial   bool      `json:"add_special"`
	ParseSpecial *bool     `json:"parse_special"`
	WithPieces   bool      `json:"with_pieces"`
}

// A OnePrompt is one prompt where several are not taken.
type OnePrompt struct{ Prompt }

// UnmarshalJSON reads a text, or an array of texts and tokens in turn.
func (p *OnePrompt) UnmarshalJSON(v []byte) (err error) {
	p.Prompt, err = prompt(v)
	return err
}

// A TokenizeResponse is its answer.
type TokenizeResponse struct {
	Tokens any `json:"tokens"` // ids, or [Token]s
}

// A DetokenizeRequest is the body of POST /detokenize.
type DetokenizeRequest struct {
	Model  string  `json:"model"`
	Tokens []int32 `json:"tokens"`
}

// A DetokenizeResponse is its answer.
type DetokenizeResponse struct {
	Content string `json:"content"`
}

// A TemplateResponse is the answer of POST /apply-template.
type TemplateResponse struct {
	Prompt string `json:"prompt"`
}
