package gpt_test

import (
	"testing"

	_ "github.com/nlp-zoo/zoo/models/gpt"
	"github.com/nlp-zoo/zoo/modeltest"
)

const sizes = `"vocab_size":12, "n_embd":64, "n_layer":2, "n_head":4, "n_positions":32, "n_inner":96,
	"embd_pdrop":0, "resid_pdrop":0`

func TestGPT2(t *testing.T) { modeltest.Decoder(t, `{"model_type":"gpt2", `+sizes+`}`) }
func TestGPT2ByLayer(t *testing.T) {
	modeltest.Decoder(t, `{"model_type":"gpt2", "scale_attn_by_inverse_layer_idx":true, "tie_word_embeddings":false, `+sizes+`}`)
}

func TestGolden(t *testing.T) { modeltest.Golden(t, "testdata") }

func TestInvariant(t *testing.T) {
	modeltest.Invariant(t, `{"model_type":"gpt2", "vocab_size":40, "n_embd":256, "n_inner":512, "n_layer":2, "n_head":4, "n_positions":64}`)
}
