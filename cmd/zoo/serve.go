package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/serve"
)

// server is one call of zoo serve: its settings.
type server struct {
	g *global
	o serve.Options

	addr, config      string
	models, adapters  []string
	folder            string
	keyFile           string
	cache             string
	logForm, logLevel string
	memory, maxBody   byteSize
	prefix            byteSize
	maxBodies         byteSize
}

func serveCommand(g *global) *cobra.Command {
	s := &server{g: g, o: serve.Defaults()}
	c := &cobra.Command{
		Use:   "serve [MODEL...]",
		Short: "Serve models over HTTP",
		Long: "Answer requests over HTTP, in the dialects that clients of OpenAI, Anthropic, Ollama, text-embeddings-inference\n" +
			"and llama-server speak, and with a web page. Without MODEL, the models that come with the command are served.\n\n" +
			"Each flag is also a variable of the environment, ZOO_MAX_BODY for --max-body, and a key of the file that --config\n" +
			"names, max-body. The command line goes before the environment, and that before the file.",
		Example: "  zoo serve\n  zoo serve ./llama-3.2-1b.gguf --addr 127.0.0.1:8080\n  ZOO_API_KEY=secret zoo serve --config zoo.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			if err := configure(c.Flags(), s.configFile(), os.LookupEnv); err != nil {
				return err
			}
			return s.serve(c.Context(), c, args)
		},
	}
	s.flags(c.Flags())
	return c
}

// configFile returns the file of settings that the command line or the environment names.
func (s *server) configFile() string {
	if s.config == "" {
		s.config = os.Getenv(envName("config"))
	}
	return s.config
}

func (s *server) flags(f *pflag.FlagSet) {
	s.memory, s.maxBody, s.maxBodies, s.prefix = byteSize(s.o.Memory), byteSize(s.o.MaxBody), byteSize(s.o.MaxBodies), byteSize(s.o.Prefix)
	f.StringVar(&s.addr, "addr", "127.0.0.1:8080", "address to listen at; 0.0.0.0:8080 for all of the network")
	f.StringVar(&s.config, "config", "", "YAML file of settings")

	f.StringArrayVarP(&s.models, "model", "m", nil, "a model, as NAME=PATH or PATH (repeat for more)")
	f.StringVar(&s.folder, "models", "", "serve every model in this folder")
	f.StringArrayVar(&s.adapters, "adapter", nil, "a LoRA adapter as a model of its own, NAME=DIR[@BASE] (repeat for more; without BASE, of the default model)")
	f.StringVar(&s.o.Default, "default", "", "the model that a request means which names none (default: the first)")
	f.StringVar(&s.o.Weights, "weights", "", "bring the matrices into this form, as of zoo run (default: that of the file)")
	f.BoolVar(&s.o.Fast, "fast", false, "multiply bf16 matrices by the processor's own instruction, which rounds unlike float32")
	f.BoolVar(&s.o.Preload, "preload", false, "open the default model at once, and be ready only then")
	f.Var(&s.memory, "memory", "memory for weights and caches (default: four fifths of the machine's, or of the control group's)")
	f.DurationVar(&s.o.KeepAlive, "keep-alive", s.o.KeepAlive, "time that a model stays open unused; negative: for good")
	f.DurationVar(&s.o.LoadWait, "load-wait", s.o.LoadWait, "time that a request waits for memory that models in use hold")

	f.IntVar(&s.o.Rows, "rows", s.o.Rows, "texts that a model writes at once")
	f.IntVar(&s.o.Room, "room", 0, "most tokens of a text, prompt included (default: the model's context, but not over 8192)")
	f.StringVar(&s.cache, "cache-type", "f32", "keep keys and values of the past as f32, f16, bf16 or q8_0: less memory, other rounding")
	f.Var(&s.prefix, "prefix-cache", "memory in which a model keeps what it has read, for texts that begin alike; 0 for none")
	f.IntVar(&s.o.Queue, "queue", s.o.Queue, "requests that wait for a model; more are told to come back (503)")
	f.IntVar(&s.o.MaxChoices, "max-choices", s.o.MaxChoices, "most texts for one request: n and best_of")
	f.DurationVar(&s.o.Deadline, "deadline", s.o.Deadline, "time for a request, its wait included; 0 for any")
	f.DurationVar(&s.o.Drain, "drain", s.o.Drain, "time for live requests to end in, once the server is told to end")

	f.StringArrayVar(&s.o.Keys, "api-key", nil, "key that requests must carry (repeat for more); better in ZOO_API_KEY or --api-key-file, which other users do not see")
	f.StringVar(&s.keyFile, "api-key-file", "", "file of keys, one a line")
	f.StringSliceVar(&s.o.Hosts, "hosts", nil, "names that the server answers for, beside this machine's own; * for any")
	f.StringSliceVar(&s.o.Origins, "origins", nil, "origins whose pages may call, such as https://app.example; * for any")
	f.StringVar(&s.o.Cert, "tls-cert", "", "file of the certificate to speak TLS with; it is read again when it changes")
	f.StringVar(&s.o.CertKey, "tls-key", "", "file of its key")

	f.Var(&s.maxBody, "max-body", "largest body of a request")
	f.Var(&s.maxBodies, "max-bodies", "most memory for the bodies of all requests at once")
	f.IntVar(&s.o.MaxHeader, "max-header", s.o.MaxHeader, "largest header of a request, in bytes")
	f.IntVar(&s.o.MaxConns, "max-conns", s.o.MaxConns, "most connections, and most requests, at once")
	f.DurationVar(&s.o.HeaderTimeout, "header-timeout", s.o.HeaderTimeout, "time for a header to come")
	f.DurationVar(&s.o.BodyTimeout, "body-timeout", s.o.BodyTimeout, "time for a body to come")
	f.DurationVar(&s.o.WriteTimeout, "write-timeout", s.o.WriteTimeout, "time for a part of an answer to be taken")
	f.DurationVar(&s.o.Heartbeat, "heartbeat", s.o.Heartbeat, "time between signs of life in a stream of events; 0 for none")

	f.StringVar(&s.logForm, "log-format", "text", "text or json")
	f.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	f.BoolVar(&s.o.LogText, "log-text", false, "have prompts and what is written in the log, too")
	f.BoolVar(&s.o.Pprof, "pprof", false, "serve /debug/pprof/")
}

