package clients

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

func weatherTool(name string) openai.ChatCompletionToolUnionParam {
	return openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: name, Description: openai.String("The weather to come"), Parameters: citySchema, Strict: openai.Bool(true)})
}

// Calls that are required come, with arguments that their schema allows; what they return
// can be given back; a stream tells of the same calls.
func TestOpenAITools(t *testing.T) {
	c := openaiClient()
	q := openai.ChatCompletionNewParams{
		Model: chatter, Messages: user("How will it be?"), Seed: openai.Int(3), MaxTokens: openai.Int(800), ParallelToolCalls: openai.Bool(false),
		Tools: []openai.ChatCompletionToolUnionParam{weatherTool("forecast"), weatherTool("climate")},
	}
	q.ToolChoice.OfAuto = openai.String("required")
	a, err := c.Chat.Completions.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	calls := a.Choices[0].Message.ToolCalls
	if a.Choices[0].FinishReason != "tool_calls" || len(calls) == 0 {
		t.Fatalf("%s", a.RawJSON())
	}
	for _, call := range calls {
		if call.ID == "" || call.Function.Name != "forecast" && call.Function.Name != "climate" {
			t.Errorf("%s", call.RawJSON())
		}
		checkCity(t, call.Function.Arguments)
	}
	stream := c.Chat.Completions.NewStreaming(t.Context(), q)
	var all openai.ChatCompletionAccumulator
	for stream.Next() {
		all.AddChunk(stream.Current())
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	for i, call := range all.Choices[0].Message.ToolCalls {
		if call.Function.Name != calls[i].Function.Name || call.Function.Arguments != calls[i].Function.Arguments || call.ID == "" {
			t.Errorf("streamed %s, want %s", call.RawJSON(), calls[i].RawJSON())
		}
	}
	if all.Choices[0].FinishReason != "tool_calls" || len(all.Choices[0].Message.ToolCalls) != len(calls) {
		t.Errorf("streamed %d calls, %s", len(all.Choices[0].Message.ToolCalls), all.Choices[0].FinishReason)
	}

	q.ToolChoice = openai.ToolChoiceOptionFunctionToolChoice(openai.ChatCompletionNamedToolChoiceFunctionParam{Name: "climate"})
	if a, err = c.Chat.Completions.New(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	calls = a.Choices[0].Message.ToolCalls
	if len(calls) == 0 || calls[0].Function.Name != "climate" {
		t.Fatalf("%s", a.RawJSON())
	}
	q.Messages = append(q.Messages, a.Choices[0].Message.ToParam())
	for _, call := range calls {
		q.Messages = append(q.Messages, openai.ToolMessage(`{"degrees":20}`, call.ID))
	}
	q.ToolChoice = openai.ChatCompletionToolChoiceOptionUnionParam{OfAuto: openai.String("none")}
	if a, err = c.Chat.Completions.New(t.Context(), q); err != nil || len(a.Choices[0].Message.ToolCalls) != 0 {
		t.Errorf("%+v %v", a, err)
	}
}

// output is what a call returned.
func output(call string) responses.ResponseInputItemUnionParam {
	return responses.ResponseInputItemUnionParam{OfFunctionCallOutput: &responses.ResponseInputItemFunctionCallOutputParam{
		CallID: openai.String(call), Output: responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfString: openai.String("20")},
	}}
}

func TestResponsesTools(t *testing.T) {
	c := openaiClient()
	q := asked("How will it be?")
	q.MaxOutputTokens, q.ParallelToolCalls = openai.Int(800), openai.Bool(false)
	q.Tools = []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "forecast", Parameters: citySchema, Strict: openai.Bool(true)}}}
	q.ToolChoice.OfFunctionTool = &responses.ToolChoiceFunctionParam{Name: "forecast"}
	a, err := c.Responses.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var items responses.ResponseInputParam
	calls := 0
	for _, item := range a.Output {
		if item.Type != "function_call" {
			continue
		}
		calls++
		call := item.AsFunctionCall()
		checkCity(t, call.Arguments)
		items = append(items, responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.CallID, call.Name), output(call.CallID))
	}
	if calls != 1 {
		t.Fatalf("%s", a.RawJSON())
	}
	stream := c.Responses.NewStreaming(t.Context(), q)
	var arguments strings.Builder
	for stream.Next() {
		switch e := stream.Current(); e.Type {
		case "response.function_call_arguments.delta":
			arguments.WriteString(e.Delta)
		case "response.function_call_arguments.done":
			if e.Arguments != arguments.String() || !strings.Contains(e.RawJSON(), `"name":"forecast"`) {
				t.Errorf("%s, want %s", e.RawJSON(), arguments.String())
			}
			checkCity(t, e.Arguments)
			arguments.Reset()
		}
	}
	if err := stream.Err(); err != nil {
		t.Error(err)
	}
	// The conversation goes on, all of it sent again.
	next := asked("")
	next.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: append(responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage("How will it be?", "user")}, items...)}
	if a, err = c.Responses.New(t.Context(), next); err != nil || a.OutputText() == "" {
		t.Errorf("%+v %v", a, err)
	}
}

