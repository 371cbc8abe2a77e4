package serve

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// header is what is known of a model before it is open.
type header struct {
	once sync.Once
	info model.Info
	room int   // tokens of a text, prompt included, at most
	need int64 // bytes of weights and caches
	err  error
}

// read reads the headers of a model, once.
func (h *header) read(p *pool, spec ModelSpec) error {
	h.once.Do(func() {
		if h.info, h.err = model.Describe(spec.Path); h.err != nil {
			p.o.Log.Error("reading a model's headers", "model", spec.Name, "error", h.err)
			h.err = &Error{Status: http.StatusInternalServerError, Code: "model_unreadable", Param: "model",
				Message: fmt.Sprintf("%s cannot be opened; the log of the server says why", spec.Name), cause: h.err}
			return
		}
		h.room = roomOf(p.o, h.info)
		h.need = int64(h.info.Bytes) + cacheBytes(p.o, h.info, h.room)
	})
	return h.err
}

// usualRoom is how many tokens a text may have where nobody says: caches of models made
// for a hundred thousand tokens would take more memory than their weights.
const usualRoom = 8192

// roomOf returns how many tokens a text of a model may have.
func roomOf(o Options, info model.Info) int {
	room := o.Room
	if room == 0 {
		room = usualRoom
	}
	if info.Context > 0 {
		room = min(room, info.Context)
	}
	return room
}

// cacheBytes returns how much memory the keys and values of a model take, whose weights
// need not be there.
func cacheBytes(o Options, info model.Info, room int) int64 {
	species, ok := model.Lookup(info.Type)
	if !ok {
		return 0
	}
	net, err := species.Build(info.Config, info.Architecture)
	if err != nil {
		return 0 // told when it is opened
	}
	cached, ok := net.(interface {
		NewCache(rows, capacity int) *nn.Cache
	})
	if !ok {
		return 0
	}
	c := cached.NewCache(o.Rows, room)
	if c.SetForm(o.CacheForm) != nil {
		return 0
	}
	return int64(c.Bytes())
}
