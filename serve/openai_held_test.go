package serve

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/serve/openai"
)

// Whatever a model would write, its texts are of the form that is asked for, in each of
// several, whole and streamed, and the same for the same seed.
func TestOpenAIHeld(t *testing.T) {
	_, url := testServer(t, nil)
	const schema = `{"type":"object","additionalProperties":false,"required":["name","age"],"properties":{"name":{"type":"string","maxLength":9},"age":{"type":"integer","minimum":1,"maximum":99}}}`
	for _, c := range []struct {
		form string
		good func(text string) bool
	}{
		{`"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":` + schema + `}}`, func(text string) bool {
			var v struct {
				Name *string
				Age  int
			}
			return json.Unmarshal([]byte(text), &v) == nil && v.Name != nil && v.Age > 0 && v.Age < 100
		}},
		{`"json_schema":` + schema, func(text string) bool { return json.Valid([]byte(text)) && strings.Contains(text, `"age"`) }},
		{`"grammar":"root ::= \"yes\" | \"no\""`, func(text string) bool { return text == "yes" || text == "no" }},
		{`"grammar":"root ::= [a-c]{3} \"-\" [α-ω]{2}"`, regexp.MustCompile(`^[a-c]{3}-[α-ω]{2}$`).MatchString},
	} {
		body := `{"model":"hatchling/gpt","messages":[{"role":"user","content":"Who?"}],"n":3,"seed":4,"max_tokens":150,"temperature":1.3,` + c.form + `%s}`
		var whole, again openai.ChatCompletion
		post(t, url+"/v1/chat/completions", fmt.Sprintf(body, ""), 200, &whole)
		post(t, url+"/v1/chat/completions", fmt.Sprintf(body, ""), 200, &again)
		var parts [3]strings.Builder
		all := events(t, url+"/v1/chat/completions", fmt.Sprintf(body, `,"stream":true`))
		for _, data := range all[:len(all)-1] {
			var p openai.ChatChunk
			if err := json.Unmarshal([]byte(data), &p); err != nil {
				t.Fatal(err)
			}
			for _, choice := range p.Choices {
				if choice.Delta.Content != nil {
					parts[choice.Index].WriteString(*choice.Delta.Content)
				}
			}
		}
		for i, choice := range whole.Choices {
			text := *choice.Message.Content
			if !c.good(text) || choice.FinishReason != "stop" {
				t.Errorf("%s: %q %s", c.form, text, choice.FinishReason)
			}
			if parts[i].String() != text || *again.Choices[i].Message.Content != text {
				t.Errorf("%s: %q, streamed %q, again %q", c.form, text, parts[i].String(), *again.Choices[i].Message.Content)
			}
		}
	}
	for form, param := range map[string]string{
		`"grammar":"root ::= ("`: "grammar", `"grammar":"root ::= root \"a\""`: "grammar", `"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"circle"}}}`: "response_format.json_schema.schema",
		`"grammar":"root ::= \"a\"","ignore_eos":true`: "ignore_eos",
		`"response_format":{"type":"json_object"},"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required"`: "response_format",
	} {
		text := post(t, url+"/v1/chat/completions", `{"messages":[{"role":"user","content":"Who?"}],`+form+`}`, 400, nil)
		if !strings.Contains(text, `"param":"`+param+`"`) {
			t.Errorf("%s: %s, want %s", form, text, param)
		}
	}
}
