package field

import (
	"encoding/json"
	"errors"
	"testing"
)

type more struct {
	Mode Refused `json:"mode" only:"plain|text" hint:"use plain"`
}

type request struct {
	Stop  Strings `json:"stop"`
	Audio Refused `json:"audio"`
	more
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ body, field string }{
		{`{}`, ""}, {`{"audio":null,"mode":null}`, ""}, {`{"audio":false}`, ""}, {`{"audio":[]}`, ""}, {`{"audio":0}`, ""},
		{`{"audio":{"voice":"a"}}`, "audio"}, {`{"audio":1}`, "audio"}, {`{"audio":true}`, "audio"},
		{`{"mode":"plain"}`, ""}, {`{"mode":"text"}`, ""}, {`{"mode":"rich"}`, "mode"}, {`{"mode":["text"]}`, "mode"},
	} {
		var q request
		if err := json.Unmarshal([]byte(c.body), &q); err != nil {
			t.Fatal(err)
		}
		var e *Error
		err := Check(&q)
		if errors.As(err, &e); (e == nil) != (c.field == "") || e != nil && e.Field != c.field {
			t.Errorf("%s: %v, want the field %q", c.body, err, c.field)
		}
	}
}

// A value of a wrong kind is told with its field, however deep.
func TestMistyped(t *testing.T) {
	var q struct {
		In []request `json:"in"`
	}
	err := json.Unmarshal([]byte(`{"in":[{"stop":"a"},{"stop":{}}]}`), &q)
	var kind *json.UnmarshalTypeError
	if !errors.As(err, &kind) || kind.Field != "in.stop" || kind.Value != "object" {
		t.Errorf("%v", err)
	}
	if err := json.Unmarshal([]byte(`{"in":[{"stop":"a"},{"stop":["b","c"]},{"stop":null}]}`), &q); err != nil || len(q.In[1].Stop) != 2 || q.In[0].Stop[0] != "a" || q.In[2].Stop != nil {
		t.Errorf("%+v %v", q, err)
	}
}

func TestWithin(t *testing.T) {
	two, nan := 2.0, 0.0
	nan /= nan
	if Within("x", &two, 0, 2) != nil || Within[int]("x", nil, 0, 2) != nil || Within("x", &two, 0, 1) == nil || Within("x", &nan, 0, 1) == nil {
		t.Error("within")
	}
}
