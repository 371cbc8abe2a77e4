package train

import (
	"fmt"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/objective"
)

// The ways to make rows of documents.
const (
	packCut           = "cut"            // where a row is full
	packBestFit       = "best-fit"       // documents whole
	packFullSentences = "full-sentences" // sentences whole, across documents
	packDocSentences  = "doc-sentences"  // sentences whole, a row of one document
)

// rows packs the documents of c to the rows that examples are made of. Where rows are
// cut, rest keeps the last one, which is not full.
func (r *run) rows(c data.Corpus, rest bool) (data.List[data.Row], error) {
	p := data.Packing{Length: r.task.Tokens(r.Batch.Length), Separate: r.task.Separate, Rest: rest}
	if r.task.Separator >= 0 {
		p.End = []int32{r.task.Separator}
	}
	switch r.Data.Packing {
	case packBestFit:
		return data.BestFit(c, p)
	case packFullSentences, packDocSentences:
		return data.Sentences{
			Length: p.Length, Cut: objective.SentencesOf(r.tok).Cut, Cross: r.Data.Packing == packFullSentences, Separator: p.End,
		}.Pack(c)
	}
	rows, err := data.Concatenate(c, p)
	if err == nil && rows.Len() == 0 {
		err = fmt.Errorf("there are %d tokens, too few for a row of %d", c.Before(c.Len()), p.Length)
	}
	return rows, err
}

// checkPacking refuses ways to pack that the objective has no use for.
func (r *run) checkPacking() error {
	sentences := r.Data.Packing == packFullSentences || r.Data.Packing == packDocSentences
	var why string
	switch {
	case r.Data.Packing == "":
		return nil
	case r.task.Sampler != nil:
		why = "must not be there for " + r.Objective.Name + ", which cuts documents itself"
	case sentences && r.task.Separate:
		why = "rows of whole sentences have no documents to be kept apart: must be cut or best-fit with objective.documents"
	default:
		return nil
	}
	return r.located(&keyError{key: "data.packing", why: why})
}
