package serve

import (
	"net/http"

	"github.com/nlp-zoo/zoo/serve/page"
)

// pageRoutes adds the web page. Where there are keys it needs one as everything does: a
// browser asks for it, as the password of any name, and sends it with the page's requests.
func (s *Server) pageRoutes(rt *routes) {
	files, err := page.Handler()
	h := func(w http.ResponseWriter, r *http.Request) error {
		if err == nil {
			files.ServeHTTP(w, r)
		}
		return err
	}
	rt.handle("GET /{$}", native, ollamaGreets(h))
	rt.handle("GET /assets/", native, h)
}
