package anthropic

import "encoding/json"

// An Answer is what the model says.
type Answer struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"` // message
	Role         string  `json:"role"`
	Model        string  `json:"model"`
	Content      []any   `json:"content"` // TextBlock, ThinkingBlock, ToolBlock
	StopReason   *string `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`
	Usage        Usage   `json:"usage"`
}

// A TextBlock is text.
type TextBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// A ThinkingBlock is what the model thought. Its signature is of no use.
type ThinkingBlock struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

// A ToolBlock is a call of a tool.
type ToolBlock struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

// Usage is how many tokens an answer took. InputTokens are those that had to be read.
type Usage struct {
	InputTokens   int `json:"input_tokens"`
	CacheCreation int `json:"cache_creation_input_tokens"`
	CacheRead     int `json:"cache_read_input_tokens"`
	OutputTokens  int `json:"output_tokens"`
}

// UsageOf returns the usage of a prompt, of which cached tokens did not have to be read,
// and of what was made.
func UsageOf(prompt, cached, made int) Usage {
	return Usage{InputTokens: prompt - cached, CacheRead: cached, OutputTokens: made}
}

// A Count is how many tokens a conversation has.
type Count struct {
	InputTokens int `json:"input_tokens"`
}

// Models are the models there are: the answer to GET /v1/models.
type Models struct {
	Data    []Model `json:"data"`
	HasMore bool    `json:"has_more"`
	FirstID *string `json:"first_id"`
	LastID  *string `json:"last_id"`
}

// A Model is one of them.
type Model struct {
	Type        string `json:"type"` // model
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"` // RFC 3339
}

// ListOf returns a list of models.
func ListOf(all []Model) Models {
	m := Models{Data: all}
	if len(all) > 0 {
		m.FirstID, m.LastID = &all[0].ID, &all[len(all)-1].ID
	}
	return m
}

// An ErrorAnswer tells an error.
type ErrorAnswer struct {
	Type  string    `json:"type"` // error
	Error ErrorBody `json:"error"`
}

// An ErrorBody is what is told of an error.
type ErrorBody struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`  // of this server
	Param   string `json:"param,omitempty"` // of this server
}

// ErrorOf returns an error as the API tells it. param and code may be empty.
func ErrorOf(status int, code, param, message string) ErrorAnswer {
	e := ErrorAnswer{"error", ErrorBody{errorType(status), message, code, param}}
	if param != "" {
		e.Error.Message = param + ": " + message
	}
	return e
}

func errorType(status int) string {
	switch status {
	case 401:
		return "authentication_error"
	case 403:
		return "permission_error"
	case 404:
		return "not_found_error"
	case 413:
		return "request_too_large"
	case 429:
		return "rate_limit_error"
	case 503, 529:
		return "overloaded_error"
	case 504:
		return "timeout_error"
	}
	if status >= 500 {
		return "api_error"
	}
	return "invalid_request_error"
}
