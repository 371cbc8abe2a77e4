package clients

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

// citySchema is what answers and arguments are held to.
var citySchema = map[string]any{
	"type": "object", "additionalProperties": false, "required": []string{"city", "days", "unit"},
	"properties": map[string]any{
		"city": map[string]any{"type": "string", "maxLength": 12}, "days": map[string]any{"type": "integer", "minimum": 1, "maximum": 9},
		"unit": map[string]any{"type": "string", "enum": []string{"celsius", "kelvin"}},
	},
}

// checkCity tells whether a text is an instance of citySchema.
func checkCity(t *testing.T, text string) {
	t.Helper()
	var v struct {
		City *string
		Days int
		Unit string
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil || v.City == nil || len([]rune(*v.City)) > 12 || v.Days < 1 || v.Days > 9 || v.Unit != "celsius" && v.Unit != "kelvin" {
		t.Errorf("%q is not what the schema asks for: %v", text, err)
	}
}

// Whatever the weights, an answer that is held to a schema is an instance of it.
func TestOpenAISchema(t *testing.T) {
	c := openaiClient()
	for seed := range int64(4) {
		q := openai.ChatCompletionNewParams{Model: chatter, Messages: user("Where?"), Seed: openai.Int(seed), MaxTokens: openai.Int(150), Temperature: openai.Float(1.2)}
		q.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "city", Schema: citySchema, Strict: openai.Bool(true)}}
		a, err := c.Chat.Completions.New(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if a.Choices[0].FinishReason != "stop" {
			t.Fatalf("%s", a.RawJSON())
		}
		checkCity(t, a.Choices[0].Message.Content)
	}
}

func TestResponsesSchema(t *testing.T) {
	c := openaiClient()
	q := asked("Where?")
	q.Text.Format = responses.ResponseFormatTextConfigParamOfJSONSchema("city", citySchema)
	a, err := c.Responses.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	checkCity(t, a.OutputText())
}

func TestAnthropicSchema(t *testing.T) {
	c := anthropicClient()
	q := message("Where?")
	q.OutputConfig.Format.Schema = citySchema
	a, err := c.Messages.New(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	checkCity(t, a.Content[0].Text)
}
