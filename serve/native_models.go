package serve

import (
	"net/http"
	"sync"

	"github.com/nlp-zoo/zoo/model"
	words "github.com/nlp-zoo/zoo/serve/native"
	"github.com/nlp-zoo/zoo/task"
)

// abilities are what is known of a model without its weights, once it has been asked for.
type abilities struct {
	once  sync.Once
	tasks []string
	mask  string
}

// able returns what a model can do.
func (s *Server) able(l listing) *abilities {
	value, _ := s.abilities.LoadOrStore(l.Name, &abilities{})
	a := value.(*abilities) //nolint:revive // nothing else is stored
	a.once.Do(func() {
		defer func() { _ = recover() }() // of a config that names no model of ours: it can do nothing
		net, err := model.New(l.Info.Config)
		if err != nil {
			return
		}
		a.tasks = task.Abilities(net, l.Info)
		if _, ok := net.(model.MaskedLM); !ok {
			return
		}
		t, err := model.OpenTokenizer(s.pool.find(l.Name).spec.Path)
		if err != nil {
			return
		}
		if id, ok := t.MASK(); ok {
			a.mask, _ = t.Token(id)
		}
	})
	return a
}

func (s *Server) nativeListing(l listing) words.Model {
	a := s.able(l)
	return words.Model{Name: l.Name, Family: l.Info.Family, Type: l.Info.Type, Tasks: append([]string{}, a.tasks...), Loaded: l.Open,
		Parameters: l.Info.Parameters, Context: l.Info.Context, Mask: a.mask, Default: l.Name == s.o.Default}
}

func (s *Server) nativeModels(w http.ResponseWriter, _ *http.Request) error {
	out := words.Models{Models: []words.Model{}}
	for _, l := range s.list() {
		out.Models = append(out.Models, s.nativeListing(l))
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) nativeModel(w http.ResponseWriter, r *http.Request) error {
	l, err := s.describe(r.PathValue("name"))
	if err != nil {
		return err
	}
	out := words.Description{Model: s.nativeListing(l), Vocab: l.Info.Vocab, Layers: l.Info.Layers, HiddenSize: l.Info.HiddenSize,
		Bytes: l.Info.Bytes, Objective: l.Info.Objective, Paper: l.Info.Paper}
	if s.o.Card != nil {
		out.Card = s.o.Card(l.Name)
	}
	return writeJSON(w, http.StatusOK, out)
}
