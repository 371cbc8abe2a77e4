package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// The formats that Export writes.
const (
	SafetensorsFormat = "safetensors" // a folder as transformers has it
	GGUFFormat        = "gguf"        // a file as llama.cpp has it
	ArchiveFormat     = "archive"     // transformers' folder in one file, with weights of any form
)

// ExportOptions say what Export writes.
type ExportOptions struct {
	Format  string // "" goes by the name: GGUFFormat for *.gguf, else SafetensorsFormat
	Weights string // the form of matrices, one of WeightForms; "" keeps that of the source
	Force   bool   // what is there already is replaced
}

// Exported tells what Export wrote.
type Exported struct {
	Path    string   `json:"path"`
	Format  string   `json:"format"`
	Tensors int      `json:"tensors"`
	Bytes   int      `json:"bytes"`              // of the weights
	LeftOut []string `json:"left_out,omitempty"` // tensors that the format has no place for
}

// Export opens the checkpoint at path and writes it to dst in another format: its
// weights under the names and in the order that the format has, what is known of
// its config, and its tokenizer. Values change only where options.Weights or the
// format asks for another form. A file is written whole or not at all, and so is
// a folder that was not there. What the format cannot say is an error.
func Export(path, dst string, o ExportOptions, options ...Option) (Exported, error) {
	if o.Format == "" {
		o.Format = SafetensorsFormat
		if strings.EqualFold(filepath.Ext(dst), ".gguf") {
			o.Format = GGUFFormat
		}
	}
	if !slices.Contains([]string{SafetensorsFormat, GGUFFormat, ArchiveFormat}, o.Format) {
		return Exported{}, fmt.Errorf("model: export: format: %q is none of %s, %s and %s", o.Format, SafetensorsFormat, GGUFFormat, ArchiveFormat)
	}
	f, err := parseForm(o.Weights, o.Format)
	if err != nil {
		return Exported{}, err
	}
	if err := free(path, dst, o); err != nil {
		return Exported{}, err
	}
	m, err := Open(path, append(slices.Clone(options), Plain())...)
	if err != nil {
		return Exported{}, err
	}
	defer m.Close()
	x := &export{Model: m, form: f, Exported: Exported{Path: dst, Format: o.Format}}
	switch o.Format {
	case GGUFFormat:
		err = x.writeGGUF()
	case ArchiveFormat:
		err = x.writeArchive()
	default:
		err = x.writeFolder()
	}
	if err != nil {
		return Exported{}, fmt.Errorf("model: export: %s: %w", path, err)
	}
	return x.Exported, nil
}

// free fails if something is at dst that Export is not to replace.
func free(path, dst string, o ExportOptions) error {
	to, err := os.Stat(dst)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("model: export: %w", err)
	}
	if from, err := os.Stat(path); err == nil && os.SameFile(from, to) {
		return fmt.Errorf("model: export: %s: it is the source", dst)
	}
	if to.IsDir() != (o.Format == SafetensorsFormat) {
		return fmt.Errorf("model: export: %s: %s needs a file or folder of another kind", dst, o.Format)
	}
	if to.IsDir() {
		if entries, err := os.ReadDir(dst); err == nil && len(entries) == 0 {
			return nil
		}
	}
	if !o.Force {
		return fmt.Errorf("model: export: %s: it is there already", dst)
	}
	return nil
}

// export is one call of Export.
type export struct {
	*Model
	form
	Exported
}

// count enters what is written into the account.
func (x *export) count(tensors []checkpoint.Tensor) error {
	x.Tensors = len(tensors)
	for _, t := range tensors {
		n, err := tensor.StoredSize(t.DType, t.Shape...)
		if err != nil {
			return err
		}
		x.Bytes += n
	}
	return nil
}

// sourced returns the weights as the source has and names them.
func sourced(src checkpoint.Source) (all []weight) {
	for _, name := range src.Names() {
		info, _ := src.Info(name)
		all = append(all, weight{name, info, func() (*tensor.Tensor, error) { return src.Tensor(name) }})
	}
	return all
}

// huggingFace tells whether the source has transformers' files.
func (x *export) huggingFace() bool {
	switch x.Source.(type) {
	case checkpoint.Metadata, checkpoint.Configured:
		return false
	}
	return true
}

// named returns the weights under Hugging Face's names, once each.
func (x *export) named() (all []weight) {
	if x.huggingFace() && !x.changed && x.archived == nil {
		return sourced(x.Source)
	}
	for name, t := range nn.Weights(x.Net) {
		info := checkpoint.Info{DType: t.DType(), Shape: t.Shape()}
		if was, ok := x.Source.Info(name); ok && x.huggingFace() { // a change leaves the form as it was
			info.DType = was.DType
		}
		all = append(all, weight{name, info, func() (*tensor.Tensor, error) { return t, nil }})
	}
	return all
}

