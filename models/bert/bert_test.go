package bert_test

import (
	"testing"

	_ "github.com/nlp-zoo/zoo/models/bert"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/tensor"
)

const sizes = `"vocab_size":12, "hidden_size":32, "intermediate_size":48, "num_hidden_layers":2, "num_attention_heads":4, "max_position_embeddings":64`

func TestBERT(t *testing.T) {
	for _, class := range []string{"Model", "ForPreTraining", "ForMaskedLM", "ForTokenClassification"} {
		t.Run(class, func(t *testing.T) {
			modeltest.Encoder(t, `{"model_type":"bert", "architectures":["Bert`+class+`"], `+sizes+`}`)
		})
	}
}

func TestRoBERTa(t *testing.T) {
	for _, modelType := range []string{"roberta", "xlm-roberta"} {
		t.Run(modelType, func(t *testing.T) { modeltest.Encoder(t, `{"model_type":"`+modelType+`", `+sizes+`}`) })
	}
}

func TestGolden(t *testing.T) { modeltest.Golden(t, "testdata") }

func TestInvariant(t *testing.T) {
	modeltest.Invariant(t, `{"model_type":"bert", "architectures":["BertModel"], "vocab_size":40, "hidden_size":256, "intermediate_size":512,
		"num_hidden_layers":2, "num_attention_heads":4, "max_position_embeddings":64}`)
}

// BenchmarkMiniLM is of the shape of all-MiniLM-L6, with few words.
func BenchmarkMiniLM(b *testing.B) {
	modeltest.BenchmarkEncoder(b, `{"model_type":"bert", "architectures":["BertModel"], "vocab_size":100, "hidden_size":384,
		"intermediate_size":1536, "num_hidden_layers":6, "num_attention_heads":12}`, tensor.FormF32, tensor.FormInt8)
}
