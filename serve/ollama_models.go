package serve

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/serve/ollama"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// ollamaTags lists the models.
func (s *Server) ollamaTags(w http.ResponseWriter, _ *http.Request) error {
	all := ollama.List{Models: []ollama.ListedModel{}}
	for _, l := range s.list() {
		all.Models = append(all.Models, ollama.ListedModel{
			Name: l.Name, Model: l.Name, ModifiedAt: s.modified(l.Info.Path), Size: int64(l.Info.Bytes),
			Digest: ollama.Digest(l.Name, l.Info), Details: ollama.DetailsOf(l.Info),
		})
	}
	return writeJSON(w, http.StatusOK, all)
}

// ollamaRunning lists the models that are open, those that stay so the longest first.
func (s *Server) ollamaRunning(w http.ResponseWriter, _ *http.Request) error {
	all := ollama.Running{Models: []ollama.RunningModel{}}
	for _, l := range s.list() {
		if !l.Open {
			continue
		}
		if l.Expires.IsZero() { // in use, or open for good
			l.Expires = time.Now().Add(s.o.KeepAlive)
			if s.o.KeepAlive < 0 {
				l.Expires = time.Now().AddDate(100, 0, 0)
			}
		}
		all.Models = append(all.Models, ollama.RunningModel{
			Name: l.Name, Model: l.Name, Size: l.Bytes, Digest: ollama.Digest(l.Name, l.Info), Details: ollama.DetailsOf(l.Info),
			ExpiresAt: l.Expires.UTC(), ContextLength: l.Info.Context,
		})
	}
	slices.SortStableFunc(all.Models, func(a, b ollama.RunningModel) int { return b.ExpiresAt.Compare(a.ExpiresAt) })
	return writeJSON(w, http.StatusOK, all)
}

// ollamaShow tells of a model from its headers and its vocabulary.
func (s *Server) ollamaShow(w http.ResponseWriter, r *http.Request) error {
	var q ollama.ShowRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	l, err := s.describe(q.Named())
	if err != nil {
		return ollamaUnknown(q.Named(), err)
	}
	m := &model.Model{Path: l.Name}
	if l.Info.Tokenizer != "" {
		if m.Tokenizer, err = model.OpenTokenizer(l.Info.Path); err != nil {
			return err
		}
	}
	parameters := ""
	if open, release, ok := s.opened(l.Name); ok {
		parameters = ollama.Parameters(open.Generation)
		release()
	}
	return writeJSON(w, http.StatusOK, ollama.Show{
		Modelfile: ollama.Modelfile(l.Name, parameters), Parameters: parameters, Template: templateOf(m.Tokenizer), Details: ollama.DetailsOf(l.Info),
		ModelInfo: ollama.InfoOf(l.Info), Capabilities: ollamaCapabilities(l.Info, m), ModifiedAt: s.modified(l.Info.Path),
	})
}

// opened leases a model only if it is open already.
func (s *Server) opened(name string) (*resident, func(), bool) {
	sl := s.pool.find(name)
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if sl == nil || sl.open == nil {
		return nil, nil, false
	}
	sl.users++
	sl.stop()
	return sl.open, func() { s.pool.release(sl) }, true
}

// ollamaCapabilities names what a model can do in Ollama's words.
func ollamaCapabilities(info model.Info, m *model.Model) []string {
	all := []string{}
	if slices.Contains(info.Tasks, "generate") {
		all = append(all, "completion")
		if strings.Contains(templateOf(m.Tokenizer), "tools") {
			all = append(all, "tools")
		}
		if task.Infills(m) {
			all = append(all, "insert")
		}
		if thinks(m.Tokenizer) {
			all = append(all, "thinking")
		}
	}
	if slices.Contains(info.Tasks, "embed") {
		all = append(all, "embedding")
	}
	return all
}

func templateOf(t *tokenizer.Tokenizer) string {
	if t == nil {
		return ""
	}
	return t.ChatTemplate()
}

// modified returns when a checkpoint was changed; one that the program carries, when
// the server began.
func (s *Server) modified(path string) time.Time {
	if info, err := os.Stat(path); err == nil {
		return info.ModTime().UTC()
	}
	return s.started.UTC()
}
