package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// writeTable writes the outcomes as a table of Markdown: a row a contest and peer.
func writeTable(w io.Writer, outcomes []outcome) error {
	var s strings.Builder
	s.WriteString("| comparison | model | what | threads | zoo | share of limit | peer | of peer | times better | in single rounds |\n")
	s.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, o := range outcomes {
		zoo := o.Results[0]
		lead := fmt.Sprintf("| %s | %s | %s | %d | %s | %s |", o.Comparison, o.Model, o.What, o.Threads, strings.TrimSpace(number(zoo.Median)+" "+o.Unit), shares(zoo.Notes))
		if len(o.Results) == 1 {
			fmt.Fprintf(&s, "%s – | | | |\n", lead)
		}
		for _, r := range o.Results[1:] {
			if r.Error != "" {
				fmt.Fprintf(&s, "%s %s | failed | | |\n", lead, r.Name)
				continue
			}
			fmt.Fprintf(&s, "%s %s | %s | **%.2f** | %.2f to %.2f |\n", lead, r.Name, number(r.Median), r.Ratio, r.Least, r.Most)
		}
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// number writes v with three or four digits that count.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// shares lists shares of limits, as "bandwidth 93 %".
func shares(notes map[string]float64) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(notes)) {
		list = append(list, fmt.Sprintf("%s %.0f %%", name, 100*notes[name]))
	}
	return strings.Join(list, ", ")
}
