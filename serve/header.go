package serve

import (
	"fmt"
	"net/http"
	"os"
	"strings"
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
		path := spec.Path
		if base := p.slots[spec.Base]; spec.Adapter != "" {
			path = base.spec.Path
			h.err = base.head.read(p, base.spec)
		}
		if h.err == nil {
			h.info, h.err = model.Describe(path)
		}
		if h.err != nil {
			h.err = unreadable(p.o, spec.Name, h.err)
			return
		}
		weights := weightBytes(p.o.Weights, h.info)
		if spec.Adapter != "" {
			weights = folderBytes(spec.Adapter)
		}
		h.room = roomOf(p.o, h.info)
		h.need = weights + cacheBytes(p.o, h.info, h.room)
	})
	return h.err
}

// unreadable is what clients are told of a model that cannot be opened. What is wrong
// with it names files of this machine, and stays in the log.
func unreadable(o Options, name string, err error) *Error {
	o.Log.Error("opening a model", "model", name, "error", err)
	return &Error{Status: http.StatusInternalServerError, Code: "model_unreadable", Param: "model",
		Message: fmt.Sprintf("%s cannot be opened; the log of the server says why", name), cause: err}
}

// weightBits are bits a weight of forms, by the beginnings of their names, with what the
// mixes keep wider.
var weightBits = []struct {
	form string
	bits float64
}{{"f32", 32}, {"exact", 32}, {"f16", 16}, {"bf16", 16}, {"int8", 8.5}, {"q8", 8.5}, {"q6", 6.7}, {"q5", 5.8}, {"q4", 5}, {"q3", 4.3}, {"q2", 3.6}}

// weightBytes returns about how much memory weights take in a form; "": in that of their
// file.
func weightBytes(form string, info model.Info) int64 {
	for _, w := range weightBits {
		if strings.HasPrefix(form, w.form) {
			return int64(float64(info.Parameters) * w.bits / 8)
		}
	}
	return int64(info.Bytes)
}

// folderBytes returns how large the files of an adapter are: their values may be of two
// bytes, and are held in four.
func folderBytes(dir string) int64 {
	var n int64
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if info, err := f.Info(); err == nil && strings.HasPrefix(f.Name(), "adapter_model.") {
			n += 2 * info.Size()
		}
	}
	return n
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

// cacheBytes returns how much memory the keys and values of a model take at most, those
// kept for texts to come among them. Its weights need not be there.
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
	bytes := int64(c.Bytes())
	if _, ok := net.(model.Decoder); ok {
		bytes += max(0, o.Prefix)
	}
	return bytes
}
