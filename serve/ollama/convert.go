package ollama

import (
	"fmt"

	"github.com/nlp-zoo/zoo/chat"
)

// Conversation returns messages as templates know them. Pictures are an error: no
// model that is served sees them.
func Conversation(messages []Message) ([]chat.Message, error) {
	all := make([]chat.Message, len(messages))
	for i, m := range messages {
		if len(m.Images) > 0 {
			return nil, fmt.Errorf("messages[%d]: the model reads no images", i)
		}
		all[i] = chat.Message{Role: lower(m.Role), Content: m.Content, Reasoning: m.Thinking, Name: m.ToolName, ToolCallID: m.ToolCallID}
		switch all[i].Role {
		case "system", "user", "assistant", "tool":
		default:
			return nil, fmt.Errorf("messages[%d]: role %q is not one of system, user, assistant, tool", i, m.Role)
		}
		for _, c := range m.ToolCalls {
			all[i].ToolCalls = append(all[i].ToolCalls, chat.ToolCall{ID: c.ID, Name: c.Function.Name, Arguments: c.Function.Arguments})
		}
	}
	return all, nil
}

// Call returns a tool call as a reply has it. Arguments that are no object, as a model
// may write them, are left out.
func Call(index int, c chat.ToolCall) ToolCall {
	arguments := c.Arguments
	if !isObject(arguments) {
		arguments = []byte("{}")
	}
	return ToolCall{ID: c.ID, Function: Function{Index: index, Name: c.Name, Arguments: arguments}}
}
