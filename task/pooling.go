package task

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/model"
)

// ownPooling returns how the checkpoint was made to pool, as sentence-transformers writes
// it beside a model, and else the mean for an encoder and the last token for a decoder.
// What the file says and is not known here counts for nothing.
func ownPooling(m *model.Model) Pooling {
	if how := poolingOf(filepath.Join(m.Path, "1_Pooling", "config.json")); how != "" {
		return how
	}
	if _, decoder := m.Net.(model.Decoder); decoder {
		return Last
	}
	return Mean
}

func poolingOf(path string) Pooling {
	file, err := os.Open(path) //nolint:gosec // a fixed name in the model's own folder
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	var says struct {
		First bool `json:"pooling_mode_cls_token"`
		Mean  bool `json:"pooling_mode_mean_tokens"`
		Max   bool `json:"pooling_mode_max_tokens"`
		Last  bool `json:"pooling_mode_lasttoken"`
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<16))
	if err != nil || json.Unmarshal(text, &says) != nil {
		return ""
	}
	how, several := Pooling(""), 0 // several are joined to a longer vector, which is not done here
	for _, v := range []struct {
		said bool
		how  Pooling
	}{{says.First, First}, {says.Mean, Mean}, {says.Max, Max}, {says.Last, Last}} {
		if v.said {
			how, several = v.how, several+1
		}
	}
	if several != 1 {
		return ""
	}
	return how
}
