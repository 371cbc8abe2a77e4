package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nlp-zoo/zoo/tensor"
)

// Options say what a server serves, to whom, and within what limits. The zero value of
// a limit stands for what [Defaults] has.
type Options struct {
	Models  []ModelSpec // what it serves, each under its name
	Default string      // the name that stands for none; "": the first of Models
	Weights string      // the form that matrices are brought into, see model.Weights; "": that of the file
	Fast    bool        // see model.Fast

	Keys    []string // API keys; with any, every route but the probes wants one
	Hosts   []string // names that requests may be for, beside those of the machine itself; "*": any
	Origins []string // origins whose pages may call, beside the server's own; "*": any

	Cert    string // file of the certificate to speak TLS with; "": no TLS
	CertKey string // file of its key

	MaxBody       int64         // bytes of a body
	MaxBodies     int64         // bytes of all bodies at once
	MaxHeader     int           // bytes of a request's header
	MaxChoices    int           // n and best_of
	MaxConns      int           // connections, and requests, at once
	Rows          int           // texts that a model writes at once
	Room          int           // tokens of a row; 0: the model's context, or 8192 where it has more
	Prefix        int64         // bytes of keys and values that a model keeps of texts that are over; below 0: none
	CacheForm     tensor.DType  // what keys and values are kept as: F32, F16, BF16 or Q8_0
	Queue         int           // requests that wait for a row; past it 503
	Deadline      time.Duration // for a request, its wait in the queue included
	HeaderTimeout time.Duration // for a header to come
	BodyTimeout   time.Duration // for a body to come
	WriteTimeout  time.Duration // for a part of an answer to be taken
	Heartbeat     time.Duration // between signs of life in a stream of events
	Drain         time.Duration // for live requests to end, once the server has been told to

	Memory    int64         // bytes of weights and caches
	KeepAlive time.Duration // that a model stays open unused; negative: for good
	LoadWait  time.Duration // that a request waits for memory that others use
	Preload   bool          // open the default model at once, and be ready only then

	LogText bool                     // have prompts and what is written in the log, too
	Pprof   bool                     // serve /debug/pprof/
	Card    func(name string) string // the card of a model, as Markdown, or ""
	Version string
	Log     *slog.Logger // nil: slog.Default()
}

// A ModelSpec is a model that a server can open.
type ModelSpec struct {
	Name    string
	Path    string // see model.Open
	Adapter string // a folder of PEFT's files, or ""
	Base    string // the name of the model whose weights the adapter changes
}

// Defaults returns the options that stand for zeros.
func Defaults() Options {
	return Options{
		MaxBody: 16 << 20, MaxBodies: 512 << 20, MaxHeader: 64 << 10, MaxChoices: 16, MaxConns: 1024,
		Rows: 8, Queue: 256, Prefix: 256 << 20,
		Deadline: 10 * time.Minute, HeaderTimeout: 10 * time.Second, BodyTimeout: time.Minute, WriteTimeout: 30 * time.Second,
		Heartbeat: 15 * time.Second, Drain: 30 * time.Second,
		KeepAlive: 5 * time.Minute, LoadWait: 30 * time.Second,
		Version: "unknown",
	}
}

// fill puts defaults in place of zeros.
func (o *Options) fill() {
	d := Defaults()
	or(&o.MaxBody, d.MaxBody)
	or(&o.MaxBodies, d.MaxBodies)
	or(&o.MaxHeader, d.MaxHeader)
	or(&o.MaxChoices, d.MaxChoices)
	or(&o.MaxConns, d.MaxConns)
	or(&o.Rows, d.Rows)
	or(&o.Queue, d.Queue)
	or(&o.Prefix, d.Prefix)
	or(&o.Deadline, d.Deadline)
	or(&o.HeaderTimeout, d.HeaderTimeout)
	or(&o.BodyTimeout, d.BodyTimeout)
	or(&o.WriteTimeout, d.WriteTimeout)
	or(&o.Heartbeat, d.Heartbeat)
	or(&o.Drain, d.Drain)
	or(&o.KeepAlive, d.KeepAlive)
	or(&o.LoadWait, d.LoadWait)
	or(&o.Version, d.Version)
	or(&o.Log, slog.Default())
	if o.Memory == 0 {
		o.Memory = memory()
	}
	o.Prefix = max(-1, min(o.Prefix, o.Memory/8)) // so that a small memory has room for models
	if o.Default == "" && len(o.Models) > 0 {
		o.Default = o.Models[0].Name
	}
}

// or puts other in the place of a zero.
func or[T comparable](v *T, other T) {
	var zero T
	if *v == zero {
		*v = other
	}
}

// check refuses options that make no sense.
func (o *Options) check() error {
	for _, v := range []struct {
		name string
		n    int64
	}{
		{"max-body", o.MaxBody}, {"max-bodies", o.MaxBodies}, {"max-header", int64(o.MaxHeader)}, {"max-choices", int64(o.MaxChoices)}, {"max-conns", int64(o.MaxConns)},
		{"rows", int64(o.Rows)}, {"room", int64(o.Room)}, {"queue", int64(o.Queue)}, {"deadline", int64(o.Deadline)},
		{"header-timeout", int64(o.HeaderTimeout)}, {"body-timeout", int64(o.BodyTimeout)}, {"write-timeout", int64(o.WriteTimeout)},
		{"drain", int64(o.Drain)}, {"memory", o.Memory}, {"load-wait", int64(o.LoadWait)},
	} {
		if v.n < 0 {
			return fmt.Errorf("serve: %s: negative", v.name)
		}
	}
	if (o.Cert == "") != (o.CertKey == "") {
		return errors.New("serve: cert: a certificate and its key are given together")
	}
	for i, k := range o.Keys {
		if k == "" {
			return fmt.Errorf("serve: keys: number %d is empty", i+1)
		}
	}
	return nil
}
