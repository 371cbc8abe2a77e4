package t5_test

import (
	"testing"

	_ "github.com/nlp-zoo/zoo/models/t5"
	"github.com/nlp-zoo/zoo/modeltest"
)

const sizes = `"vocab_size":12, "d_model":32, "d_kv":6, "d_ff":36, "num_layers":2, "num_decoder_layers":1, "num_heads":4`

func TestT5(t *testing.T) { modeltest.EncoderDecoder(t, `{"model_type":"t5", `+sizes+`}`) }
func TestV11(t *testing.T) {
	modeltest.EncoderDecoder(t, `{"model_type":"t5", "feed_forward_proj":"gated-gelu", "tie_word_embeddings":false, `+sizes+`}`)
}
func TestMT5(t *testing.T) { modeltest.EncoderDecoder(t, `{"model_type":"mt5", `+sizes+`}`) }
func TestEncoder(t *testing.T) {
	modeltest.Encoder(t, `{"model_type":"t5", "architectures":["T5EncoderModel"], `+sizes+`}`)
}

func TestGolden(t *testing.T) { modeltest.Golden(t, "testdata") }

func TestInvariant(t *testing.T) {
	modeltest.Invariant(t, `{"model_type":"t5", "feed_forward_proj":"gated-gelu", "vocab_size":40, "d_model":256, "d_kv":64, "d_ff":512,
		"num_layers":2, "num_heads":4}`)
}
