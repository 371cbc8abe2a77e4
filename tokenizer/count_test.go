package tokenizer

import (
	"reflect"
	"strings"
	"testing"
)

func TestCountTokens(t *testing.T) {
	bytes, err := FromJSON([]byte(jsonSeeds[0]))
	if err != nil {
		t.Fatal(err)
	}
	words, err := FromRanks(smallRanks("la", "lat"), Options{Pattern: patternGPT2})
	if err != nil {
		t.Fatal(err)
	}
	text := "latin\nкирилл\n漢字かな\nlatin\n12\n"
	for _, threads := range []int{1, 3} {
		got, err := CountTokens(t.Context(), strings.NewReader(text), threads, bytes, words)
		if err != nil {
			t.Fatal(err)
		}
		want := []Count{
			{"Cyrillic", 12, 6, []int64{12, 12}}, {"Han", 12, 4, []int64{12, 12}},
			{"Latin", 10, 10, []int64{10, 6}}, {"", 2, 2, []int64{2, 2}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d threads: %v", threads, got)
		}
	}
	var all Count
	got, err := CountTokens(t.Context(), strings.NewReader(strings.Repeat("a b ", 1<<19)+text), 2, bytes)
	for _, c := range got {
		all.Add(c)
	}
	if want := int64(4<<19 + len(text) - 5); err != nil || all.Bytes != want || all.Tokens[0] != want {
		t.Errorf("a long line: %v %v", got, err)
	}
}
