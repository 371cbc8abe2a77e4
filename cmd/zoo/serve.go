package main

import (
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve"
)

func serveCommand(*global) *cobra.Command {
	var o serve.Options
	var addr string
	var models []string
	var w weightFlags
	c := &cobra.Command{
		Use:   "serve [MODEL...]",
		Short: "Serve models over HTTP",
		Long: "Answer requests over HTTP, in the dialects that clients of OpenAI, Anthropic, Ollama, text-embeddings-inference\n" +
			"and llama-server speak, and with a web page. Without MODEL, the models that come with the command are served.",
		Example: "  zoo serve\n  zoo serve ./llama-3.2-1b.gguf --addr 127.0.0.1:8080",
		RunE: func(c *cobra.Command, args []string) error {
			specs, err := modelSpecs(append(args, models...))
			if err != nil {
				return err
			}
			o.Models, o.Weights, o.Fast, o.Card, o.Version = specs, w.form, w.fast, hatchling.Card, buildVersion()
			o.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
			s, err := serve.New(o)
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", addr)
			if err != nil {
				return fmt.Errorf("serve: --addr: %w", err)
			}
			fmt.Fprintf(c.ErrOrStderr(), "zoo: serving at http://%s\n", l.Addr())
			err = s.Run(c.Context(), l)
			if e := s.Close(); err == nil {
				err = e
			}
			return err
		},
	}
	f := c.Flags()
	w.add(c)
	f.StringVar(&addr, "addr", "127.0.0.1:8080", "address to listen at")
	f.StringArrayVarP(&models, "model", "m", nil, "a model, as NAME=PATH or PATH (repeat for more)")
	f.StringArrayVar(&o.Keys, "api-key", nil, "key that requests must carry (repeat for more)")
	f.DurationVar(&o.Drain, "drain", 0, "time for live requests to end in")
	return c
}

// modelSpecs reads what models are to be served: those embedded if none is named.
func modelSpecs(args []string) ([]serve.ModelSpec, error) {
	if len(args) == 0 {
		args = []string{hatchling.Default}
		for _, name := range model.Embedded() {
			if name != hatchling.Default {
				args = append(args, name)
			}
		}
	}
	var specs []serve.ModelSpec
	for _, arg := range args {
		name, path, named := strings.Cut(arg, "=")
		if !named {
			path = arg
			name = modelName(arg)
		}
		if name == "" || path == "" {
			return nil, usagef("serve: --model: %q is neither PATH nor NAME=PATH", arg)
		}
		specs = append(specs, serve.ModelSpec{Name: name, Path: path})
	}
	return specs, nil
}

// modelName returns the name of the model at a path: that of its file or folder.
func modelName(path string) string {
	for _, name := range model.Embedded() {
		if name == path {
			return name
		}
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return strings.TrimSuffix(filepath.Base(path), ".gguf")
}
