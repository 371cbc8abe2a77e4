package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

const tasks = "../../task/testdata/"

// TestTasks: what the commands of tasks print, as text and as JSON.
func TestTasks(t *testing.T) {
	for _, c := range []struct {
		args  []string
		keys  string // of the JSON value, or of its first element
		lines int    // of text
	}{
		{[]string{"classify", tasks + "classify-single", "the lions sleep"}, "label score", 3},
		{[]string{"classify", tasks + "classify-pairs", "the lions", "--text-pair", "sleep"}, "label score", 1},
		{[]string{"classify", tasks + "entail", "the lions sleep", "--labels", "animals,rain"}, "label score", 2},
		{[]string{"tag", tasks + "tag", "the keeper feeds the lions"}, "end end_byte label score start start_byte text", -1},
		{[]string{"answer", tasks + "answer", "--question", "who sleeps?", "--context", "the lions sleep"}, "answer end end_byte score start start_byte", 1},
		{[]string{"answer", tasks + "answer", "--question", "who sleeps?", "--context", "the lions sleep", "--top", "2"}, "answer end end_byte score start start_byte", 2},
		{[]string{"rerank", tasks + "classify-pairs", "--query", "who sleeps?", "the lions sleep", "it rains"}, "index raw score", 2},
		{[]string{"translate", models + "t5/testdata/t5", "the lions sleep", "-n", "4"}, "text", -1},
		{[]string{"summarize", models + "t5/testdata/t5", "the lions sleep", "-n", "4"}, "text", -1},
	} {
		code, out, stderr := call("", c.args...)
		if code != exitDone || stderr != "" || c.lines >= 0 && strings.Count(out, "\n") != c.lines {
			t.Errorf("zoo %v = %d, %q, %q", c.args, code, out, stderr)
		}
		code, out, _ = call("", append(c.args, "--json")...)
		value := map[string]any{}
		var list []map[string]any
		if err := json.Unmarshal([]byte(out), &value); err != nil && json.Unmarshal([]byte(out), &list) == nil && len(list) > 0 {
			value = list[0]
		}
		if got := strings.Join(keys(value), " "); code != exitDone || got != c.keys {
			t.Errorf("zoo %v --json has %q, want %q: %s", c.args, got, c.keys, out)
		}
	}
	for args, says := range map[string]string{
		"rerank " + tasks + "classify-pairs a":                 "--query",
		"answer " + tasks + "answer --question a":              "--context",
		"classify " + tasks + "classify-pairs":                 "classify",
		"translate " + models + "t5/testdata/t5 --from qqq1 x": "qqq1",
	} {
		code, _, stderr := call("", strings.Fields(args)...)
		if want := map[bool]int{true: exitFailed, false: exitUsage}[strings.HasPrefix(args, "translate")]; code != want || !strings.Contains(stderr, says) {
			t.Errorf("zoo %s = %d, %q", args, code, stderr)
		}
	}
}

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
