package llama

import (
	"github.com/nlp-zoo/zoo/model"
)

// member is what distinguishes one member of the family beyond its sizes.
type member struct {
	windows windows
	qkvBias bool // biases of q, k and v alone
	qkNorm  bool // norms over each head of q and k
}

// windows tells which layers a sliding window narrows.
type windows uint8

const (
	noLayer    windows = iota
	everyLayer         // that is, where sliding_window is not null
	someLayers         // as use_sliding_window, max_window_layers and layer_types say
)

// members holds the defaults of each member. Code Llama, Alpaca and Vicuna are
// llama in all but their weights.
var members = []struct {
	modelType, paper string
	gguf             *model.GGUF
	defaults         Config
}{
	{"llama", "Llama 2: Open Foundation and Fine-Tuned Chat Models, arXiv:2307.09288", ggufLlama,
		Config{MaxPositions: 2048}},
	{"mistral", "Mistral 7B, arXiv:2310.06825", ggufMistral,
		Config{MaxPositions: 131072, NumKeyValueHeads: 8, SlidingWindow: 4096, member: member{windows: everyLayer}}},
	{"qwen2", "Qwen2.5 Technical Report, arXiv:2412.15115", ggufQwen2,
		Config{MaxPositions: 32768, NumKeyValueHeads: 32, SlidingWindow: 4096, MaxWindowLayers: 28,
			member: member{windows: someLayers, qkvBias: true}}},
	{"qwen3", "Qwen3 Technical Report, arXiv:2505.09388", ggufQwen3,
		Config{MaxPositions: 32768, NumKeyValueHeads: 32, HeadDim: 128, SlidingWindow: 4096, MaxWindowLayers: 28,
			member: member{windows: someLayers, qkNorm: true}}},
}

func init() {
	for _, m := range members {
		headFor(m.gguf, m.defaults)
		model.Register(model.Species{
			Type: m.modelType, Family: "llama", Paper: m.paper, GGUF: m.gguf,
			Tasks: []string{"generate", "embed", "classify"}, Objective: "causal",
			Build: func(config []byte, arch string) (any, error) {
				c := m.defaults
				if _, err := model.Parse(config, &c); err != nil {
					return nil, err
				}
				return declare(&c, arch)
			},
		})
	}
}