// writeFolder writes weights, config and tokenizer as transformers has them.
func (x *export) writeFolder() error {
	var tensors []checkpoint.Tensor
	for _, w := range x.named() {
		tensors = append(tensors, x.tensor(w))
	}
	if err := x.count(tensors); err != nil {
		return err
	}
	files, err := x.files(mostly(tensors))
	if err != nil {
		return err
	}
	write := func(dir string) error {
		if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), map[string]string{"format": "pt"}, tensors); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			err := atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error { _, err := w.Write(files[name]); return err })
			if err != nil {
				return err
			}
		}
		return nil
	}
	if entries, err := os.ReadDir(x.Exported.Path); err == nil && len(entries) > 0 {
		if err := write(x.Exported.Path); err != nil {
			return err
		}
		return dropOld(x.Exported.Path, files)
	}
	return newFolder(x.Exported.Path, write)
}

// dropOld removes from a folder the files of another model's tokenizer, which would
// be read instead of, or along with, those that were written.
func dropOld(dir string, written map[string][]byte) error {
	var errs []error
	for _, name := range beside {
		if _, ok := written[name]; ok {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// newFolder has write fill a folder, which takes its name when it is whole.
func newFolder(path string, write func(dir string) error) error {
	path = filepath.Clean(path)
	dir, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
	if err != nil {
		return err
	}
	if err = os.Chmod(dir, 0o755); err == nil {
		err = write(dir)
	}
	if err == nil {
		_ = os.Remove(path) // an empty folder: not every system renames over it
		err = os.Rename(dir, path)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}

// beside are the files of a folder that go along unchanged.
var beside = []string{
	"generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json",
	"merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model", "spm.model", "chat_template.jinja",
	"chat_template.json",
}

// maxBeside bounds a file that is copied: vocabularies are below 64 MiB.
const maxBeside = 256 << 20

// files returns what stands beside the weights, by name.
func (x *export) files(d tensor.DType) (map[string][]byte, error) {
	config, err := x.config(d)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"config.json": config}
	if !x.huggingFace() {
		return files, x.make(files)
	}
	if x.archived != nil {
		for _, name := range beside {
			if data, ok := x.archived[name]; ok {
				files[name] = data
			}
		}
		return files, nil
	}
	dir := x.Model.Path
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, name := range beside {
		if err := take(files, root, name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// take reads a file of a folder, if there is one.
func take(files map[string][]byte, root *os.Root, name string) error {
	file, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, fmt.Errorf("%s: it is not a regular file", name))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxBeside+1))
	if err == nil && len(data) > maxBeside {
		err = fmt.Errorf("%s is larger than %d bytes", name, maxBeside)
	}
	files[name] = data
	return err
}

// config returns config.json, in which the form of the weights is set right.
func (x *export) config(d tensor.DType) ([]byte, error) {
	if x.keep && x.huggingFace() {
		return x.Config, nil
	}
	fields, err := configFields(x.Config)
	if err != nil {
		return nil, err
	}
	delete(fields, "dtype")
	fields["torch_dtype"] = torchDType(d)
	return json.MarshalIndent(fields, "", "  ")
}

// configFields decodes config.json, numbers as they are written.
func configFields(config []byte) (map[string]any, error) {
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber()
	return fields, d.Decode(&fields)
}

// make adds the files that Hugging Face would have for a tokenizer of another format.
func (x *export) make(files map[string][]byte) error {
	ids := map[string]any{}
	for name, list := range map[string]TokenIDs{"bos_token_id": x.Generation.BOS, "eos_token_id": x.Generation.EOS, "pad_token_id": x.Generation.PAD} {
		if len(list) > 0 {
			ids[name] = list[0]
		}
	}
	if len(ids) > 0 {
		text, err := json.MarshalIndent(ids, "", "  ")
		if err != nil {
			return err
		}
		files["generation_config.json"] = text
	}
	if x.Tokenizer == nil {
		return nil
	}
	made, err := x.Tokenizer.Files()
	maps.Copy(files, made)
	return err
}

// writeGGUF writes one file as llama.cpp has it.
func (x *export) writeGGUF() error {
	keys, weights, extra, err := x.ggufParts()
	if err != nil {
		return err
	}
	if x.mix.name != "" {
		x.forms = x.mix.forms(keys, weights)
	}
	tensors := slices.Clone(extra)
	for _, w := range weights {
		tensors = append(tensors, x.tensor(w))
	}
	if err := x.count(tensors); err != nil {
		return err
	}
	d := mostly(tensors)
	keys = slices.DeleteFunc(keys, func(kv gguf.KV) bool {
		return kv.Key == "general.file_type" || kv.Key == "general.quantization_version"
	})
	number := fileType(d)
	if x.mix.name != "" {
		number = x.mix.number
	}
	keys = append(keys, gguf.KV{Key: "general.file_type", Value: number})
	if values, _ := d.Block(); values > 1 {
		keys = append(keys, gguf.KV{Key: "general.quantization_version", Value: uint32(2)})
	}
	return gguf.Write(x.Exported.Path, keys, tensors, 32)
}

// ggufParts returns the metadata, the weights under the file's names, and tensors
// that go along as they are.
func (x *export) ggufParts() ([]gguf.KV, []weight, []checkpoint.Tensor, error) {
	if src, ok := x.Source.(checkpoint.Metadata); ok {
		if x.changed {
			return nil, nil, nil, errors.New("a change to the weights of a GGUF file can be written to a folder only")
		}
		var keys []gguf.KV
		for _, key := range src.Keys() {
			if v, ok := src.KV(key); ok && key != "general.alignment" && !strings.HasPrefix(key, "split.") {
				keys = append(keys, gguf.KV{Key: key, Value: v})
			}
		}
		return keys, sourced(src), nil, nil
	}
	spec := x.Species.GGUF
	if spec == nil || spec.Head == nil {
		return nil, nil, nil, fmt.Errorf("llama.cpp's files have no form for %s", x.Species.Type)
	}
	h, err := spec.Head(x.Config)
	if err != nil {
		return nil, nil, nil, err
	}
	weights, err := x.turned(h, spec)
	if err != nil {
		return nil, nil, nil, err
	}
	if name := filepath.Base(x.Model.Path); name != "." && name != string(filepath.Separator) {
		h.Put("general.name", strings.TrimSuffix(name, ".bin"))
	}
	err = x.ids(h, weights)
	return h.Keys, weights, h.Tensors, err
}

// ids adds the tokenizer, and the special tokens that the config names.
func (x *export) ids(h *GGUFHead, weights []weight) error {
	vocab := 0
	for _, w := range weights {
		if w.name == "token_embd.weight" {
			vocab = w.Shape[0]
		}
	}
	h.Put("{a}.vocab_size", uint32(vocab))
	if x.Tokenizer == nil {
		h.Put("tokenizer.ggml.model", "none")
	} else {
		keys, err := x.Tokenizer.GGUF(vocab)
		if err != nil {
			return err
		}
		h.putAll(keys)
	}
	g := x.Generation
	for key, list := range map[string]TokenIDs{"bos": g.BOS, "eos": g.EOS, "padding": g.PAD} {
		key = "tokenizer.ggml." + key + "_token_id"
		if len(list) > 0 && list[0] >= 0 && !slices.ContainsFunc(h.Keys, func(kv gguf.KV) bool { return kv.Key == key }) {
			h.Put(key, uint32(list[0]))
		}
	}
	slices.SortFunc(h.Keys[1:], func(a, b gguf.KV) int { return strings.Compare(a.Key, b.Key) })
	return nil
}

// turned returns the weights of the network under the file's names, every matrix
// [out,in].
func (x *export) turned(h *GGUFHead, spec *GGUF) ([]weight, error) {
	params := paramSource(x.Net, h.Strip)
	renamed, err := checkpoint.Renamed(params, checkpoint.Invert(spec.Names(h.Config)))
	if err != nil {
		return nil, err
	}
	var kept []weight
	for _, w := range sourced(renamed) {
		if _, same := params[w.name]; !same {
			kept = append(kept, w)
			continue
		}
		if !slices.ContainsFunc(h.LeftOut, func(begin string) bool { return strings.HasPrefix(w.name, begin) }) {
			return nil, fmt.Errorf("llama.cpp's files of %s have no place for %s", h.Architecture, w.name)
		}
		x.LeftOut = append(x.LeftOut, w.name)
	}
	return kept, nil
}

// params are the parameters of a network by name, as it multiplies by them.
type params map[string]*tensor.Tensor

// paramSource returns the parameters of net, each once, without strip before their
// names. Those of a part alone get the names that they have in the whole.
func paramSource(net any, strip string) params {
	all, seen := params{}, map[*nn.Param]bool{}
	nn.Walk(net, func(name string, p *nn.Param) {
		if !seen[p] && p.Tensor != nil {
			seen[p] = true
			all[strings.TrimPrefix(name, strip)] = p.Tensor
		}
	})
	b, ok := net.(nn.Based)
	if !ok {
		return all
	}
	for name := range all {
		if strings.HasPrefix(name, b.Base()+".") {
			return all
		}
	}
	whole := params{}
	for name, t := range all {
		whole[b.Base()+"."+name] = t
	}
	return whole
}

func (p params) Names() []string { return slices.Sorted(maps.Keys(p)) }
func (p params) Close() error    { return nil }

func (p params) Info(name string) (checkpoint.Info, bool) {
	t, ok := p[name]
	if !ok {
		return checkpoint.Info{}, false
	}
	return checkpoint.Info{DType: t.DType(), Shape: t.Shape()}, true
}

func (p params) Tensor(name string) (*tensor.Tensor, error) {
	if t, ok := p[name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("there is no parameter %s", name)
}
