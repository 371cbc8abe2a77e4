package serve

import (
	"context"
	"math"
	"net/http"

	"github.com/nlp-zoo/zoo/serve/tei"
	"github.com/nlp-zoo/zoo/task"
)

// teiEmbed answers POST /embed: a vector for each text.
func (s *Server) teiEmbed(w http.ResponseWriter, r *http.Request) error {
	var q tei.EmbedRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if q.Dimensions != nil && *q.Dimensions < 1 {
		return invalid("dimensions", "%d is not positive", *q.Dimensions)
	}
	vectors, err := s.teiVectors(r.Context(), q.Model, q.Inputs, q.Cut)
	if err != nil {
		return err
	}
	for i, v := range vectors {
		if q.Dimensions != nil {
			if *q.Dimensions > len(v) {
				return invalid("dimensions", "%d is more than the %d that the model has", *q.Dimensions, len(v))
			}
			vectors[i] = v[:*q.Dimensions]
		}
		if q.Normal() {
			task.Normalize(vectors[i])
		}
	}
	return writeJSON(w, http.StatusOK, vectors)
}

// teiVectors returns the vectors of inputs, not normalised.
func (s *Server) teiVectors(ctx context.Context, name string, in tei.Inputs, cut tei.Cut) ([][]float32, error) {
	if err := cut.Check(); err != nil {
		return nil, err
	}
	if err := teiBatch("inputs", in.Len(), in.Texts...); err != nil {
		return nil, err
	}
	m, release, err := s.lease(ctx, s.encoderName(name))
	if err != nil {
		return nil, err
	}
	defer release()
	vectors, _, err := s.vectors(ctx, m, vectorAsk{texts: in.Texts, rows: in.Rows, cut: cut.Truncate, left: cut.Left()})
	return vectors, err
}

// maxValues is how many values the vectors of tokens in one answer have at most: each
// takes a dozen bytes as text.
const maxValues = 4 << 20

// teiEmbedAll answers POST /embed_all: a vector for each token of each text.
func (s *Server) teiEmbedAll(w http.ResponseWriter, r *http.Request) error {
	var q tei.EmbedRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := q.Check(); err != nil {
		return err
	}
	if err := teiBatch("inputs", q.Inputs.Len(), q.Inputs.Texts...); err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), s.encoderName(q.Model))
	if err != nil {
		return err
	}
	defer release()
	rows := q.Inputs.Rows
	if rows == nil {
		if rows, err = encodeRows(m, q.Inputs.Texts, q.Truncate, q.Left()); err != nil {
			return err
		}
	}
	tokens := 0
	for i, row := range rows {
		if err := checkRow(m, i, row); err != nil {
			return err
		}
		tokens += len(row)
	}
	if n := tokens * m.Info.HiddenSize; n > maxValues {
		return invalid("inputs", "%d tokens of %d values each are more than the %d values that an answer may have", tokens, m.Info.HiddenSize, maxValues)
	}
	requestOf(r.Context()).prompt = tokens
	states, err := m.gather.Hidden(r.Context(), rows)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, states)
}

// teiSimilarity answers POST /similarity: the cosine of each text's vector and the
// source's.
func (s *Server) teiSimilarity(w http.ResponseWriter, r *http.Request) error {
	var q tei.SimilarityRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := teiBatch("inputs.sentences", len(q.Inputs.Sentences)); err != nil {
		return err
	}
	texts := append([]string{q.Inputs.Source}, q.Inputs.Sentences...)
	vectors, err := s.teiVectors(r.Context(), q.Model, tei.Inputs{Texts: texts}, q.Parameters)
	if err != nil {
		return err
	}
	cosines := make([]float64, len(vectors)-1)
	for i, v := range vectors[1:] {
		cosines[i] = cosine(vectors[0], v)
	}
	return writeJSON(w, http.StatusOK, cosines)
}

// cosine returns that of the angle between two vectors, 0 where one has no direction.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
