// Command zoo opens language models and runs them on the CPU.
//
// Each subcommand is one file here: its flags, what it prints, its exit code.
// The work itself is done by the packages below.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/internal/parallel"
	_ "github.com/nlp-zoo/zoo/models/all"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second signal ends what does not stop
	os.Exit(run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// stdio is where a command reads and writes, so that tests can stand in.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is a mistake in how the command was called.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, io stdio) int {
	root := newRoot(io)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	line := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
	fmt.Fprintln(io.err, "zoo: "+strings.TrimPrefix(line, "zoo: "))
	var usage usageError
	if errors.As(err, &usage) || strings.HasPrefix(line, "unknown command") {
		return exitUsage
	}
	return exitFailed
}

// flags that every command has.
type global struct {
	threads int
	json    bool
}

func newRoot(io stdio) *cobra.Command {
	g := &global{}
	root := &cobra.Command{
		Use:           "zoo",
		Short:         "Language models on the CPU: open them, run them, look inside",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if g.threads < 0 {
				return usagef("--threads: %d is negative", g.threads)
			}
			if g.threads > 0 {
				parallel.SetThreads(g.threads)
			}
			return nil
		},
	}
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().IntVarP(&g.threads, "threads", "t", 0, "threads to compute with (default: this machine's share)")
	root.PersistentFlags().BoolVar(&g.json, "json", false, "print JSON")
	for _, add := range []func(*global) *cobra.Command{
		listCommand, showCommand, tokenizeCommand, detokenizeCommand, forwardCommand, runCommand, infillCommand,
		fillCommand, classifyCommand, tagCommand, findCommand, embedCommand, rerankCommand, translateCommand, summarizeCommand, scoreCommand,
		convertCommand, packCommand, benchCommand, tokenizerCommand, trainCommand,
		serveCommand, versionCommand,
	} {
		c := add(g)
		c.Args = usageArgs(c.Args)
		root.AddCommand(c)
	}
	return root
}

// usageArgs makes a wrong number of arguments a mistake of usage.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(c, args); err != nil {
			return usagef("%s: %w (see zoo %s --help)", c.Name(), err, c.Name())
		}
		return nil
	}
}
