package serve

import (
	"net/http"
	"net/http/pprof"
)

// profiles adds the routes of Go's profiler, which write until they have what was asked
// for.
func (rt *routes) profiles() {
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /debug/pprof/": pprof.Index, "GET /debug/pprof/cmdline": pprof.Cmdline, "GET /debug/pprof/profile": pprof.Profile,
		"GET /debug/pprof/symbol": pprof.Symbol, "GET /debug/pprof/trace": pprof.Trace,
	} {
		rt.handle(pattern, native, func(w http.ResponseWriter, r *http.Request) error {
			h(w, r)
			return nil
		})
	}
}
