package serve

import (
	"net/http"

	"github.com/nlp-zoo/zoo/serve/page"
)

// pageRoutes adds the web page. It needs no key itself: it asks for the key that its
// requests need.
func (s *Server) pageRoutes(rt *routes) {
	files, err := page.Handler()
	h := func(w http.ResponseWriter, r *http.Request) error {
		if err == nil {
			files.ServeHTTP(w, r)
		}
		return err
	}
	rt.open("GET /{$}", native, h)
	rt.open("GET /assets/", native, h)
}
