package serve

import "net/http"

// hold makes of an ask's format and tools what holds each of its texts to them. What
// cannot be held to is refused: a text that is not what was asked for is worse than none.
func (a *ask) hold() error {
	if a.format.kind != "" {
		return &Error{Status: http.StatusBadRequest, Code: "not_served", Param: "response_format", Message: "this server holds no texts to a form"}
	}
	if a.choice.mode == "required" {
		return &Error{Status: http.StatusBadRequest, Code: "not_served", Param: "tool_choice", Message: "this server makes no model call tools"}
	}
	return nil
}
