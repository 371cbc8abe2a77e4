package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/internal/parallel"
)

// Kind is what is learnt.
type Kind string

// The kinds.
const (
	BPE       Kind = "bpe"       // byte-pair encoding of characters (Sennrich et al. 2016)
	ByteBPE   Kind = "byte-bpe"  // byte-pair encoding of bytes (Radford et al. 2019)
	WordPiece Kind = "wordpiece" // BERT's: learnt as BPE, applied by the longest match
	Unigram   Kind = "unigram"   // the unigram language model (Kudo 2018)
	Char      Kind = "char"      // the characters of the corpus
	Byte      Kind = "byte"      // the 256 bytes
)

// Kinds lists the kinds.
var Kinds = []Kind{BPE, ByteBPE, WordPiece, Unigram, Char, Byte}

// Config says what is learnt and how. [Preset] gives one of a known family.
type Config struct {
	Kind Kind
	// VocabSize is the number of tokens, special ones and alphabet included. It is
	// an upper limit: a corpus may not hold so many. For Char, 0 stands for all
	// characters; for Byte, the only size is 256 and the special tokens.
	VocabSize int
	// MinFrequency is how often a pair occurs that is merged.
	MinFrequency int
	// Special are the tokens that no text becomes, which get the first ids.
	Special []string
	// Reserved are tokens that get the next ids and are not special.
	Reserved []string
	// Unknown is the token for what the vocabulary cannot write; "" for none. It is
	// put before Special where it is not among them.
	Unknown string

	// Alphabet are characters that are in the vocabulary whether the corpus has
	// them or not.
	Alphabet []rune
	// LimitAlphabet is the largest number of characters, the most frequent ones;
	// 0 for no limit.
	LimitAlphabet int
	// Prefix stands before tokens that do not begin a word, Suffix behind those that
	// end one.
	Prefix, Suffix string
	// MaxTokenLength stops pairs from being counted that would make a token of so
	// many characters or more, as in Hugging Face's trainers; 0 for no limit. For
	// Unigram it is the number of characters of the longest piece; 0 stands for 16.
	MaxTokenLength int
	// ByteFallback adds a token for each byte, <0x00> to <0xFF>, by which characters
	// outside the vocabulary are written.
	ByteFallback bool
	// Coverage is the share of a corpus's characters that Unigram has pieces for,
	// SentencePiece's character_coverage; 0 stands for 0.9995.
	Coverage float64

	// WholeLines counts lines with their ends, as Hugging Face's trainers do with
	// files. SentencePiece's take them without.
	WholeLines bool
	// Normalizer and the rest are as tokenizer.json has them; nil for none.
	Normalizer, PreTokenizer, Decoder json.RawMessage
	// Template says which special tokens stand around texts.
	Template Template

	// Memory is about how much memory the words may take, in bytes; 0 stands for
	// DefaultMemory. While they are counted, more go to temporary files in TempDir.
	// If training would take more, the words that occur least are left out.
	Memory int64
	// TempDir is the folder of temporary files; "" stands for os.TempDir.
	TempDir string
	// Threads is the number of threads; 0 stands for all.
	Threads int
	// Progress, if set, is told how far the work is, from one goroutine at a time.
	Progress func(Progress) `json:"-"`
}

// Template holds the special tokens before a text, behind it, and between two.
type Template struct {
	Before, After, Between []string
	Segments               bool // a second text has token type 1
}

// DefaultMemory is the memory for words, in bytes, where a Config gives none.
const DefaultMemory = 2 << 30

// Stage is a part of the work.
type Stage string

// The stages.
const (
	Counting Stage = "counting words" // in bytes of the corpus
	Merging  Stage = "merging"        // in tokens
	Seeding  Stage = "seeding"        // in steps
	Fitting  Stage = "fitting"        // in rounds
)

// Progress tells how much of a stage is done. Total is 0 where it is not known.
type Progress struct {
	Stage       Stage
	Done, Total int64
}

func (c *Config) report(stage Stage, done, total int64) {
	if c.Progress != nil {
		c.Progress(Progress{stage, done, total})
	}
}

func (c *Config) memory() int64 {
	if c.Memory == 0 {
		return DefaultMemory
	}
	return c.Memory
}

func (c *Config) threads() int {
	if c.Threads < 1 {
		return parallel.Threads()
	}
	return c.Threads
}

// maxVocab bounds VocabSize.
const maxVocab = 1 << 24

// check sets defaults and refuses what cannot be.
func (c *Config) check() error {
	if err := c.checkKind(); err != nil {
		return err
	}
	for _, list := range [][]string{c.Special, c.Reserved, {c.Unknown, c.Prefix, c.Suffix}} {
		for _, token := range list {
			if !utf8.ValidString(token) {
				return fmt.Errorf("token %.40q: not UTF-8", token)
			}
		}
	}
	for _, token := range slices.Concat(c.Special, c.Reserved) {
		if token == "" {
			return errors.New("special tokens: one is empty")
		}
	}
	for _, token := range slices.Concat(c.Template.Before, c.Template.After, c.Template.Between) {
		if !slices.Contains(c.Special, token) {
			return fmt.Errorf("template: %.40q: not a special token", token)
		}
	}
	switch {
	case c.MinFrequency < 0:
		return fmt.Errorf("min-frequency %d: negative", c.MinFrequency)
	case c.LimitAlphabet < 0:
		return fmt.Errorf("limit-alphabet %d: negative", c.LimitAlphabet)
	case c.MaxTokenLength < 0:
		return fmt.Errorf("max-token-length %d: negative", c.MaxTokenLength)
	case c.Memory < 0:
		return fmt.Errorf("memory %d: negative", c.Memory)
	case !(c.Coverage >= 0 && c.Coverage <= 1):
		return fmt.Errorf("coverage %g: not a share between 0 and 1", c.Coverage)
	}
	return nil
}

// checkKind checks the kind, the size, and what one needs of the other.
func (c *Config) checkKind() error {
	switch c.Kind {
	case BPE, ByteBPE, WordPiece, Unigram:
		if c.VocabSize == 0 {
			return errors.New("vocab-size: not given")
		}
	case Char, Byte:
	default:
		return fmt.Errorf("kind %.40q: none of %s", c.Kind, strings.Trim(fmt.Sprint(Kinds), "[]"))
	}
	if c.VocabSize < 0 || c.VocabSize > maxVocab {
		return fmt.Errorf("vocab-size %d: not between 1 and %d", c.VocabSize, maxVocab)
	}
	if c.Unknown != "" && !slices.Contains(c.Special, c.Unknown) {
		c.Special = slices.Insert(slices.Clone(c.Special), 0, c.Unknown)
	}
	if c.Unknown == "" && (c.Kind == WordPiece || c.Kind == Unigram || c.Kind == Char) {
		return fmt.Errorf("unknown token: %s needs one", c.Kind)
	}
	return nil
}
