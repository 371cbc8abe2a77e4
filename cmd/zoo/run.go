package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tensor"
)

// runner is one call of zoo run.
type runner struct {
	g         *global
	o         generate.Options
	system    string
	tokenizer string
	weights   weightFlags
	cache     string // form of the cache
	raw       bool
	echo, ids bool
	verbose   bool
	guess     speculation

	m    *model.Model
	chat *chat.Template // nil: plain continuation
	out  io.Writer
}

func runCommand(g *global) *cobra.Command {
	r := &runner{g: g}
	c := &cobra.Command{
		Use:   "run [MODEL] [PROMPT]",
		Short: "Write text: continue a prompt, answer it, or chat",
		Long: "Stream what the model writes after PROMPT. A model with a chat template answers PROMPT as a message; --raw\n" +
			"continues it as text. PROMPT - reads standard input; \"\" begins from the beginning-of-text token alone.\n" +
			"Without PROMPT: a chat if this is a terminal, else as \"\". Without MODEL too, " + hatchling.Default + " writes, a model\n" +
			"that comes with the command.",
		Example: "  zoo run\n  zoo run ./gpt2 \"Once upon a time\" -n 50 --temperature 0.8 --seed 7",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			alone := len(args) == 0
			if alone {
				args = []string{hatchling.Default}
			}
			if err := r.open(c, args[0]); err != nil {
				return err
			}
			defer r.close(c.ErrOrStderr())
			if len(args) == 1 && !alone && r.interactive(c.InOrStdin()) {
				return r.converse(c.Context(), c.InOrStdin())
			}
			prompt, err := promptOf(c.InOrStdin(), args[1:])
			if err != nil {
				return err
			}
			return r.once(c.Context(), prompt, len(args) > 1)
		},
	}
	f := c.Flags()
	f.StringVar(&r.system, "system", "", "system message of a chat")
	f.BoolVar(&r.raw, "raw", false, "no chat template: continue the prompt as it is")
	f.BoolVar(&r.echo, "echo", false, "print the prompt first")
	r.flags(c)
	return c
}

// flags adds those that every command has which writes texts.
func (r *runner) flags(c *cobra.Command) {
	f := c.Flags()
	r.weights.add(c)
	f.IntVarP(&r.o.MaxTokens, "max-tokens", "n", 0, "end after that many tokens")
	f.Float64Var(&r.o.Temperature, "temperature", 0, "0 takes the likeliest token each time (default: the checkpoint's)")
	f.IntVar(&r.o.TopK, "top-k", 0, "sample from the k likeliest tokens")
	f.Float64Var(&r.o.TopP, "top-p", 0, "sample from the likeliest tokens of this total probability")
	f.Float64Var(&r.o.MinP, "min-p", 0, "leave out tokens below this part of the likeliest one's probability")
	f.Float64Var(&r.o.Typical, "typical", 0, "locally typical sampling")
	f.Float64Var(&r.o.RepetitionPenalty, "repeat-penalty", 0, "penalty on tokens that were there before; 1 is none")
	f.Float64Var(&r.o.PresencePenalty, "presence-penalty", 0, "taken from the score of every token written before")
	f.Float64Var(&r.o.FrequencyPenalty, "frequency-penalty", 0, "the same, for each time it was written")
	f.Uint64Var(&r.o.Seed, "seed", 0, "same seed, same text")
	f.StringArrayVar(&r.o.Stop, "stop", nil, "end before this text (repeat for more)")
	f.IntVar(&r.o.Beams, "beams", 0, "beam search with that many beams")
	f.StringVar(&r.tokenizer, "tokenizer", "", "tokenizer file or folder, if it is not beside the model")
	f.BoolVar(&r.ids, "ids", false, "print token ids instead of text")
	f.BoolVarP(&r.verbose, "verbose", "v", false, "tell in the end how many guesses were right")
	f.StringVar(&r.cache, "cache-type", "f32", "keep keys and values of the past as f32, f16, bf16 or q8_0: less memory, other rounding")
	r.guess.flags(f)
}

// close ends what open began.
func (r *runner) close(w io.Writer) {
	if r.verbose {
		r.guess.report(w)
	}
	r.guess.close()
	r.m.Close()
}

func (r *runner) open(c *cobra.Command, path string) error {
	form, err := cacheForm("run", r.cache)
	if err != nil {
		return err
	}
	options := r.weights.options()
	if r.tokenizer != "" {
		options = append(options, model.Tokenizer(r.tokenizer))
	}
	m, err := model.Open(path, options...)
	if err != nil {
		return err
	}
	r.m, r.out = m, c.OutOrStdout()
	r.o = merge(task.Options(m), r.o, c.Flags().Changed)
	r.o.CacheForm = form
	if r.o.Speculation, err = r.guess.open(m); err != nil {
		return errors.Join(err, r.guess.close(), m.Close())
	}
	if r.raw {
		return nil
	}
	r.chat, err = task.Template(m)
	if errors.Is(err, chat.ErrNoTemplate) {
		if r.system != "" {
			return errors.Join(usagef("run: --system: %s has no chat template", path), m.Close())
		}
		return nil
	}
	if err != nil {
		return errors.Join(err, m.Close())
	}
	return nil
}

