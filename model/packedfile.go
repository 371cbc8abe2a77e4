package model

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// A packed file holds the matrices of a checkpoint as they are packed, to be mapped
// instead of being made anew. It stands beside the checkpoint and is of use for it
// alone: see docs/format/packed.md.
const (
	packedMagic  = "zoopack1"
	packedAlign  = 4096 // where matrices begin
	packedHeader = 16 << 20
)

// packedIndex is the head of a packed file.
type packedIndex struct {
	Layout   int            `json:"layout"` // tensor.PackedVersion
	Source   string         `json:"source"` // what it was made of, see fingerprint
	Weights  string         `json:"weights"`
	Fast     bool           `json:"fast,omitempty"`
	Matrices []packedMatrix `json:"matrices"`
}

// packedMatrix is one matrix of a packed file.
type packedMatrix struct {
	Name    string `json:"name"`
	Form    string `json:"form"`
	Rows    int    `json:"rows"`
	Columns int    `json:"columns"`
	Offset  int    `json:"offset"` // from the start of the file
	Bytes   int    `json:"bytes"`
	CRC     uint32 `json:"crc32c"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// packedPath returns where the packed file of a checkpoint stands.
func (f *found) packedPath(s *settings) string {
	form := cmp.Or(strings.ToLower(s.weights), "own")
	if s.fast {
		form += "-fast"
	}
	if f.dir == f.path {
		return filepath.Join(f.path, "weights."+form+".packed")
	}
	return f.path + "." + form + ".packed"
}

// fingerprint tells one state of a checkpoint from another: by its config, the names,
// forms and shapes of its tensors, and the sizes and times of its files.
func (f *found) fingerprint() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(f.config), f.config)
	for _, name := range f.source.Names() {
		info, _ := f.source.Info(name)
		fmt.Fprintf(h, "%q %v %v\n", name, info.DType, info.Shape)
	}
	files := []string{f.path}
	if f.dir == f.path {
		files = nil
		for _, pattern := range []string{"*.safetensors", "*.bin", "*.gguf"} {
			some, err := filepath.Glob(filepath.Join(f.dir, pattern))
			if err != nil {
				return "", err
			}
			files = append(files, some...)
		}
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %d %d\n", filepath.Base(file), info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// WritePacked packs the checkpoint at path as Open with the same options does, and
// writes the result to a file beside it, which Open then maps instead. It returns the
// file's name.
func WritePacked(path string, options ...Option) (string, error) {
	var s settings
	for _, o := range options {
		o(&s)
	}
	f, err := find(path)
	if err != nil {
		return "", err
	}
	m, err := f.open(&s)
	if err != nil {
		return "", errors.Join(err, f.source.Close())
	}
	defer m.Close()
	to := f.packedPath(&s)
	index := packedIndex{Layout: tensor.PackedVersion, Weights: s.weights, Fast: s.fast}
	if index.Source, err = f.fingerprint(); err != nil {
		return "", fmt.Errorf("model: pack: %w", err)
	}
	if err := atomicfile.Write(to, func(w io.Writer) error { return index.write(w, m.Net) }); err != nil {
		return "", fmt.Errorf("model: pack: %w", err)
	}
	return to, nil
}

// write writes the packed matrices of net.
func (x *packedIndex) write(w io.Writer, net any) error {
	var data [][]byte
	seen := map[*nn.Param]bool{}
	nn.Walk(net, func(name string, p *nn.Param) {
		if seen[p] || p.Tensor == nil || p.PackedBytes() == nil {
			return
		}
		seen[p] = true
		raw := p.PackedBytes()
		data = append(data, raw)
		x.Matrices = append(x.Matrices, packedMatrix{
			Name: name, Form: p.Form().String(), Rows: p.Dim(0), Columns: p.Dim(1), Bytes: len(raw), CRC: crc32.Checksum(raw, castagnoli),
		})
	})
	// The offsets are part of the head, whose length is known once it has them.
	var head []byte
	for at, again := packedAlign, true; again; {
		end := at
		for i := range x.Matrices {
			x.Matrices[i].Offset = end
			end = (end + x.Matrices[i].Bytes + packedAlign - 1) / packedAlign * packedAlign
		}
		var err error
		if head, err = json.Marshal(x); err != nil {
			return err
		}
		need := (len(packedMagic) + 8 + len(head) + packedAlign - 1) / packedAlign * packedAlign
		again, at = need > at, max(need, at)
	}
	written := 0
	put := func(b []byte) error {
		n, err := w.Write(b)
		written += n
		return err
	}
	start := append([]byte(packedMagic), binary.LittleEndian.AppendUint64(nil, uint64(len(head)))...)
	if err := errors.Join(put(start), put(head)); err != nil {
		return err
	}
	for i, m := range x.Matrices {
		if err := errors.Join(put(make([]byte, m.Offset-written)), put(data[i])); err != nil {
			return err
		}
	}
	return nil
}

// packedFile is a packed file that is open.
type packedFile struct {
	file     *mmap.File
	matrices map[string]*tensor.Tensor
}

// Close unmaps the file.
func (p *packedFile) Close() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}

// given returns the matrix of a parameter, for nn.Given.
func (p *packedFile) given(name string, to *nn.Param) *tensor.Tensor {
	t := p.matrices[name]
	if t == nil || !to.Matrix || !slices.Equal(t.Shape(), to.Want) {
		return nil
	}
	return t
}

// openPacked maps the packed file of the checkpoint. It returns nil where there is
// none that fits the checkpoint as it is now, the options and this version of the
// layouts, and that is whole: then matrices are packed as without it.
func (f *found) openPacked(s *settings) *packedFile {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil
	}
	file, err := mmap.Open(f.packedPath(s))
	if err != nil {
		return nil
	}
	p := &packedFile{file, map[string]*tensor.Tensor{}}
	if err := f.fits(p, s); err != nil {
		_ = file.Close()
		return nil
	}
	return p
}

// fits checks a packed file, and enters its matrices.
func (f *found) fits(p *packedFile, s *settings) error {
	data := p.file.Bytes()
	begin := len(packedMagic) + 8
	if len(data) < begin || string(data[:len(packedMagic)]) != packedMagic {
		return errors.New("it is no packed file")
	}
	length := binary.LittleEndian.Uint64(data[len(packedMagic):])
	if length > packedHeader || int(length) > len(data)-begin {
		return errors.New("its head is cut short")
	}
	var x packedIndex
	if err := json.NewDecoder(bytes.NewReader(data[begin : begin+int(length)])).Decode(&x); err != nil {
		return err
	}
	source, err := f.fingerprint()
	if err != nil {
		return err
	}
	if x.Layout != tensor.PackedVersion || x.Source != source || !strings.EqualFold(x.Weights, s.weights) || x.Fast != s.fast {
		return errors.New("it is of another checkpoint, or another version")
	}
	check := checking{file: p.file, matrices: x.Matrices, bad: make([]bool, len(x.Matrices))}
	for _, m := range x.Matrices {
		if m.Offset < 0 || m.Bytes < 0 || m.Offset > len(data) || m.Bytes > len(data)-m.Offset {
			return fmt.Errorf("%s lies outside of the file", m.Name)
		}
		form, ok := tensor.ParseForm(m.Form)
		if !ok {
			return fmt.Errorf("%s is of an unknown form", m.Name)
		}
		if p.matrices[m.Name], err = tensor.FromPacked(form, m.Rows, m.Columns, data[m.Offset:m.Offset+m.Bytes]); err != nil {
			return err
		}
	}
	mmap.Populate(data)
	parallel.Default().Do(len(x.Matrices), 1, &check)
	if slices.Contains(check.bad, true) {
		return errors.New("its content is damaged")
	}
	return nil
}

// checking compares the checksums of matrices.
type checking struct {
	file     *mmap.File
	matrices []packedMatrix
	bad      []bool
}

// Run checks the matrices [lo,hi).
func (c *checking) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		m := &c.matrices[i]
		c.bad[i] = crc32.Checksum(c.file.Bytes()[m.Offset:m.Offset+m.Bytes], castagnoli) != m.CRC
	}
}

// HasPacked reports whether Open with those options maps a packed file.
func HasPacked(path string, options ...Option) bool {
	var s settings
	for _, o := range options {
		o(&s)
	}
	f, err := find(path)
	if err != nil {
		return false
	}
	p := f.openPacked(&s)
	return p != nil && errors.Join(p.Close(), f.source.Close()) == nil
}
