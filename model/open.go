package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Model is a checkpoint that is open: the network with its weights, and what
// lies beside them. Net and Tokenizer are safe for use by many goroutines.
type Model struct {
	Path       string
	Config     []byte // config.json, or what the file's own header stands for
	Species    Species
	Net        any                  // see the interfaces of this package
	Tokenizer  *tokenizer.Tokenizer // nil if the checkpoint has none
	Generation GenerationConfig
	Source     checkpoint.Source // the weights, mapped

	changed  bool  // see Then
	archived files // beside the weights in an archive

	packed *tensor.Room // where the matrices lie; nil if they are not packed
	mapped *packedFile  // or where they lie ready-made; nil: nowhere
}

// Close unmaps the weights, and gives the memory of packed ones back. The network
// must not be used after it.
func (m *Model) Close() error {
	return errors.Join(m.packed.Close(), m.mapped.Close(), m.Source.Close())
}

// An Option changes how Open opens.
type Option func(*settings)

type settings struct {
	tokenizer string
	plain     bool
	weights   string
	fast      bool
	then      func(m *Model) error
	base      *Model // see Sharing
}

// Tokenizer has Open take the tokenizer at path, a file or a folder, instead of
// that beside the checkpoint.
func Tokenizer(path string) Option { return func(s *settings) { s.tokenizer = path } }

// Plain has Open leave the weights in the form of their file, mapped, instead of
// packing them: for nn.Trainable, or for reading them.
func Plain() Option { return func(s *settings) { s.plain = true } }

// Then has Open call change, which may change the network, when all else is done: attach
// an adapter to it, for one. What Export writes is then the changed network.
func Then(change func(m *Model) error) Option { return func(s *settings) { s.then = change } }

// Open opens the checkpoint at path: a folder with a config.json, a GGUF file, a
// llama2.c file, or a file of weights beside its config.json. What is wrong with
// any of its files is told by the error; nothing is read past what its header
// has been found to allow.
func Open(path string, options ...Option) (*Model, error) {
	var s settings
	for _, o := range options {
		o(&s)
	}
	f, err := find(path)
	if err != nil {
		return nil, err
	}
	m, err := f.open(&s)
	if err != nil {
		return nil, errors.Join(err, f.source.Close())
	}
	return m, nil
}

func (f *found) open(s *settings) (*Model, error) {
	m := &Model{Path: f.path, Config: f.config, Source: f.source, archived: f.archived}
	var err error
	if m.Species, m.Net, err = build(f.config); err != nil {
		return nil, fmt.Errorf("%w (%s)", err, f.path)
	}
	if m.Generation, err = parseGeneration(f.config, f.generation); err != nil {
		return nil, fmt.Errorf("%w (%s)", err, f.path)
	}
	read := f.readTokenizer(s) // beside the weights: it takes one thread a while
	var options []nn.Option
	if s.base != nil {
		given, err := m.shared(s.base)
		if err != nil {
			<-read
			return nil, err
		}
		options = append(options, given)
	} else if !s.plain {
		choose, err := m.choice(s)
		if err != nil {
			<-read
			return nil, fmt.Errorf("%w (%s)", err, f.path)
		}
		m.packed = &tensor.Room{}
		options = append(options, nn.Packed(choose, m.packed))
		if f.embedded {
			s = &settings{} // no file lies beside it
		} else if m.mapped = f.openPacked(s); m.mapped != nil {
			options = append(options, nn.Given(m.mapped.given))
		}
	}
	err = f.load(m.Net, options...)
	t := <-read
	if err = errors.Join(err, t.err); err != nil {
		return nil, errors.Join(fmt.Errorf("model: %s: %w", f.path, err), m.packed.Close(), m.mapped.Close())
	}
	m.Tokenizer = t.tokenizer
	if r, ok := f.source.(interface{ Rest() }); ok {
		r.Rest()
	}
	if s.then != nil {
		m.changed = true
		if err := s.then(m); err != nil {
			return nil, errors.Join(err, m.packed.Close(), m.mapped.Close())
		}
	}
	return m, nil
}

