package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Run serves on l until ctx ends. Then requests that come are told so, while those under
// way may end, for Options.Drain at most; what is left is cut off. It closes l, and
// returns when nothing is under way any more: then [Server.Close] may be called.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	base, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	h := &http.Server{
		Handler: s, ReadHeaderTimeout: s.o.HeaderTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: s.o.MaxHeader,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	l = limitListener(l, s.o.MaxConns)
	serve := func() error { return h.Serve(l) }
	if s.o.Cert != "" {
		c := &certificate{certFile: s.o.Cert, keyFile: s.o.CertKey}
		if _, err := c.get(nil); err != nil {
			return errors.Join(fmt.Errorf("serve: tls: %w", err), l.Close())
		}
		h.TLSConfig = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
		serve = func() error { return h.ServeTLS(l, "", "") }
	}
	served := make(chan error, 1)
	go func() { served <- serve() }()
	preloaded := s.preload(ctx)
	var failed error
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case failed = <-preloaded:
		cut()
	case <-ctx.Done():
	}
	return errors.Join(failed, s.end(ctx, base, cut, h, served))
}

// preload opens the default model, if that is wanted. The channel has the error, if there
// is one.
func (s *Server) preload(ctx context.Context) <-chan error {
	failed := make(chan error, 1)
	if s.o.Preload {
		s.opening.Store(true)
		go func() {
			_, release, err := s.lease(ctx, "")
			if err != nil {
				failed <- fmt.Errorf("serve: preload: %w", err)
				return
			}
			release()
			s.opening.Store(false)
		}()
	}
	return failed
}

// end lets what is under way end, and then the server.
func (s *Server) end(ctx, base context.Context, cut func(), h *http.Server, served <-chan error) error {
	s.live.drain()
	s.log.Info("ending", "drain", s.o.Drain)
	drain, cancel := context.WithTimeout(base, s.o.Drain)
	defer cancel()
	err := s.live.wait(drain)
	if err != nil {
		err = fmt.Errorf("serve: drain: requests were cut off after %v", s.o.Drain)
		cut()
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if e := s.live.wait(last); e != nil { // a handler that hears nothing
		return errors.Join(err, errors.New("serve: drain: requests are still under way"), h.Close())
	}
	if h.Shutdown(last) != nil { // connections that are idle for good are no failure
		_ = h.Close()
	}
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
