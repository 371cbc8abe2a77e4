// Command zoo-serve serves models as zoo serve does, with its defaults, and sends traces to
// a collector.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/nlp-zoo/zoo/hatchling"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/otel"
	"github.com/nlp-zoo/zoo/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second signal ends what does not stop
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "zoo-serve:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string) (err error) {
	o := serve.Options{Card: hatchling.Card, Log: slog.Default()}
	flags := flag.NewFlagSet("zoo-serve", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen at")
	key := flags.String("api-key", os.Getenv("ZOO_API_KEY"), "key that requests must carry (better in ZOO_API_KEY)")
	flags.Func("model", "a model, as NAME=PATH (repeat for more; default: "+hatchling.Default+")", func(s string) error {
		name, path, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("it is not NAME=PATH")
		}
		o.Models = append(o.Models, serve.ModelSpec{Name: name, Path: path})
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if len(o.Models) == 0 {
		o.Models = []serve.ModelSpec{{Name: hatchling.Default, Path: hatchling.Default}}
	}
	if *key != "" {
		o.Keys = []string{*key}
	}
	end, err := otel.Start(ctx, o.Version)
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = errors.Join(err, end(last))
	}()
	s, err := serve.New(o)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	slog.Info("serving", "address", "http://"+l.Addr().String())
	return errors.Join(s.Run(ctx, l), s.Close())
}