// cacheForm returns the form that a command's --cache-type names.
func cacheForm(command, name string) (tensor.DType, error) {
	form, ok := tensor.ParseDType(strings.ToUpper(name))
	if !ok || !tensor.CacheForm(form) {
		return 0, usagef("%s: --cache-type: %q is not f32, f16, bf16 or q8_0", command, name)
	}
	return form, nil
}

// merge takes from flags what was given on the command line, and the rest from o.
func merge(o, flags generate.Options, given func(string) bool) generate.Options {
	for name, set := range map[string]func(){
		"max-tokens":        func() { o.MaxTokens = flags.MaxTokens },
		"temperature":       func() { o.Temperature = flags.Temperature },
		"top-k":             func() { o.TopK = flags.TopK },
		"top-p":             func() { o.TopP = flags.TopP },
		"min-p":             func() { o.MinP = flags.MinP },
		"typical":           func() { o.Typical = flags.Typical },
		"repeat-penalty":    func() { o.RepetitionPenalty = flags.RepetitionPenalty },
		"presence-penalty":  func() { o.PresencePenalty = flags.PresencePenalty },
		"frequency-penalty": func() { o.FrequencyPenalty = flags.FrequencyPenalty },
		"seed":              func() { o.Seed = flags.Seed },
		"stop":              func() { o.Stop = flags.Stop },
		"beams":             func() { o.Beams = flags.Beams },
	} {
		if given(name) {
			set()
		}
	}
	if given("beams") && !given("temperature") {
		o.Temperature = 0 // beam search does not sample
	}
	return o
}

func promptOf(in io.Reader, args []string) (string, error) {
	if len(args) == 0 || args[0] != "-" {
		return strings.Join(args, ""), nil
	}
	text, err := io.ReadAll(in)
	return string(text), err
}

// interactive tells whether a person sits there and the model can talk.
func (r *runner) interactive(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// once writes one text. Given is false where there was no prompt at all.
func (r *runner) once(ctx context.Context, prompt string, given bool) error {
	var ids []int32
	var err error
	if r.chat != nil && given && prompt != "" {
		ids, err = task.ChatPrompt(ctx, r.m, r.chat, r.opening(prompt))
	} else {
		ids, err = task.Prompt(r.m, prompt)
	}
	if err != nil {
		return err
	}
	if r.echo && !r.g.json {
		fmt.Fprint(r.out, prompt)
	}
	_, err = r.write(ctx, ids)
	return err
}

func (r *runner) opening(prompt string) []chat.Message {
	var messages []chat.Message
	if r.system != "" {
		messages = append(messages, chat.Message{Role: "system", Content: r.system})
	}
	return append(messages, chat.Message{Role: "user", Content: prompt})
}

// write streams what follows the prompt and returns its text.
func (r *runner) write(ctx context.Context, prompt []int32) (string, error) {
	w := bufio.NewWriter(r.out)
	var text strings.Builder
	var ids []int32
	var finish generate.FinishReason
	for t, err := range generate.Generate(ctx, r.m.Net, r.m.Tokenizer, prompt, r.o) {
		if errors.Is(err, context.Canceled) {
			break // Ctrl-C ends the text, not in error
		}
		if err != nil {
			return "", errors.Join(w.Flush(), err)
		}
		ids, finish = append(ids, t.ID), t.Finish
		r.guess.count(t)
		text.WriteString(t.Text)
		switch {
		case r.g.json:
			continue
		case r.ids && len(ids) > 1:
			fmt.Fprintf(w, " %d", t.ID)
		case r.ids:
			fmt.Fprint(w, t.ID)
		default:
			fmt.Fprint(w, t.Text)
		}
		if err := w.Flush(); err != nil {
			return "", err
		}
	}
	if r.g.json {
		return text.String(), writeJSON(r.out, struct {
			Text   string                `json:"text"`
			IDs    []int32               `json:"ids"`
			Prompt int                   `json:"prompt_tokens"`
			Finish generate.FinishReason `json:"finish_reason"`
			Guess  int                   `json:"guesses,omitempty"`
			Right  int                   `json:"guesses_right,omitempty"`
		}{text.String(), ids, len(prompt), finish, r.guess.guesses, r.guess.right})
	}
	_, err := fmt.Fprintln(r.out)
	return text.String(), err
}

// converse is a chat on the terminal: a line in, an answer out, until the input
// ends. A model without a chat template continues each line by itself.
func (r *runner) converse(ctx context.Context, in io.Reader) error {
	var messages []chat.Message
	if r.system != "" {
		messages = r.opening("")[:1]
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for fmt.Fprint(r.out, "> "); lines.Scan() && ctx.Err() == nil; fmt.Fprint(r.out, "> ") {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if r.chat == nil {
			if err := r.once(ctx, line, true); err != nil {
				return err
			}
			continue
		}
		messages = append(messages, chat.Message{Role: "user", Content: line})
		ids, err := task.ChatPrompt(ctx, r.m, r.chat, messages)
		if err != nil {
			return err
		}
		answer, err := r.write(ctx, ids)
		if err != nil {
			return err
		}
		messages = append(messages, chat.Message{Role: "assistant", Content: answer})
	}
	fmt.Fprintln(r.out)
	return lines.Err()
}
