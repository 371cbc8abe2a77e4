package ollama

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/model"
)

// A List is the answer of GET /api/tags.
type List struct {
	Models []ListedModel `json:"models"`
}

// A ListedModel is a model that there is.
type ListedModel struct {
	Name         string    `json:"name"`
	Model        string    `json:"model"`
	ModifiedAt   time.Time `json:"modified_at"`
	Size         int64     `json:"size"`
	Digest       string    `json:"digest"`
	Details      Details   `json:"details"`
	Capabilities []string  `json:"capabilities,omitempty"`
}

// Running is the answer of GET /api/ps.
type Running struct {
	Models []RunningModel `json:"models"`
}

// A RunningModel is a model that is open.
type RunningModel struct {
	Name          string    `json:"name"`
	Model         string    `json:"model"`
	Size          int64     `json:"size"`
	Digest        string    `json:"digest"`
	Details       Details   `json:"details"`
	ExpiresAt     time.Time `json:"expires_at"`
	SizeVRAM      int64     `json:"size_vram"` // no model is in a GPU's memory
	ContextLength int       `json:"context_length"`
}

// Details are what kind of model it is.
type Details struct {
	ParentModel       string   `json:"parent_model"`
	Format            string   `json:"format"`
	Family            string   `json:"family"`
	Families          []string `json:"families"`
	ParameterSize     string   `json:"parameter_size"`
	QuantizationLevel string   `json:"quantization_level"`
	ContextLength     int      `json:"context_length,omitempty"`
	EmbeddingLength   int      `json:"embedding_length,omitempty"`
}

// Show is the answer of POST /api/show.
type Show struct {
	Modelfile    string         `json:"modelfile"`
	Parameters   string         `json:"parameters,omitempty"`
	Template     string         `json:"template,omitempty"`
	Details      Details        `json:"details"`
	ModelInfo    map[string]any `json:"model_info"`
	Capabilities []string       `json:"capabilities"`
	ModifiedAt   time.Time      `json:"modified_at"`
}

// DetailsOf returns what a checkpoint's headers tell.
func DetailsOf(info model.Info) Details {
	return Details{
		Format: info.Format, Family: info.Type, Families: []string{info.Type}, ParameterSize: Short(info.Parameters),
		QuantizationLevel: level(info.Forms), ContextLength: info.Context, EmbeddingLength: info.HiddenSize,
	}
}

// level names the form that most values are in.
func level(forms []model.Form) string {
	name, most := "", 0
	for _, f := range forms {
		if f.Values > most {
			name, most = f.DType.String(), f.Values
		}
	}
	return strings.ToUpper(name)
}

// Short writes a number of parameters as Ollama does: 1.3B, 137M, 12.5K.
func Short(n int) string {
	for _, unit := range []struct {
		size int
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}} {
		if n >= unit.size {
			return strconv.FormatFloat(float64(n/(unit.size/100))/100, 'g', 4, 64) + unit.name
		}
	}
	return strconv.Itoa(n)
}

// Digest returns a digest that stays the same as long as a model's headers do. It is
// not one of the weights, which are not read for it.
func Digest(name string, info model.Info) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%d\n%d\n%s", name, info.Format, info.Parameters, info.Bytes, info.Config)
	return hex.EncodeToString(h.Sum(nil))
}

// InfoOf returns a checkpoint's numbers under the names of GGUF's metadata.
func InfoOf(info model.Info) map[string]any {
	all := map[string]any{
		"general.architecture":     info.Type,
		"general.parameter_count":  info.Parameters,
		info.Type + ".block_count": info.Layers,
		info.Type + ".vocab_size":  info.Vocab,
	}
	for key, n := range map[string]int{".context_length": info.Context, ".embedding_length": info.HiddenSize} {
		if n > 0 {
			all[info.Type+key] = n
		}
	}
	return all
}

// Modelfile returns the text that stands for a model of that name.
func Modelfile(name, parameters string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The checkpoint itself says how it is run.\nFROM %s\n", name)
	for line := range strings.Lines(parameters) {
		b.WriteString("PARAMETER " + line)
	}
	return b.String()
}

// Parameters writes how a checkpoint wants to be sampled.
func Parameters(g model.GenerationConfig) string {
	if !g.DoSample {
		return ""
	}
	var b strings.Builder
	for _, p := range []struct {
		name  string
		value float64
	}{{"temperature", g.Temperature}, {"top_k", float64(g.TopK)}, {"top_p", g.TopP}, {"min_p", g.MinP}, {"repeat_penalty", g.RepetitionPenalty}} {
		if p.value != 0 {
			fmt.Fprintf(&b, "%-30s %s\n", p.name, strconv.FormatFloat(p.value, 'g', -1, 64))
		}
	}
	return b.String()
}
