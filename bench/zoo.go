package main

import (
	"context"
	"fmt"
	"strconv"
)

// zoo is the zoo's own binary.
type zoo struct {
	path    string
	weights string // --weights
	fast    bool
}

// manner tells how the zoo runs where that is not as the file says.
func (z zoo) manner() string {
	s := ""
	if z.weights != "" {
		s = " as " + z.weights
	}
	if z.fast {
		s += " --fast"
	}
	return s
}

// report is the part of what zoo bench --json prints that is read here.
type report struct {
	Memory int `json:"peak_rss"`
	Tests  []struct {
		Name string `json:"name"`
		Rate struct {
			Median float64 `json:"median"`
		} `json:"tokens_per_sec"`
		Bandwidth float64 `json:"bandwidth_share"`
		Peak      float64 `json:"peak_share"`
		PeakKind  string  `json:"peak_kind"`
	} `json:"tests"`
}

// bench runs zoo bench.
func (z zoo) bench(ctx context.Context, model string, threads int, args ...string) (report, error) {
	all := append([]string{"bench", model, "--json", "-t", strconv.Itoa(threads)}, args...)
	if z.weights != "" {
		all = append(all, "--weights", z.weights)
	}
	if z.fast {
		all = append(all, "--fast")
	}
	d, err := execute(ctx, nil, z.path, all...)
	if err != nil {
		return report{}, err
	}
	var r report
	if err := decodeFrom(d.stdout, "{", &r); err != nil {
		return r, fmt.Errorf("%s: %w", z.path, err)
	}
	if len(r.Tests) == 0 {
		return r, fmt.Errorf("%s: it measured nothing", z.path)
	}
	return r, nil
}

// rate measures the one test that args ask for, with its share of the bandwidth or of
// the peak.
func (z zoo) rate(model string, threads int, limit string, args ...string) contestant {
	return contestant{"zoo", func(ctx context.Context) (sample, error) {
		r, err := z.bench(ctx, model, threads, args...)
		if err != nil {
			return sample{}, err
		}
		t := r.Tests[0]
		notes := map[string]float64{}
		switch {
		case limit == "bandwidth":
			notes["bandwidth"] = t.Bandwidth
		case t.Peak > 0:
			notes[t.PeakKind] = t.Peak
		}
		return sample{t.Rate.Median, notes}, nil
	}}
}
