package main

import (
	"context"
	"fmt"
	"slices"
)

// A contestant measures one thing once a call.
type contestant struct {
	name string
	run  func(ctx context.Context) (sample, error)
}

// A sample is one measurement, and what the contestant tells beside it.
type sample struct {
	value float64
	notes map[string]float64 // as "bandwidth": the share of a limit of the same moment
}

// A contest is a measurement that several contestants do in turn. The first of them
// is the zoo.
type contest struct {
	Comparison string `json:"comparison"`
	Model      string `json:"model"`
	What       string `json:"what"`
	Threads    int    `json:"threads"`
	Unit       string `json:"unit"`
	less       bool   // less is better
	entrants   []contestant
}

// A result is what a contestant measured in a contest.
type result struct {
	Name    string             `json:"name"`
	Samples []float64          `json:"samples"`
	Median  float64            `json:"median"`
	Ratio   float64            `json:"ratio"`     // how many times better the zoo is, of the medians
	Least   float64            `json:"ratio_min"` // the same in the single rounds
	Most    float64            `json:"ratio_max"`
	Notes   map[string]float64 `json:"notes,omitempty"` // medians
	Error   string             `json:"error,omitempty"`
}

// outcome is a contest that was held.
type outcome struct {
	contest
	Results []result `json:"results"`
}

// hold runs the contestants in turn, that many rounds, every other one in the
// opposite order. A peer that fails drops out; without the zoo there is no contest.
func (c contest) hold(ctx context.Context, rounds int, progress func(string)) (outcome, error) {
	o := outcome{contest: c, Results: make([]result, len(c.entrants))}
	notes := make([]map[string][]float64, len(c.entrants))
	for i, e := range c.entrants {
		o.Results[i].Name, notes[i] = e.name, map[string][]float64{}
	}
	for round := range rounds {
		order := make([]int, len(c.entrants))
		for i := range order {
			order[i] = i
			if round%2 == 1 {
				order[i] = len(order) - 1 - i
			}
		}
		for _, i := range order {
			r := &o.Results[i]
			if r.Error != "" {
				continue
			}
			s, err := c.entrants[i].run(ctx)
			if ctx.Err() != nil {
				return o, ctx.Err()
			}
			if err != nil && i == 0 {
				return o, fmt.Errorf("bench: %s %s: %w", c.Comparison, r.Name, err)
			}
			if err != nil {
				r.Error, r.Samples = err.Error(), nil
				progress(fmt.Sprintf("%s failed: %v", r.Name, err))
				continue
			}
			r.Samples = append(r.Samples, s.value)
			for name, v := range s.notes {
				notes[i][name] = append(notes[i][name], v)
			}
			progress(fmt.Sprintf("%d/%d %s %s %s t=%d %s: %.5g %s", round+1, rounds, c.Comparison, c.Model, c.What, c.Threads, r.Name, s.value, c.Unit))
		}
	}
	for i := range o.Results {
		o.Results[i].sumUp(o.Results[0].Samples, c.less, notes[i])
	}
	return o, nil
}

// sumUp fills in what follows from the samples, against those of the zoo.
func (r *result) sumUp(zoo []float64, less bool, notes map[string][]float64) {
	if len(r.Samples) == 0 {
		return
	}
	better := func(zoo, peer float64) float64 {
		if less {
			return peer / zoo
		}
		return zoo / peer
	}
	r.Median = median(r.Samples)
	r.Ratio = better(median(zoo), r.Median)
	var each []float64
	for i := range min(len(zoo), len(r.Samples)) {
		each = append(each, better(zoo[i], r.Samples[i]))
	}
	r.Least, r.Most = slices.Min(each), slices.Max(each)
	for name, values := range notes {
		if r.Notes == nil {
			r.Notes = map[string]float64{}
		}
		r.Notes[name] = median(values)
	}
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}
