package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// translate compares encoder-decoders: texts a second, each read once and answered by
// a number of tokens.
func translate(ctx context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found([]string{"t5-small"})
	var scripts []*script
	n, p := strconv.Itoa(s.generate), strconv.Itoa(s.prompt.orElse(128)[0])
	for _, path := range paths {
		for _, t := range s.threads {
			c := contest{"translate", filepath.Base(path), p + " to " + n + " tokens", t, "texts/s", false, []contestant{s.texts(path, t, p, n)}}
			if (len(s.peers) == 0 || slices.Contains(s.peers, "torch")) && has(ctx, s.python, "torch") {
				peer := newScript(s.python, "translate.py", path, strconv.Itoa(t))
				scripts = append(scripts, peer)
				c.entrants = append(c.entrants, peer.asking("torch", p+" "+n+" 3"))
			}
			all = append(all, c)
		}
	}
	return all, closeAll(scripts), err
}

// texts measures the zoo: the time to read a source and to write a target.
func (s *settings) texts(path string, t int, p, n string) contestant {
	return contestant{"zoo", func(ctx context.Context) (sample, error) {
		r, err := s.zoo.bench(ctx, path, t, "-p", p, "-n", n, "-r", "3")
		if err != nil {
			return sample{}, err
		}
		seconds := 0.0
		for _, x := range r.Tests {
			tokens := p
			if strings.HasPrefix(x.Name, "dec") {
				tokens = n
			}
			count, err := strconv.Atoi(tokens)
			if err != nil {
				return sample{}, err
			}
			seconds += float64(count) / x.Rate.Median
		}
		return sample{value: 1 / seconds}, nil
	}}
}

// prompt32 has 32 tokens for the vocabulary that is made up with random weights.
const prompt32 = "The quick brown fox jumps over the lazy dog, it is so"

// once returns how a contestant writes one token after a prompt.
type once func(model string, t int) (program string, args []string)

func (s *settings) zooOnce(model string, t int) (string, []string) {
	args := []string{"run", model, prompt32, "-n", "1", "--temperature", "0", "--raw", "-t", strconv.Itoa(t)}
	if s.zoo.weights != "" {
		args = append(args, "--weights", s.zoo.weights)
	}
	return s.zoo.path, args
}

// once has a context of 512 positions, and no warm-up: what a user waits for.
func (l *llama) once(model string, t int) (string, []string) {
	args := []string{"-m", model, "-p", prompt32, "-n", "1", "--no-warmup", "-c", "512", "--temp", "0", "-t", strconv.Itoa(t)}
	if _, err := os.Stat(l.program("llama-completion")); err == nil {
		return l.program("llama-completion"), append(args, "-no-cnv")
	}
	return l.program("llama-cli"), args // older builds, and the fork
}

// start compares the time from the start of a process to its end after one token.
func start(_ context.Context, s *settings) ([]contest, func(), error) {
	return s.whole("start", "32 tokens and one", "ms", func(d done) (float64, error) { return float64(d.wall.Microseconds()) / 1e3, nil })
}

// memory compares the most memory that such a process has.
func memory(_ context.Context, s *settings) ([]contest, func(), error) {
	return s.whole("memory", "32 tokens and one", "MiB", func(d done) (float64, error) {
		if d.memory == 0 {
			return 0, errors.New("this system does not tell the memory of a process")
		}
		return float64(d.memory) / (1 << 20), nil
	})
}

// whole compares whole processes.
func (s *settings) whole(comparison, what, unit string, value func(done) (float64, error)) (all []contest, closing func(), err error) {
	paths, err := s.found(decoders)
	for _, path := range paths {
		for _, t := range s.threads {
			entrant := func(name string, call once) contestant {
				return contestant{name, func(ctx context.Context) (sample, error) {
					program, args := call(path, t)
					d, err := execute(ctx, nil, program, args...)
					if err != nil {
						return sample{}, err
					}
					v, err := value(d)
					return sample{value: v}, err
				}}
			}
			all = append(all, contest{
				comparison, filepath.Base(path), what, t, unit, true,
				s.perLlama(entrant("zoo", s.zooOnce), func(l *llama) contestant { return entrant(l.name, l.once) }),
			})
		}
	}
	return all, none, err
}
