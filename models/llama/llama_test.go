package llama_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/llama"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

const sizes = `"vocab_size":12, "hidden_size":64, "intermediate_size":96, "num_hidden_layers":2,
	"num_attention_heads":4, "num_key_value_heads":2, "max_position_embeddings":64`

func TestLlama(t *testing.T) { modeltest.Decoder(t, `{"model_type":"llama", `+sizes+`}`) }
func TestBiases(t *testing.T) {
	modeltest.Decoder(t, `{"model_type":"llama", "attention_bias":true, "mlp_bias":true, "head_dim":8, `+sizes+`}`)
}
func TestMistral(t *testing.T) {
	modeltest.Decoder(t, `{"model_type":"mistral", "sliding_window":3, `+sizes+`}`)
}
func TestQwen2(t *testing.T) {
	modeltest.Decoder(t, `{"model_type":"qwen2", "use_sliding_window":true, "max_window_layers":1, "sliding_window":4, `+sizes+`}`)
}
func TestQwen3(t *testing.T) {
	modeltest.Decoder(t, `{"model_type":"qwen3", "head_dim":16, "tie_word_embeddings":true, `+sizes+`}`)
}

func TestConfigIsRefused(t *testing.T) {
	for _, c := range []struct{ change, field string }{
		{`"vocab_size":0`, "vocab_size"},
		{`"hidden_size":-4`, "hidden_size"},
		{`"hidden_size":"wide"`, "hidden_size"},
		{`"num_key_value_heads":3`, "num_key_value_heads"},
		{`"num_attention_heads":0, "num_key_value_heads":0`, "num_attention_heads"},
		{`"head_dim":7`, "head_dim"},
		{`"num_hidden_layers":100000000`, "num_hidden_layers"},
		{`"hidden_act":"softplus2"`, "softplus2"},
		{`"rope_scaling":{"rope_type":"spiral","factor":2}`, "spiral"},
		{`"rope_theta":-1`, "rope_theta"},
		{`"rms_norm_eps":-1`, "rms_norm_eps"},
		{`"layer_types":["full_attention"]`, "layer_types"},
		{`"architectures":["LlamaForPoetry"]`, "LlamaForPoetry"},
		{`"model_type":"lama"`, "lama"},
	} {
		config := map[string]any{}
		for _, part := range []string{`{"model_type":"qwen2", ` + sizes + `}`, "{" + c.change + "}"} {
			if err := json.Unmarshal([]byte(part), &config); err != nil {
				t.Fatal(err)
			}
		}
		text, _ := json.Marshal(config)
		if _, err := model.New(text); err == nil || !strings.Contains(err.Error(), c.field) {
			t.Errorf("New with %s: error is %v", c.change, err)
		}
	}
}

func TestGolden(t *testing.T) { modeltest.Golden(t, "testdata") }

// BenchmarkLlama is of the size of llama2.c's stories15M.
func BenchmarkLlama(b *testing.B) {
	modeltest.BenchmarkDecoder(b, `{"model_type":"llama", "vocab_size":32000, "hidden_size":288, "intermediate_size":768,
		"num_hidden_layers":6, "num_attention_heads":6, "max_position_embeddings":256, "tie_word_embeddings":true}`)
}

// TestClassifier holds a classifier to score each row's last token, and a model
// without a head to be what stands below it.
func TestClassifier(t *testing.T) {
	config := `"model_type":"llama", "id2label":{"0":"a","1":"b","2":"c"}, ` + sizes + `}`
	m := modeltest.Build(t, `{"architectures":["LlamaForSequenceClassification"], `+config)
	ids, lens := nn.Rows(0, modeltest.Text(7), modeltest.Text(4))
	both := m.(model.Classifier).ClassLogits(&nn.Pass{Lens: lens}, ids)
	if s := both.Shape(); s[0] != 2 || s[1] != 3 {
		t.Fatalf("shape is %v, want [2 3]", s)
	}
	alone, _ := nn.Rows(0, modeltest.Text(4))
	modeltest.Same(t, tensor.New(both.Data()[3:], 1, 3), m.(model.Classifier).ClassLogits(&nn.Pass{}, alone), 0)

	bare, err := model.New([]byte(`{"architectures":["LlamaModel"], ` + config))
	if err != nil {
		t.Fatal(err)
	}
	src := modeltest.Map{}
	for name, w := range nn.Weights(m) {
		if short, ok := strings.CutPrefix(name, "model."); ok {
			src[short] = w
		}
	}
	if err := nn.Load(bare, src); err != nil {
		t.Fatal(err)
	}
	modeltest.Same(t, bare.(model.Encoder).Hidden(&nn.Pass{}, alone), m.(model.Encoder).Hidden(&nn.Pass{}, alone), 0)
}

// wide has matrices that every form of weights fits.
const wide = `"vocab_size":40, "hidden_size":256, "intermediate_size":512, "num_hidden_layers":2,
	"num_attention_heads":4, "num_key_value_heads":2, "max_position_embeddings":64`

func TestInvariant(t *testing.T) {
	for _, config := range []string{
		`{"model_type":"llama", "tie_word_embeddings":true, ` + wide + `}`,
		`{"model_type":"mistral", "sliding_window":5, ` + wide + `}`,
		`{"model_type":"qwen2", ` + wide + `}`,
	} {
		t.Run("", func(t *testing.T) { modeltest.Invariant(t, config) })
	}
}
