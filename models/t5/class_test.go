package t5_test

import (
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

func TestRefused(t *testing.T) {
	for more, want := range map[string]string{
		`"architectures":["T5ForTokenClassification"], `: "architectures",
		`"feed_forward_proj":"gated-sine", `:             "feed_forward_proj",
		`"relative_attention_num_buckets":1, `:           "relative_attention_num_buckets",
		`"decoder_start_token_id":12, `:                  "decoder_start_token_id",
		`"layer_norm_epsilon":-1, `:                      "layer_norm_epsilon",
		`"dropout_rate":1, `:                             "dropout_rate",
		`"d_model":"wide", `:                             "d_model",
	} {
		config := `{` + sizes + `, "model_type":"t5", ` + strings.TrimSuffix(more, ", ") + `}`
		if _, err := model.New([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one of %s", config, err, want)
		}
	}
}

// T5EncoderModel and T5Model take what they have from a whole model's file, with
// the table that old files carry and nothing reads.
func TestPartsOfFile(t *testing.T) {
	whole := modeltest.Build(t, `{"model_type":"t5", "feed_forward_proj":"gated-gelu", "tie_word_embeddings":false, `+sizes+`}`)
	src := modeltest.Weights(whole)
	src["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = tensor.Zeros(32, 4)
	source, _ := nn.Rows(0, modeltest.Text(7), modeltest.Text(4))
	target, _ := nn.Rows(0, []int32{0, 3, 4}, []int32{0, 5, 6})
	seen := map[string]*tensor.Tensor{}
	observe := func(name string, x *tensor.Tensor) { seen[name] = x }
	p := &nn.Pass{Lens: []int{7, 4}, Observe: observe}
	whole.(model.Outputs).Outputs(p, model.Inputs{IDs: source, DecoderIDs: target})
	for class, want := range map[string]string{"T5EncoderModel": "encoder_hidden_states.2", "T5Model": "decoder_hidden_states.1"} {
		m, err := model.New([]byte(`{"model_type":"t5", "architectures":["` + class + `"], "feed_forward_proj":"gated-gelu", ` + sizes + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := model.Load(m, src); err != nil {
			t.Fatal(err)
		}
		out := m.(model.Outputs).Outputs(&nn.Pass{Lens: p.Lens}, model.Inputs{IDs: source, DecoderIDs: target})
		if out[0].Name != "last_hidden_state" {
			t.Errorf("%s gives %s first", class, out[0].Name)
		}
		modeltest.Same(t, out[0].Value, seen[want], 0)
	}
}

func TestDropout(t *testing.T) {
	m := modeltest.Build(t, `{"model_type":"t5", "dropout_rate":0.5, `+sizes+`}`).(model.Outputs)
	source, _ := nn.Rows(0, modeltest.Text(5))
	run := func(p *nn.Pass) *tensor.Tensor {
		return m.Outputs(p, model.Inputs{IDs: source, DecoderIDs: source})[0].Value
	}
	train := func(seed uint64) *tensor.Tensor { return run(&nn.Pass{Train: true, Seed: seed}) }
	modeltest.Same(t, train(1), train(1), 0)
	if modeltest.Distance(train(1), train(2)) == 0 || modeltest.Distance(train(1), run(&nn.Pass{})) == 0 {
		t.Error("dropout changes nothing")
	}
}
