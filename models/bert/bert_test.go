package bert_test

import (
	"testing"

	_ "github.com/nlp-zoo/zoo/models/bert"
	"github.com/nlp-zoo/zoo/modeltest"
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
