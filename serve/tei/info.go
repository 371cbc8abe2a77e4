package tei

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/model"
)

// Info is the answer of GET /info.
type Info struct {
	ID                string         `json:"model_id"`
	SHA               *string        `json:"model_sha"`
	DType             string         `json:"model_dtype"`
	Served            string         `json:"served_model_name"`
	Type              map[string]any `json:"model_type"`
	MaxConcurrent     int            `json:"max_concurrent_requests"`
	MaxInput          int            `json:"max_input_length"`
	MaxBatchTokens    int            `json:"max_batch_tokens"`
	MaxBatchRequests  *int           `json:"max_batch_requests"`
	MaxClientBatch    int            `json:"max_client_batch_size"`
	AutoTruncate      bool           `json:"auto_truncate"` // never: texts are cut where a request says so
	TokenizationUnits int            `json:"tokenization_workers"`
	Version           string         `json:"version"`
}

// DType names the form that most values of a checkpoint are in, as PyTorch does.
func DType(info model.Info) string {
	name, most := "", 0
	for _, f := range info.Forms {
		if f.Values > most {
			name, most = strings.ToLower(f.DType.String()), f.Values
		}
	}
	if long := map[string]string{"f32": "float32", "f16": "float16", "bf16": "bfloat16"}[name]; long != "" {
		return long
	}
	return name
}

// Classifies reports whether a checkpoint has a head for classes of texts.
func Classifies(info model.Info) bool {
	return strings.HasSuffix(info.Architecture, "ForSequenceClassification")
}

// TypeOf says what a checkpoint is for: it ranks texts, or classifies them, or gives
// vectors of them.
func TypeOf(info model.Info) map[string]any {
	if Classifies(info) {
		names := Labels(info.Config)
		kind := "classifier"
		if len(names) == 1 {
			kind = "reranker"
		}
		ids, labels := map[string]int{}, map[string]string{}
		for i, name := range names {
			ids[name], labels[strconv.Itoa(i)] = i, name
		}
		return map[string]any{kind: map[string]any{"id2label": labels, "label2id": ids}}
	}
	pooling := "mean"
	if slices.Contains(info.Tasks, "generate") {
		pooling = "last_token"
	}
	return map[string]any{"embedding": map[string]string{"pooling": pooling}}
}

// Labels returns the names of classes that a config.json has, in order; LABEL_0 and so
// on where it has none.
func Labels(config []byte) []string {
	var c struct {
		Names map[string]string `json:"id2label"`
		Num   *int              `json:"num_labels"`
	}
	_ = json.Unmarshal(config, &c) // the model has been opened by it
	n := 2
	if len(c.Names) > 0 {
		n = len(c.Names)
	} else if c.Num != nil {
		n = min(max(*c.Num, 1), 1<<16)
	}
	names := make([]string, n)
	for i := range names {
		if names[i] = c.Names[strconv.Itoa(i)]; names[i] == "" {
			names[i] = "LABEL_" + strconv.Itoa(i)
		}
	}
	return names
}
