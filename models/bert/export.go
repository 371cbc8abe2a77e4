package bert

import (
	"fmt"

	"github.com/nlp-zoo/zoo/model"
)

// ggufHead makes a file's metadata of a config.json. The files hold the encoder:
// the pooler and the heads of pre-training are left out, as llama.cpp does; other
// heads have no place.
func ggufHead(config []byte) (*model.GGUFHead, error) {
	c := defaults()
	if _, err := model.Parse(config, &c); err != nil {
		return nil, err
	}
	if c.HiddenAct != "gelu" {
		return nil, fmt.Errorf("bert: llama.cpp's files cannot say hidden_act %q", c.HiddenAct)
	}
	h := model.NewGGUFHead("bert", &c, ggufKeys)
	h.Strip = "bert."
	h.LeftOut = []string{"pooler.", "cls."}
	h.Put("{a}.attention.causal", false)
	h.Put("{a}.pooling_type", uint32(1)) // the mean, as sentence encoders do where nothing else is said
	h.Put("tokenizer.ggml.token_type_count", uint32(c.TypeVocabSize))
	return h, nil
}
