package bert_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

func config(modelType, class, more string) string {
	return `{"model_type":"` + modelType + `", "architectures":["` + class + `"], ` + more + sizes + `}`
}

func declare(t *testing.T, config string) any {
	t.Helper()
	m, err := model.New([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Any class takes its encoder from the file of any other, and gives the same hidden states.
func TestEncoderOfOtherClass(t *testing.T) {
	ids, _ := nn.Rows(0, modeltest.Text(6))
	hidden := func(m any) *tensor.Tensor { return m.(model.Encoder).Hidden(&nn.Pass{}, ids) }
	for _, family := range [][2]string{{"bert", "Bert"}, {"roberta", "Roberta"}, {"xlm-roberta", "XLMRoberta"}} {
		want := modeltest.Build(t, config(family[0], family[1]+"ForMaskedLM", ""))
		src := modeltest.Weights(want)
		for name, w := range src { // as TensorFlow's checkpoints had them
			if head, ok := strings.CutSuffix(name, "LayerNorm.weight"); ok {
				delete(src, name)
				src[head+"LayerNorm.gamma"] = w
			}
		}
		src[strings.ReplaceAll(family[0], "xlm-", "")+".embeddings.position_ids"] = tensor.Zeros(1, 64)
		bare := declare(t, config(family[0], family[1]+"Model", ""))
		if err := model.Load(bare, src); err != nil {
			t.Fatal(err)
		}
		modeltest.Same(t, hidden(bare), hidden(want), 0)
		if bare.(model.Pooler).Pools() {
			t.Errorf("%s: a pooler out of a file that has none", family[0])
		}
		if err := model.Load(declare(t, config(family[0], family[1]+"ForQuestionAnswering", "")), modeltest.Weights(bare)); err == nil || !strings.Contains(err.Error(), "qa_outputs.weight") {
			t.Errorf("%s: a head out of a file that has none: error is %v", family[0], err)
		}
	}
}

func TestRefused(t *testing.T) {
	for config, want := range map[string]string{
		config("bert", "BertLMHeadModel", ""):                                              "architectures",
		config("roberta", "RobertaForPreTraining", ""):                                     "architectures",
		config("bert", "BertModel", `"hidden_act":"sine", `):                               "hidden_act",
		config("bert", "BertModel", `"position_embedding_type":"relative_key", `):          "position_embedding_type",
		config("bert", "BertModel", `"is_decoder":true, `):                                 "is_decoder",
		config("bert", "BertModel", `"layer_norm_eps":0, `):                                "layer_norm_eps",
		config("bert", "BertModel", `"hidden_dropout_prob":1, `):                           "hidden_dropout_prob",
		config("bert", "BertForTokenClassification", `"classifier_dropout":-1, `):          "classifier_dropout",
		config("bert", "BertModel", `"type_vocab_size":-2, `):                              "type_vocab_size",
		config("bert", "BertForSequenceClassification", `"num_labels":1099511627776, `):    "num_labels",
		strings.Replace(config("bert", "BertModel", ""), `heads":4`, `heads":5`, 1):        "num_attention_heads",
		strings.Replace(config("bert", "BertModel", ""), `layers":2`, `layers":1e99`, 1):   "num_hidden_layers",
		strings.Replace(config("bert", "BertModel", ""), `size":12`, `size":"twelve"`, 1):  "vocab_size",
		strings.Replace(config("roberta", "RobertaModel", ""), `ings":64`, `ings":-64`, 1): "max_position_embeddings",
	} {
		if _, err := model.New([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one of %s", config, err, want)
		}
	}
}

// The heads that rows of text are fine-tuned with learn, through pooler and encoder.
func TestHeadsLearn(t *testing.T) {
	ids, _ := nn.Rows(0, []int32{2, 3, 4, 5}, []int32{2, 6, 7, 5})
	for _, family := range [][2]string{{"bert", "Bert"}, {"roberta", "Roberta"}} {
		quiet := `"hidden_dropout_prob":0, `
		classes := modeltest.Build(t, config(family[0], family[1]+"ForSequenceClassification", quiet+`"num_labels":3, `)).(model.Classifier)
		modeltest.Learns(t, classes, func() *tensor.Tensor {
			return tensor.CrossEntropy(classes.ClassLogits(&nn.Pass{Train: true, Seed: 1}, ids), []int32{2, 0})
		})
		choice := modeltest.Build(t, config(family[0], family[1]+"ForMultipleChoice", quiet)).(model.MultipleChoice)
		modeltest.Learns(t, choice, func() *tensor.Tensor {
			return tensor.CrossEntropy(choice.ChoiceLogits(&nn.Pass{}, ids, 2), []int32{1})
		})
	}
}

func TestDropout(t *testing.T) {
	ids, _ := nn.Rows(0, modeltest.Text(6))
	m := modeltest.Build(t, config("bert", "BertForSequenceClassification", `"hidden_dropout_prob":0.5, `)).(model.Classifier)
	run := func(p *nn.Pass) *tensor.Tensor { return m.ClassLogits(p, ids) }
	train := func(seed uint64) *tensor.Tensor { return run(&nn.Pass{Train: true, Seed: seed}) }
	modeltest.Same(t, train(1), train(1), 0)
	if modeltest.Distance(train(1), train(2)) == 0 || modeltest.Distance(train(1), run(&nn.Pass{})) == 0 {
		t.Error("dropout changes nothing")
	}
}

// Positions of RoBERTa count the tokens and skip the padding, wherever it stands.
func TestRoBERTaPadding(t *testing.T) {
	m := modeltest.Build(t, config("roberta", "RobertaForMaskedLM", "")).(model.MaskedLM)
	text := []int32{3, 4, 5, 9, 2}
	alone := m.MaskLogits(&nn.Pass{}, &nn.IDs{Data: text, B: 1, T: 5})
	padded := &nn.IDs{Data: append([]int32{1, 1}, text...), B: 1, T: 7}
	got := m.MaskLogits(&nn.Pass{Mask: []bool{false, false, true, true, true, true, true}}, padded)
	modeltest.Same(t, tensor.New(slices.Clone(got.Data()[2*12:]), 1, 5, 12), alone, 2e-6)
}
