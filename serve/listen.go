package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Run serves on l until ctx ends, then lets live requests end, for Options.Drain at
// most, and returns. It closes l, not the models.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s, ReadHeaderTimeout: s.o.HeaderTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: s.o.MaxHeader,
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Drain)
	defer cancel()
	err := h.Shutdown(drain)
	if err != nil {
		err = errors.Join(err, h.Close())
	}
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
