package main

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
)

// trainings are the configs that steps of training are compared on, with rows and
// tokens, and how many steps make a sample.
var trainings = []struct {
	config            string
	rows, tokens, few int
}{{"train-gpt2", 4, 256, 3}, {"train-bert-base", 8, 128, 3}, {"train-t5-small", 8, 128, 5}, {"train-hatchling", 16, 128, 20}}

// train compares steps of training, and then the memory that they take.
func train(ctx context.Context, s *settings) (all []contest, closing func(), err error) {
	var scripts []*script
	var memory []contest
	for _, c := range trainings {
		path := filepath.Join("config", c.config+".json")
		if len(s.models) > 0 && !strings.Contains(s.models.String(), strings.TrimPrefix(c.config, "train-")) {
			continue
		}
		rows, tokens, few := strconv.Itoa(c.rows), strconv.Itoa(c.tokens), strconv.Itoa(c.few)
		for _, t := range s.threads {
			what := rows + "x" + tokens
			args := []string{"--train", "-p", tokens, "--batch", rows, "-r"}
			options := []string{path, strconv.Itoa(t)}
			if s.dropout {
				args, options, what = append([]string{"--dropout"}, args...), append(options, "--dropout"), what+" dropout"
			}
			speed := contest{"train", c.config, what, t, "tokens/s", false, []contestant{s.zoo.rate(path, t, "peak", append(args, few)...)}}
			room := contest{"train memory", c.config, what, t, "MiB", true, []contestant{s.zoo.memory(path, t, append(args, "1")...)}}
			if has(ctx, s.python, "torch") {
				torch := newScript(s.python, "train_torch.py", options...)
				scripts = append(scripts, torch)
				speed.entrants = append(speed.entrants, torch.asking("torch", strings.Join([]string{rows, tokens, few}, " ")))
				room.entrants = append(room.entrants, torch.asking("torch", strings.Join([]string{rows, tokens, "1", "memory"}, " ")))
			}
			all, memory = append(all, speed), append(memory, room)
		}
	}
	return append(all, memory...), closeAll(scripts), nil
}

// memory measures the most memory that a test of zoo bench took.
func (z zoo) memory(model string, threads int, args ...string) contestant {
	return contestant{"zoo", func(ctx context.Context) (sample, error) {
		r, err := z.bench(ctx, model, threads, args...)
		return sample{value: float64(r.Memory) / (1 << 20)}, err
	}}
}