// Calls that are required come, with arguments that their schema allows, whole and
// streamed; what they return can be given back.
func TestAnthropicTools(t *testing.T) {
	c := anthropicClient()
	q := message("How will it be?")
	q.MaxTokens = 800
	schema := anthropic.ToolInputSchemaParam{Properties: citySchema["properties"], Required: []string{"city", "days", "unit"}, ExtraFields: map[string]any{"additionalProperties": false}}
	q.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{Name: "forecast", InputSchema: schema}}, {OfTool: &anthropic.ToolParam{Name: "climate", InputSchema: schema}}}
	for _, choice := range []anthropic.ToolChoiceUnionParam{{OfAny: &anthropic.ToolChoiceAnyParam{DisableParallelToolUse: anthropic.Bool(true)}}, {OfTool: &anthropic.ToolChoiceToolParam{Name: "climate", DisableParallelToolUse: anthropic.Bool(true)}}} {
		q.ToolChoice = choice
		whole, err := c.Messages.New(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all := accumulate(t, c, q)
		if whole.StopReason != anthropic.StopReasonToolUse || all.StopReason != whole.StopReason || len(all.Content) != len(whole.Content) {
			t.Fatalf("%s", whole.RawJSON())
		}
		next := q
		next.Messages = append(next.Messages, whole.ToParam())
		var results []anthropic.ContentBlockParamUnion
		for i, block := range whole.Content {
			if block.Type != "tool_use" {
				continue
			}
			if choice.OfTool != nil && block.Name != "climate" {
				t.Errorf("%s is called", block.Name)
			}
			checkCity(t, string(block.Input))
			var a, b any
			if errors.Join(json.Unmarshal(block.Input, &a), json.Unmarshal(all.Content[i].Input, &b)) != nil || !reflect.DeepEqual(a, b) {
				t.Errorf("streamed %s, want %s", all.Content[i].Input, block.Input)
			}
			results = append(results, anthropic.NewToolResultBlock(block.ID, "20", false))
		}
		next.Messages = append(next.Messages, anthropic.NewUserMessage(results...))
		next.ToolChoice = anthropic.ToolChoiceUnionParam{OfNone: &anthropic.ToolChoiceNoneParam{}}
		if a, err := c.Messages.New(t.Context(), next); err != nil || a.StopReason == anthropic.StopReasonToolUse {
			t.Errorf("%+v %v", a, err)
		}
	}
}

// Thoughts come apart from the text in OpenAI's dialect too, and are counted.
func TestOpenAIThinking(t *testing.T) {
	c := openaiClient()
	a, err := c.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{
		Model: chatter, Messages: user("Why?"), Temperature: openai.Float(0), MaxTokens: openai.Int(60), ReasoningEffort: shared.ReasoningEffortLow,
	})
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Thoughts string `json:"reasoning_content"`
	}
	if err := json.Unmarshal([]byte(a.Choices[0].Message.RawJSON()), &m); err != nil || m.Thoughts == "" || a.Usage.CompletionTokensDetails.ReasoningTokens == 0 {
		t.Errorf("%s %v", a.RawJSON(), err)
	}
}

// A model that thinks says so in blocks of their own.
func TestAnthropicThinking(t *testing.T) {
	c := anthropicClient()
	q := message("Why?")
	q.Thinking = anthropic.ThinkingConfigParamOfEnabled(1024)
	whole, err := c.Messages.New(t.Context(), q)
	if err != nil || len(whole.Content) == 0 || whole.Content[0].Type != "thinking" {
		t.Fatalf("%+v %v", whole, err)
	}
	if all := accumulate(t, c, q); all.Content[0].Thinking != whole.Content[0].Thinking {
		t.Errorf("streamed %q, want %q", all.Content[0].Thinking, whole.Content[0].Thinking)
	}
}
