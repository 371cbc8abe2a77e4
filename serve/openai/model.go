package openai

// Models are the models there are: the answer to GET /v1/models.
type Models struct {
	Object string  `json:"object"`
	Data   []Model `json:"data"`
}

// A Model is one of them.
type Model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`

	// Of other servers.
	Root    string   `json:"root,omitempty"`          // of an adapter, the model that it changes
	Context int      `json:"max_model_len,omitempty"` // tokens
	Tasks   []string `json:"tasks,omitempty"`
}

// An ErrorAnswer tells an error.
type ErrorAnswer struct {
	Error ErrorBody `json:"error"`
}

// An ErrorBody is what is told of an error.
type ErrorBody struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// ErrorOf returns an error as the API tells it. param and code may be empty.
func ErrorOf(status int, code, param, message string) ErrorAnswer {
	e := ErrorAnswer{ErrorBody{Message: message, Type: errorType(status)}}
	if param != "" {
		e.Error.Param = &param
		e.Error.Message = param + ": " + message
	}
	if code != "" {
		e.Error.Code = &code
	}
	return e
}

func errorType(status int) string {
	switch {
	case status == 401:
		return "authentication_error"
	case status == 403:
		return "permission_error"
	case status == 429:
		return "rate_limit_error"
	case status >= 500:
		return "server_error"
	}
	return "invalid_request_error"
}
