// Package llama2c reads the checkpoints of llama2.c
// (https://github.com/karpathy/llama2.c), in their first version: seven whole
// numbers and then all weights as float32. Tensors get the names and the order
// of rows that Hugging Face's Llama has.
package llama2c

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/tensor"
)

// header is the start of a file, as int32 in this order.
type header struct {
	Dim, Hidden, Layers, Heads, KVHeads, Vocab, Positions int

	tied bool // a negative vocabulary says that it is not
}

const headerBytes = 7 * 4

// A File is an open checkpoint. Any number of goroutines may read it.
type File struct {
	*entry.Table
	header header
	closer io.Closer
}

// Open opens the file at path, whose size must be just what its header says.
// Tensors are slices of the mapped file, but for those of queries and keys.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(path, m.Bytes(), m)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return f, nil
}

// Is reports whether data, a whole file, has the size that its first bytes, read
// as a header, ask for. The format has no other mark.
func Is(data []byte) bool {
	h, err := readHeader(data)
	return err == nil && h.size() == int64(len(data))
}

// Parse reads the header of data, a whole file. Name is for errors. Close closes
// closer, which may be nil; where Parse fails it does not.
func Parse(name string, data []byte, closer io.Closer) (*File, error) {
	where := entry.Where{Format: "llama2c", File: name}
	h, err := readHeader(data)
	if err != nil {
		return nil, where.Errorf("header: %w", err)
	}
	if want := h.size(); want != int64(len(data)) {
		return nil, where.Errorf("header: it stands for a file of %d bytes, this one has %d", want, len(data))
	}
	f := &File{Table: entry.NewTable(where), header: h, closer: closer}
	if err := f.add(data[headerBytes:]); err != nil {
		return nil, err
	}
	return f, nil
}

// Close unmaps the file. Its tensors must not be used afterwards.
func (f *File) Close() error { return entry.Close(f.closer) }

// readHeader reads the seven numbers, and bounds each so that no product of them
// that is a size overflows.
func readHeader(data []byte) (header, error) {
	if len(data) < headerBytes {
		return header{}, fmt.Errorf("%d bytes are too few", len(data))
	}
	if binary.LittleEndian.Uint32(data) == 0x616b3432 {
		return header{}, errors.New("versions after the first are not supported")
	}
	var n [7]int
	for i := range n {
		n[i] = int(int32(binary.LittleEndian.Uint32(data[4*i:])))
	}
	h := header{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[5] > 0}
	if !h.tied {
		h.Vocab = -h.Vocab
	}
	for _, c := range []struct {
		name     string
		n, limit int
	}{
		{"dim", h.Dim, 1 << 16}, {"hidden_dim", h.Hidden, 1 << 18}, {"n_layers", h.Layers, 1 << 10}, {"n_heads", h.Heads, 1 << 10},
		{"n_kv_heads", h.KVHeads, h.Heads}, {"vocab_size", h.Vocab, 1 << 22}, {"seq_len", h.Positions, 1 << 22},
	} {
		if c.n < 1 || c.n > c.limit {
			return h, fmt.Errorf("%s: %d is not from 1 to %d", c.name, c.n, c.limit)
		}
	}
	if h.Dim%(2*h.Heads) != 0 || h.Heads%h.KVHeads != 0 {
		return h, fmt.Errorf("n_heads: %d heads, %d of keys, do not divide a dim of %d into pairs", h.Heads, h.KVHeads, h.Dim)
	}
	return h, nil
}

func (h *header) headDim() int { return h.Dim / h.Heads }
func (h *header) kvDim() int   { return h.headDim() * h.KVHeads }

// size returns the size of the file in bytes.
func (h *header) size() int64 {
	dim := int64(h.Dim)
	embedding := int64(h.Vocab) * dim
	layer := 2*dim + 2*dim*dim + 2*int64(h.kvDim())*dim + 3*int64(h.Hidden)*dim
	n := embedding + dim + int64(h.Positions)*int64(h.headDim()) + int64(h.Layers)*layer
	if !h.tied {
		n += embedding
	}
	return headerBytes + 4*n
}

// Config returns what the header says under the keys of Hugging Face's config.json.
func (f *File) Config() map[string]any {
	h := &f.header
	return map[string]any{
		"model_type": "llama", "architectures": []string{"LlamaForCausalLM"},
		"hidden_size": h.Dim, "intermediate_size": h.Hidden, "num_hidden_layers": h.Layers,
		"num_attention_heads": h.Heads, "num_key_value_heads": h.KVHeads,
		"vocab_size": h.Vocab, "max_position_embeddings": h.Positions,
		"rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": h.tied,
		"bos_token_id": 1, "eos_token_id": 2,
	}
}

// reader hands out the numbers of a file in their order.
type reader struct {
	file *File
	data []byte
	err  error
}

// add enters all tensors: each kind stands in the file for all layers together.
func (f *File) add(data []byte) error {
	h, r := &f.header, &reader{file: f, data: data}
	r.one("model.embed_tokens.weight", h.Vocab, h.Dim)
	r.layers("input_layernorm", h.Dim)
	r.rotary("self_attn.q_proj", h.Heads)
	r.rotary("self_attn.k_proj", h.KVHeads)
	r.layers("self_attn.v_proj", h.kvDim(), h.Dim)
	r.layers("self_attn.o_proj", h.Dim, h.Dim)
	r.layers("post_attention_layernorm", h.Dim)
	r.layers("mlp.gate_proj", h.Hidden, h.Dim)
	r.layers("mlp.down_proj", h.Dim, h.Hidden)
	r.layers("mlp.up_proj", h.Hidden, h.Dim)
	r.one("model.norm.weight", h.Dim)
	r.take(h.Positions * h.headDim()) // tables of cosines and sines, which the model computes
	if !h.tied {
		r.one("lm_head.weight", h.Vocab, h.Dim)
	}
	return r.err
}

// take returns the bytes of the next n numbers. The size of the file was checked.
func (r *reader) take(n int) []byte {
	raw := r.data[:4*n]
	r.data = r.data[4*n:]
	return raw
}

func (r *reader) one(name string, shape ...int) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	r.err = errors.Join(r.err, r.file.Add(name, entry.Info{DType: tensor.F32, Shape: shape}, r.take(n)))
}

func layerName(layer int, part string) string {
	return fmt.Sprintf("model.layers.%d.%s.weight", layer, part)
}

func (r *reader) layers(part string, shape ...int) {
	for i := range r.file.header.Layers {
		r.one(layerName(i, part), shape...)
	}
}

// rotary enters projections whose rows are paired for rotation: here the two of
// a pair stand side by side, in Hugging Face's half a head apart.
func (r *reader) rotary(part string, heads int) {
	h := &r.file.header
	rows := heads * h.headDim()
	for i := range h.Layers {
		raw := r.take(rows * h.Dim)
		load := func() ([]byte, error) { return entry.SwapRows(raw, heads, h.headDim()/2, 2, 4*h.Dim), nil }
		info := entry.Info{DType: tensor.F32, Shape: []int{rows, h.Dim}}
		r.err = errors.Join(r.err, r.file.AddLoad(layerName(i, part), info, load))
	}
}
