// Command sinusoids sets the position embeddings of a BERT to sines and cosines
// (arXiv:1706.03762, section 3.5), as large as its words. A masked language model
// begins to learn once its attention has found out where neighbours are, and a small
// one that has to learn positions first may not come to that in the time it has. They
// are trained on from there like everything else.
//
//	go run ./tools/sinusoids SRC DST
package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
)

// table begins the names of the embeddings.
const table = "bert.embeddings."

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "sinusoids: usage: sinusoids SRC DST")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sinusoids: "+err.Error())
		os.Exit(1)
	}
}

func run(from, to string) error {
	src, err := checkpoint.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	words, _, err := values(src, table+"word_embeddings.weight")
	if err != nil {
		return err
	}
	var all []checkpoint.Tensor
	for _, name := range src.Names() {
		x, width, err := values(src, name)
		if err != nil {
			return err
		}
		if name == table+"position_embeddings.weight" {
			positions(x, width, math.Sqrt2*deviation(words))
		}
		raw := make([]byte, 0, 4*len(x))
		for _, v := range x {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		info, _ := src.Info(name)
		all = append(all, entry.FromBytes(name, info, raw))
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
			return err
		}
	}
	return safetensors.Write(filepath.Join(to, "model.safetensors"), map[string]string{"format": "pt"}, all)
}

// values returns a float32 tensor, and the length of its rows.
func values(src checkpoint.Source, name string) ([]float32, int, error) {
	t, err := src.Tensor(name)
	if err != nil {
		return nil, 0, err
	}
	x := make([]float32, t.Len())
	t.Float32s(x, 0)
	return x, t.Dim(-1), nil
}

// deviation returns the standard deviation of x.
func deviation(x []float32) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(x))
	return math.Sqrt(squares/n - sum/n*sum/n)
}

// positions fills a table with sines, in the first half of each row, and cosines.
func positions(x []float32, width int, size float64) {
	half := width / 2
	for i := range x {
		at, dim := i/width, i%width
		angle := float64(at) * math.Pow(10000, -float64(dim%half)/float64(half))
		v := math.Cos(angle)
		if dim < half {
			v = math.Sin(angle)
		}
		x[i] = float32(size * v)
	}
}
