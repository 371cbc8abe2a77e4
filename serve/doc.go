// Package serve answers requests for models over HTTP: it knows who may ask, what is
// open, and how much at once, and speaks in dialects that clients know already.
//
// The frame of it, which no dialect needs to repeat: [Server] holds a pool of models
// that are opened when asked for; a route is a handler that returns an error, which is
// written in the form of its dialect; a text is asked for with an ask and comes as a
// reply, whatever the dialect. The dialects' words stand in the packages below (openai,
// ollama and so on), their handlers here, in files of their own.
//
// A handler reads as follows.
//
//	func (s *Server) fooChat(w http.ResponseWriter, r *http.Request) error {
//		var q foo.Request
//		if err := s.readJSON(w, r, &q); err != nil {
//			return err // told in the dialect's form, with its status
//		}
//		m, release, err := s.lease(r.Context(), q.Model) // opened if need be
//		if err != nil {
//			return err
//		}
//		defer release()
//		a := ask{messages: q.Messages(), options: m.options()} // then change a.options by q
//		re, err := s.answer(r.Context(), m, a)
//		if err != nil {
//			return err
//		}
//		if !q.Stream {
//			texts, err := re.whole(r.Context())
//			…
//			return writeJSON(w, http.StatusOK, foo.Answer(texts))
//		}
//		st := s.sse(w, "")
//		defer st.Close()
//		for p, err := range re.pieces(r.Context()) {
//			if err != nil {
//				if st.begun() { … tell it in the stream, as the dialect does }
//				return err
//			}
//			if err := st.event("", foo.Chunk(p)); err != nil {
//				return err
//			}
//		}
//		return st.data("", []byte("[DONE]"))
//	}
//
// It is registered by rt.handle("POST /foo/chat", fooDialect, s.fooChat) in the dialect's
// fooRoutes, which stands in the list of register.
package serve
