package bert

import (
	"errors"
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// Config has the names of config.json; comments tell the defaults.
type Config struct {
	VocabSize             int            `json:"vocab_size"`                   // 30522 BERT, XLM-RoBERTa; 50265 RoBERTa
	HiddenSize            int            `json:"hidden_size"`                  // 768
	IntermediateSize      int            `json:"intermediate_size"`            // 3072
	NumHiddenLayers       int            `json:"num_hidden_layers"`            // 12
	NumAttentionHeads     int            `json:"num_attention_heads"`          // 12
	MaxPositionEmbeddings int            `json:"max_position_embeddings"`      // 512
	TypeVocabSize         int            `json:"type_vocab_size"`              // 2
	LayerNormEps          float64        `json:"layer_norm_eps"`               // 1e-12
	PadTokenID            int32          `json:"pad_token_id"`                 // 0 BERT, 1 RoBERTa
	HiddenAct             string         `json:"hidden_act"`                   // gelu
	HiddenDropout         float64        `json:"hidden_dropout_prob"`          // 0.1
	AttentionDropout      float64        `json:"attention_probs_dropout_prob"` // 0.1
	ClassifierDropout     *float64       `json:"classifier_dropout"`           // that of the hidden states
	InitializerRange      float64        `json:"initializer_range"`            // 0.02
	PositionEmbedding     string         `json:"position_embedding_type"`      // absolute, which alone is known
	Sinusoids             bool           `json:"sinusoidal_pos_embds"`         // fresh positions begin as sinusoids; DistilBERT's
	TieWordEmbeddings     bool           `json:"tie_word_embeddings"`          // true
	NumLabels             int            `json:"num_labels"`                   // as many as id2label has, or 2
	SpanEmbedding         int            `json:"span_embedding_size"`          // 200; SpanBERT's
	SpanPositions         int            `json:"max_span_positions"`           // 15; SpanBERT's
	Labels                map[string]any `json:"id2label"`
	IsDecoder             bool           `json:"is_decoder"`        // refused
	PoolingLayer          bool           `json:"add_pooling_layer"` // true; GGUF files have none
}

func defaults() Config {
	return Config{
		VocabSize: 30522, HiddenSize: 768, IntermediateSize: 3072, NumHiddenLayers: 12, NumAttentionHeads: 12,
		MaxPositionEmbeddings: 512, TypeVocabSize: 2, LayerNormEps: 1e-12, HiddenAct: "gelu", HiddenDropout: 0.1, AttentionDropout: 0.1,
		InitializerRange: 0.02, PositionEmbedding: "absolute", TieWordEmbeddings: true, PoolingLayer: true,
		SpanEmbedding: 200, SpanPositions: 15,
	}
}

// Check refuses what no model can have.
func (c *Config) Check() error {
	if c.NumLabels == 0 {
		c.NumLabels = len(c.Labels)
	}
	if c.NumLabels == 0 {
		c.NumLabels = 2
	}
	if c.ClassifierDropout == nil {
		c.ClassifierDropout = &c.HiddenDropout
	}
	_, act := nn.Activation(c.HiddenAct)
	if act != nil {
		act = fmt.Errorf("bert: config.json: hidden_act: %w", act)
	}
	if c.IsDecoder {
		return fmt.Errorf("bert: config.json: is_decoder: this family has encoders only")
	}
	return errors.Join(
		model.Within("vocab_size", c.VocabSize, 1, model.MaxVocab),
		model.Within("hidden_size", c.HiddenSize, 1, model.MaxWidth),
		model.Within("intermediate_size", c.IntermediateSize, 1, model.MaxWidth),
		model.Within("num_hidden_layers", c.NumHiddenLayers, 1, model.MaxLayers),
		model.Within("max_position_embeddings", c.MaxPositionEmbeddings, 1, model.MaxVocab),
		model.Within("type_vocab_size", c.TypeVocabSize, 1, model.MaxWidth),
		model.Within("num_labels", c.NumLabels, 1, model.MaxVocab),
		model.Divides("num_attention_heads", c.NumAttentionHeads, "hidden_size", c.HiddenSize),
		model.Real("layer_norm_eps", c.LayerNormEps, math.SmallestNonzeroFloat32, 1),
		model.Real("hidden_dropout_prob", c.HiddenDropout, 0, 0.99),
		model.Real("attention_probs_dropout_prob", c.AttentionDropout, 0, 0.99),
		model.Real("classifier_dropout", *c.ClassifierDropout, 0, 0.99),
		model.Within("span_embedding_size", c.SpanEmbedding, 1, model.MaxWidth),
		model.Within("max_span_positions", c.SpanPositions, 1, model.MaxWidth),
		model.Real("initializer_range", c.InitializerRange, 0, 1e3),
		model.OneOf("position_embedding_type", c.PositionEmbedding, "absolute"),
		act,
	)
}