// serve serves until ctx ends.
func (s *server) serve(ctx context.Context, c *cobra.Command, args []string) error {
	// Most of the heap are keys and values, in which there is nothing to look for: to
	// collect often costs little, and memory stays near what is in use.
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(25)
	}
	if err := s.finish(c, args); err != nil {
		return err
	}
	srv, err := serve.New(s.o)
	if err != nil {
		return usageError{err}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return errors.Join(fmt.Errorf("serve: --addr: %w", err), srv.Close())
	}
	scheme := "http"
	if s.o.Cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(c.ErrOrStderr(), "zoo: %d models at %s://%s\n", len(s.o.Models), scheme, l.Addr())
	return errors.Join(srv.Run(ctx, l), srv.Close())
}

// finish makes options of the settings that are none yet.
func (s *server) finish(c *cobra.Command, args []string) error {
	if s.g.threads > 0 { // it may be of the file
		parallel.SetThreads(s.g.threads)
	}
	var err error
	if s.o.Models, err = s.specs(args); err != nil {
		return err
	}
	if s.o.CacheForm, err = cacheForm("serve", s.cache); err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return usagef("serve: --log-level: %q is not debug, info, warn or error", s.logLevel)
	}
	logOptions := &slog.HandlerOptions{Level: level}
	switch s.logForm {
	case "text":
		s.o.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), logOptions))
	case "json":
		s.o.Log = slog.New(slog.NewJSONHandler(c.ErrOrStderr(), logOptions))
	default:
		return usagef("serve: --log-format: %q is not text or json", s.logForm)
	}
	if s.keyFile != "" {
		if err := s.readKeys(); err != nil {
			return err
		}
	}
	for _, d := range []struct {
		given *time.Duration
		zero  time.Duration // what 0 means, which stands for the default in Options
	}{{&s.o.KeepAlive, 1}, {&s.o.LoadWait, 1}, {&s.o.Drain, 1}, {&s.o.Heartbeat, -1}, {&s.o.Deadline, math.MaxInt64}} {
		if *d.given == 0 {
			*d.given = d.zero
		}
	}
	if s.o.Prefix = int64(s.prefix); s.prefix == 0 {
		s.o.Prefix = -1
	}
	s.o.Memory, s.o.MaxBody, s.o.MaxBodies = int64(s.memory), int64(s.maxBody), int64(s.maxBodies)
	s.o.Card, s.o.Version = hatchling.Card, buildVersion()
	return nil
}

// readKeys adds the keys of a file, one a line; empty lines and those that begin with #
// are none.
func (s *server) readKeys() error {
	f, err := os.Open(s.keyFile)
	if err != nil {
		return fmt.Errorf("serve: --api-key-file: %w", err)
	}
	defer f.Close()
	before := len(s.o.Keys)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key := strings.TrimSpace(lines.Text()); key != "" && key[0] != '#' {
			s.o.Keys = append(s.o.Keys, key)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("serve: --api-key-file: %s: %w", s.keyFile, err)
	}
	if len(s.o.Keys) == before { // the server would be open to all
		return usagef("serve: --api-key-file: %s: there is no key in it", s.keyFile)
	}
	return nil
}
