package objective

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRestoration holds the data half to its properties on random texts: the target is
// a part of the text, the input is the target without what is left out, and both end.
func TestRestoration(t *testing.T) {
	o := Restoration{Gone: []int32{1, 2, 3}, Ends: []int32{3}, End: 99}
	r := rand.New(rand.NewPCG(3, 4))
	whole := 0
	for range 500 {
		ids := make([]int32, r.IntN(40))
		for i := range ids {
			ids[i] = int32(1 + r.IntN(20))
		}
		e := o.Example(r, Text{IDs: ids})
		if e.Input == nil {
			continue
		}
		n, m := len(e.Target)-1, len(e.Input)-1
		if e.Target[n] != 99 || e.Input[m] != 99 || o.Tokens(len(ids)+1) != len(ids) {
			t.Fatalf("%v: no end: %v, %v", ids, e.Input, e.Target)
		}
		kept := slices.DeleteFunc(slices.Clone(e.Target[:n]), func(id int32) bool { return id <= 3 })
		if !slices.Equal(kept, e.Input[:m]) {
			t.Fatalf("%v: input %v of target %v", ids, e.Input, e.Target)
		}
		at := slices.IndexFunc(ids, func(id int32) bool { return id == 3 })
		if at >= 0 && at < len(ids)/2 {
			whole++
			if !slices.Equal(ids[at+1:at+1+n], e.Target[:n]) {
				t.Fatalf("%v: target %v does not begin with a sentence", ids, e.Target)
			}
		}
	}
	if whole < 100 {
		t.Errorf("%d texts with a sentence that begins in their first half", whole)
	}
}

// TestRestorationOptions checks what a recipe may say.
func TestRestorationOptions(t *testing.T) {
	for _, o := range []RestorationOptions{{}, {Gone: []string{","}, Ends: []string{"."}}} {
		if o.Check() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	v := Vocab{End: 1, ID: func(token string) (int32, bool) { return 7, token == "," }}
	good := RestorationOptions{Gone: []string{","}}
	if task, err := good.Task(v); err != nil || !slices.Equal(task.Maker.(Restoration).Gone, []int32{7}) {
		t.Errorf("%+v, %v", task, err)
	}
	bad := RestorationOptions{Gone: []string{";"}}
	if _, err := bad.Task(v); err == nil {
		t.Error("a token that the vocabulary lacks is taken")
	}
}