// readTokenizer is tokenizer on a goroutine of its own, or that of the base.
func (f *found) readTokenizer(s *settings) <-chan readTokenizer {
	done := make(chan readTokenizer, 1)
	if s.base != nil {
		done <- readTokenizer{s.base.Tokenizer, nil}
		return done
	}
	go func() {
		t, err := f.tokenizer(s.tokenizer)
		done <- readTokenizer{t, err}
	}()
	return done
}

type readTokenizer struct {
	tokenizer *tokenizer.Tokenizer
	err       error
}

// found is a checkpoint whose headers have been read.
type found struct {
	path       string // as given
	dir        string // where its files lie
	format     string
	config     []byte
	parsed     map[string]any // of config, for a GGUF file
	generation []byte
	source     checkpoint.Source
	archived   files // beside the weights in an archive; nil: it is none
	embedded   bool
}

// find reads the headers of the checkpoint at path.
func find(path string) (*found, error) {
	if f, err := findEmbedded(path); f != nil || err != nil {
		return f, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	f := &found{path: path, dir: filepath.Dir(path)}
	if info.IsDir() {
		f.dir = path
		if path, err = weightsIn(path); err != nil {
			return nil, err
		}
	}
	if f.source, err = checkpoint.Open(path); err != nil {
		return nil, err
	}
	return f, f.readHeader()
}

// readHeader reads what lies beside the weights, and closes them on an error.
func (f *found) readHeader() error {
	if src, archived := unpacked(f.source); archived != nil {
		f.source, f.archived = src, archived
	}
	if err := f.readConfig(); err != nil {
		return errors.Join(err, f.source.Close())
	}
	return nil
}

// read reads a small file beside the weights.
func (f *found) read(name string) ([]byte, error) {
	if f.archived != nil {
		return f.archived.read(name)
	}
	return readIn(f.dir, name)
}

// weightsIn returns what to open in a folder: the folder itself if it has a
// config.json, or else its only GGUF file.
func weightsIn(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
		return dir, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.gguf"))
	if err == nil && len(files) == 1 {
		return files[0], nil
	}
	return "", fmt.Errorf("model: %s: there is no config.json, and not just one .gguf file", dir)
}

func (f *found) readConfig() error {
	var parsed map[string]any
	switch src := f.source.(type) {
	case checkpoint.Metadata:
		f.format = "gguf"
		s, err := f.gguf(src)
		if err != nil {
			return err
		}
		if parsed, err = s.GGUF.Config(src); err != nil {
			return fmt.Errorf("model: %s: %w", f.path, err)
		}
		f.parsed = parsed
	case checkpoint.Configured:
		f.format, parsed = "llama2.c", src.Config()
	default:
		f.format = "huggingface"
		var err error
		if f.archived != nil {
			f.format = ArchiveFormat
		}
		if f.config, err = f.read("config.json"); err != nil {
			return fmt.Errorf("model: %w", err)
		}
		f.generation, err = f.read("generation_config.json")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("model: %w", err)
		}
		return nil
	}
	var err error
	f.config, err = json.Marshal(parsed)
	return err
}

func (f *found) gguf(src checkpoint.Metadata) (Species, error) {
	value, _ := src.KV("general.architecture")
	architecture, _ := value.(string)
	s, ok := forGGUF(architecture)
	if !ok {
		return s, fmt.Errorf("model: %s: general.architecture: %q is not known", f.path, architecture)
	}
	return s, nil
}

// load fills net. The tensors of a GGUF file have other names than the model's,
// and every matrix is [out,in].
func (f *found) load(net any, options ...nn.Option) error {
	src, ok := f.source.(checkpoint.Metadata)
	if f.archived != nil {
		options = append(options, nn.Untransposed())
	}
	if !ok {
		return Load(net, f.source, options...)
	}
	s, err := f.gguf(src)
	if err != nil {
		return err
	}
	renamed, err := checkpoint.Renamed(f.source, s.GGUF.Names(f.parsed))
	if err != nil {
		return err
	}
	return Load(net, renamed, append(options, nn.Untransposed())...)
}

// maxConfig bounds the text of a config: published ones are below 1 MiB.
const maxConfig = 16 << 20

// readIn reads a small file of a folder; a link cannot lead out of it.
func readIn(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = fmt.Errorf("%s: %s is larger than %d bytes", dir, name, maxConfig)
	}
	return data, err
}
