package serve

import (
	"context"
	"net/http"

	"github.com/nlp-zoo/zoo/serve/llamacpp"
	"github.com/nlp-zoo/zoo/serve/tei"
	"github.com/nlp-zoo/zoo/task"
)

// teiPredict answers POST /predict: the classes of each text, or pair of texts.
func (s *Server) teiPredict(w http.ResponseWriter, r *http.Request) error {
	var q tei.PredictRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := q.Check(); err != nil {
		return err
	}
	if err := teiBatch("inputs", len(q.Inputs.All)); err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), s.classifierName(q.Model, 1<<20))
	if err != nil {
		return err
	}
	defer release()
	inputs := make([]task.Pair, len(q.Inputs.All))
	for i, texts := range q.Inputs.All {
		if q.Truncate {
			if texts, err = cutTexts(m, texts, q.Left()); err != nil {
				return err
			}
		}
		if inputs[i].Text = texts[0]; len(texts) > 1 {
			inputs[i].Second = texts[1]
		}
	}
	classify := m.gather.Classify
	if q.Raw {
		classify = m.gather.ClassScores
	}
	classes, err := classify(r.Context(), inputs)
	if err != nil {
		return err
	}
	answer := make([][]tei.Prediction, len(classes))
	for i, labels := range classes {
		for _, l := range labels {
			answer[i] = append(answer[i], tei.Prediction{Score: l.Score, Label: l.Label})
		}
	}
	if !q.Inputs.Batch {
		return writeJSON(w, http.StatusOK, answer[0])
	}
	return writeJSON(w, http.StatusOK, answer)
}

// ranks orders texts by how well they answer a query, and tells how many tokens were
// read. What is too long is cut where cut is given, and an error where it is nil.
func (s *Server) ranks(ctx context.Context, m *resident, query string, texts []string, cut *tei.Cut) ([]task.Rank, int, error) {
	tokens := 0
	for i, text := range texts {
		if cut != nil {
			parts, err := cutTexts(m, []string{query, text}, cut.Left())
			if err != nil {
				return nil, 0, err
			}
			if texts[i] = parts[1]; parts[0] != query {
				return nil, 0, invalid("query", "it leaves no room for texts")
			}
		}
		if m.Tokenizer != nil {
			ids, _ := m.Tokenizer.EncodePair(query, texts[i])
			tokens += len(ids)
		}
	}
	requestOf(ctx).prompt = tokens
	ranks, err := m.gather.Rerank(ctx, query, texts)
	return ranks, tokens, err
}

// teiRerank answers POST /rerank in the form of text-embeddings-inference.
func (s *Server) teiRerank(w http.ResponseWriter, r *http.Request, body []byte) error {
	var q tei.RerankRequest
	if err := parseJSON(body, &q); err != nil {
		return err
	}
	if err := q.Check(); err != nil {
		return err
	}
	if err := teiBatch("texts", len(q.Texts)); err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), s.classifierName(q.Model, 2))
	if err != nil {
		return err
	}
	defer release()
	var cut *tei.Cut
	if q.Truncate {
		cut = &q.Cut
	}
	given := append([]string(nil), q.Texts...)
	ranks, _, err := s.ranks(r.Context(), m, q.Query, q.Texts, cut)
	if err != nil {
		return err
	}
	answer := make([]tei.Rank, len(ranks))
	for i, rank := range ranks {
		answer[i] = tei.Rank{Index: rank.Index, Score: rank.Score}
		if q.Raw {
			answer[i].Score = rank.Raw
		}
		if q.Return {
			answer[i].Text = &given[rank.Index]
		}
	}
	return writeJSON(w, http.StatusOK, answer)
}

// llamacppRerank answers POST /rerank in the form of Jina's and Cohere's API.
func (s *Server) llamacppRerank(w http.ResponseWriter, r *http.Request, body []byte) error {
	var q llamacpp.RerankRequest
	if err := parseJSON(body, &q); err != nil {
		return err
	}
	texts, err := q.Texts()
	if err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), s.classifierName(q.Model, 2))
	if err != nil {
		return err
	}
	defer release()
	ranks, tokens, err := s.ranks(r.Context(), m, q.Query, texts, nil)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, q.Answer(m.Name, texts, tokens, func(yield func(int, float64) bool) {
		for _, rank := range ranks {
			if !yield(rank.Index, rank.Raw) {
				return
			}
		}
	}))
}
