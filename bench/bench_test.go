package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func silent(string) {}

// values is a contestant that gives one value after the other, and notes its turns.
func values(name string, turns *[]string, list ...float64) contestant {
	return contestant{name, func(context.Context) (sample, error) {
		*turns = append(*turns, name)
		v := list[0]
		list = list[1:]
		return sample{v, map[string]float64{"bandwidth": v / 1000}}, nil
	}}
}

func TestContestantsTakeTurns(t *testing.T) {
	var turns []string
	c := contest{entrants: []contestant{values("zoo", &turns, 10, 30, 20), values("a", &turns, 5, 10, 40)}}
	o, err := c.hold(t.Context(), 3, silent)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"zoo", "a", "a", "zoo", "zoo", "a"}; !slices.Equal(turns, want) {
		t.Errorf("turns %v, want %v", turns, want)
	}
	zoo, a := o.Results[0], o.Results[1]
	if zoo.Median != 20 || zoo.Ratio != 1 || zoo.Notes["bandwidth"] != 0.02 {
		t.Errorf("zoo: %+v", zoo)
	}
	if a.Median != 10 || a.Ratio != 2 || a.Least != 0.5 || a.Most != 3 {
		t.Errorf("a: %+v", a)
	}
	c = contest{less: true, entrants: []contestant{values("zoo", &turns, 10), values("a", &turns, 5)}}
	if o, err = c.hold(t.Context(), 1, silent); err != nil || o.Results[1].Ratio != 0.5 {
		t.Errorf("where less is better: %+v, %v", o.Results[1], err)
	}
}

func TestPeersMayFail(t *testing.T) {
	var turns []string
	calls := 0
	broken := contestant{"broken", func(context.Context) (sample, error) { calls++; return sample{}, errors.New("no") }}
	o, err := contest{entrants: []contestant{values("zoo", &turns, 1, 2), broken}}.hold(t.Context(), 2, silent)
	if err != nil || o.Results[1].Error != "no" || calls != 1 || o.Results[0].Median != 1.5 {
		t.Errorf("%+v, %v, after %d calls", o.Results, err, calls)
	}
	if _, err := (contest{entrants: []contestant{broken}}).hold(t.Context(), 2, silent); err == nil {
		t.Error("a contest without the zoo was held")
	}
}

func TestParse(t *testing.T) {
	writing := func(text []byte) (float64, error) { return parseBatched(text, "S_TG t/s") }
	reading := func(text []byte) (float64, error) { return parseBatched(text, "S_PP t/s") }
	for _, c := range []struct {
		text  string
		parse func([]byte) (float64, error)
		want  float64
	}{
		{"[\n {\"n_prompt\": 512, \"avg_ns\": 1, \"avg_ts\": 20, \"samples_ts\": [ 12.5, 1, 46.5 ]}\n]\n", parseBench, 12.5},
		{"warming up\n[{\"samples_ts\": [3]}]", parseBench, 3},
		{"[]", parseBench, 0}, {"", parseBench, 0}, {"[{\"samples_ts\": [1]},{\"samples_ts\": [2]}]", parseBench, 0}, {"{", parseBench, 0}, {"[{}]", parseBench, 0},
		{"main: n_kv_max = 512\n\n|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |\n" +
			"|-------|--------|------|--------|----------|----------|----------|----------|----------|----------|\n" +
			"|    32 |     32 |    4 |    256 |    1.644 |    77.84 |    5.944 |    21.53 |    7.589 |    33.73 |\n", writing, 21.53},
		{"|    PP | S_PP t/s | S_TG t/s |\n|-------|----------|----------|\nlog |\n|   128 |  4134.49 |     -nan |\n|   128 |  5233.86 |     0.00 |\n", reading, 5233.86},
		{"perplexity: 0.01 seconds per pass\n[1]4.1000,[2]4.5700,\nUnexpected negative standard deviation", parsePerplexity, 4.57}, {"", parsePerplexity, 0},
		{"", writing, 0}, {"| S_TG t/s |\n| x |\n", writing, 0},
	} {
		got, err := c.parse([]byte(c.text))
		if got != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%q gives %v, %v", c.text, got, err)
		}
	}
}

func TestOutcomesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	first := outcome{contest: contest{Comparison: "decode", Model: "m", Threads: 2}, Results: []result{{Name: "zoo", Median: 1}}}
	second, other := first, first
	second.Results = []result{{Name: "zoo", Median: 2, Notes: map[string]float64{"bandwidth": 0.93}}, {Name: "a", Median: 1, Ratio: 2, Least: 1.5, Most: 2.5}, {Name: "b", Error: "no"}}
	other.Threads = 1
	for _, o := range []outcome{first, other, second} {
		if err := keep(path, o); err != nil {
			t.Fatal(err)
		}
	}
	all, err := kept(path)
	if err != nil || len(all) != 2 || all[0].Threads != 1 || all[1].Results[0].Median != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	var s strings.Builder
	if err := writeTable(&s, all); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 2 | 2 | bandwidth 93 % | a | 1 | **2.00** | 1.50 to 2.50 |\n", "| b | failed |", "| 1 | 1 |  | – |"} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, s.String())
		}
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keep(path, first); err == nil {
		t.Error("a file that is no list of outcomes was overwritten")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"--rounds", "3"}, {"nothing", "--zoo", "x"}, {"decode", "--zoo", "x", "--rounds", "0"}, {"decode", "-t", "0"}, {"table"}} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
