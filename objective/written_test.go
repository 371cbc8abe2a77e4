package objective

import (
	"slices"
	"testing"
)

// TestWritten: input and answer are the parts of a text, each ended and cut by itself.
func TestWritten(t *testing.T) {
	r := Rand(3, 0, 0)
	for n := range 200 {
		input, answer := testText(r, r.IntN(20)), testText(r, r.IntN(20))
		o := Written{End: testSEP, Length: 3 + n%12}
		e := o.Example(nil, Text{IDs: slices.Concat(input, []int32{testSEP}, answer)})
		for what, part := range map[string][2][]int32{"input": {e.Input, input}, "answer": {e.Target, answer}} {
			got, want := part[0], part[1]
			last := len(got) - 1
			if len(got) > o.Length || got[last] != testSEP || !slices.Equal(got[:last], want[:min(len(want), o.Length-1)]) {
				t.Fatalf("%s of %d is %v, want the start of %v", what, o.Length, got, want)
			}
		}
		if got, want := o.Count(e)[0], min(len(answer), o.Length-1)+1; got != want {
			t.Fatalf("%d targets, want %d", got, want)
		}
	}
	if e := (Written{End: testSEP, Length: 9}).Example(nil, Text{IDs: []int32{100, 101}}); e.Input != nil {
		t.Errorf("a text without an answer gives %v", e)
	}
}
