package llama_test

import (
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		path, format, kind     string
		parameters, forms, ctx int
	}{
		{"testdata/tied", "huggingface", "llama", 25760, 1, 64},
		{"testdata/tied/model.gguf", "gguf", "llama", 25760, 1, 64},
		{"testdata/gqa-bf16", "huggingface", "llama", 19616, 1, 64},
		{"testdata/gguf-mixed/model.gguf", "gguf", "llama", 39072, 8, 64},
		{"testdata/qwen2/model.gguf", "gguf", "qwen2", 25248, 1, 64},
	} {
		info, err := model.Describe(c.path)
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Format != c.format || info.Type != c.kind || info.Family != "llama" || info.Parameters != c.parameters ||
			len(info.Forms) != c.forms || info.Context != c.ctx {
			t.Errorf("Describe(%s): %d parameters of %s, format %s, %d forms, context %d", c.path, info.Parameters, info.Type, info.Format, len(info.Forms), info.Context)
		}
		values, bytes := 0, 0
		for _, f := range info.Forms {
			values, bytes = values+f.Values, bytes+f.Bytes
		}
		if values != info.Parameters || bytes != info.Bytes || c.path == "testdata/gqa-bf16" && info.Forms[0].DType != tensor.BF16 {
			t.Errorf("Describe(%s): forms are %+v of %d bytes", c.path, info.Forms, info.Bytes)
		}
	}
}
