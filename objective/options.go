package objective

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// Options are those of an objective, as a recipe has them: a pointer to a struct
// whose fields have the keys of the recipe as yaml tags, and hold the defaults
// until it is decoded over them.
type Options interface {
	// Check says what is wrong with the options: "rate: must be …", or nil.
	Check() error
	// Task returns the objective for texts of a vocabulary. It fails where that lacks
	// what is needed.
	Task(v Vocab) (Task, error)
}

// A Task is an objective for the texts of a vocabulary.
type Task struct {
	// Maker is the data half of an objective of texts that are packed to a length;
	// nil where Sampler is not, or where all texts must have answers.
	Maker
	// Answered is the data half of texts that have their answers with them, as Written
	// reads them, for rows of a length; nil: the objective has no use for answers.
	Answered func(length int) Maker
	// Separator is to stand after each document of a packed text; -1: nothing.
	Separator int32
	// Separate tells that documents of a packed text must not see each other: a
	// Text then has Documents.
	Separate bool
	// Sampler is the data half of an objective that looks for its texts itself.
	Sampler Sampler
	// Bind joins the model half with a model.
	Bind func(model any) (Bound, error)
}

// A Corpus is documents of tokens, by number.
type Corpus interface {
	Len() int
	Document(i int) []int32
}

// A Sampler is a data half that chooses what goes into an example from a whole
// corpus.
type Sampler interface {
	// Samples returns examples of up to length tokens. All random choices depend on
	// seed.
	Samples(c Corpus, length int, seed uint64) (data.Stream[Example], error)
}

var named = map[string]func() Options{}

// register makes an objective known by name.
func register(name string, defaults func() Options) { named[name] = defaults }

// Named returns the options of the objective of that name, as they are where
// nothing is said.
func Named(name string) (Options, error) {
	f := named[name]
	if f == nil {
		return nil, fmt.Errorf("objective: %q is not one of %q", name, Names())
	}
	return f(), nil
}

// Names returns the names of all objectives, sorted.
func Names() []string { return slices.Sorted(maps.Keys(named)) }

// bind makes Task.Bind of an objective.
func bind[M any](o Objective[M]) func(model any) (Bound, error) {
	return func(model any) (Bound, error) { return Bind(o, model) }
}

// within fails unless lo <= v <= hi.
func within(key string, v, lo, hi float64) error {
	if v >= lo && v <= hi {
		return nil
	}
	return fmt.Errorf("%s: must be within %g to %g, not %g", key, lo, hi, v)
}

// has fails unless a vocabulary has a token for what an objective needs.
func has(objective, what string, ids ...int32) error {
	for _, id := range ids {
		if id < 0 {
			return fmt.Errorf("objective: %s: the tokenizer has no %s", objective, what)
		}
	}
	return nil
}

func init() {
	register("causal", func() Options { return &CausalOptions{} })
	register("prefix", func() Options { return &PrefixOptions{} })
	register("masked", func() Options { return &MaskedOptions{Rate: 0.15, Keep: 0.1, Random: 0.1, Unit: "token"} })
	register("next-sentence", func() Options {
		return &PairsOptions{MaskedOptions: MaskedOptions{Rate: 0.15, Keep: 0.1, Random: 0.1, Unit: "token"}, Short: 0.1, Copies: 10}
	})
	register("span-boundary", func() Options {
		return &BoundaryOptions{MaskedOptions: MaskedOptions{Rate: 0.15, Keep: 0.1, Random: 0.1, Unit: "span"}, Places: 15}
	})
	register("infilling", func() Options { return &InfillingOptions{Rate: 0.9, SPM: 0.5} })
	register("denoising", func() Options { return &DenoisingOptions{Density: 0.15, Mean: 3} })
}

// EntropyOptions are what may be added to a loss in training.
type EntropyOptions struct {
	Smoothing float64 `yaml:"label_smoothing"` // part of a target's probability that goes to all tokens
	Z         float64 `yaml:"z_loss"`          // weight of log²Σe^logit: 1e-4 in PaLM and T5X
}

func (o EntropyOptions) check() error {
	if err := within("label_smoothing", o.Smoothing, 0, 1); err != nil {
		return err
	}
	return within("z_loss", o.Z, 0, 1)
}

func (o EntropyOptions) entropy() tensor.Entropy {
	return tensor.Entropy{Smoothing: o.Smoothing, Z: o.Z}
}

// CausalOptions are those of Causal.
type CausalOptions struct {
	EntropyOptions `yaml:",inline"`
	// Documents keeps the documents of a packed text apart: none sees another, and
	// positions begin anew in each.
	Documents bool `yaml:"documents"`
}

// Check refuses what is no share.
func (o *CausalOptions) Check() error { return o.check() }

// Task needs no token of the vocabulary. A masked language model is trained by
// Onward.
func (o *CausalOptions) Task(v Vocab) (Task, error) {
	c := Causal{Pad: v.Pad, Entropy: o.entropy()}
	both := func(m any) (Bound, error) {
		if _, ok := m.(model.MaskedLM); ok {
			return Bind(Onward{c}, m)
		}
		return Bind(c, m)
	}
	return Task{Maker: c, Separator: v.End, Separate: o.Documents, Bind: both}, nil
}

// PrefixOptions are those of Prefix.
type PrefixOptions struct {
	EntropyOptions `yaml:",inline"`
}

// Check refuses what is no share.
func (o *PrefixOptions) Check() error { return o.check() }

// Task needs no token of the vocabulary.
func (o *PrefixOptions) Task(v Vocab) (Task, error) {
	p := Prefix{Causal{Pad: v.Pad, Entropy: o.entropy()}}
	return Task{Maker: p, Separator: v.End, Bind: bind(p)}, nil
}

// MaskedOptions are those of Masked.
type MaskedOptions struct {
	Rate   float64 `yaml:"rate"`   // of the tokens that are predicted
	Keep   float64 `yaml:"keep"`   // share of them that stays as it is
	Random float64 `yaml:"random"` // share of them that becomes a random token
	Unit   string  `yaml:"unit"`   // what is masked together: token, word or span
	Most   int     `yaml:"most"`   // most targets in a text; 0: any number
	// Documents keeps the documents of a packed text apart.
	Documents bool `yaml:"documents"`

	EntropyOptions `yaml:",inline"`
}

var units = map[string]Unit{"token": Tokens, "word": Words, "span": Spans}

// Check refuses what is no share, and units that are not known.
func (o *MaskedOptions) Check() error {
	if _, ok := units[o.Unit]; !ok {
		return fmt.Errorf("unit: must be token, word or span, not %.40q", o.Unit)
	}
	for _, err := range []error{
		within("rate", o.Rate, 0, 1), within("keep", o.Keep, 0, 1), within("random", o.Random, 0, 1-o.Keep),
		within("most", float64(o.Most), 0, 1<<24), o.check(),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// masking returns what masks texts of v.
func (o *MaskedOptions) masking(v Vocab) Masking {
	return Masking{
		Rate: o.Rate, Unit: units[o.Unit], Most: o.Most, Dither: units[o.Unit] == Tokens, Keep: o.Keep, Random: o.Random,
		Mask: v.Mask, Vocab: int32(v.Size), Special: v.Special, Continues: v.Continues,
		Geometric: 0.2, LongestSpan: 10,
	}
}

// Task needs a mask, and tokens that stand around a text.
func (o *MaskedOptions) Task(v Vocab) (Task, error) {
	if err := has("masked", "mask, or no tokens that begin and end a text", v.Mask, v.Begin, v.End); err != nil {
		return Task{}, err
	}
	m := Masked{Masking: o.masking(v), Begin: v.Begin, End: v.End, Pad: v.Pad, Entropy: o.entropy()}
	return Task{Maker: m, Separator: v.End, Separate: o.Documents, Bind: bind(m)}, nil
}

// DenoisingOptions are those of SpanCorruption.
type DenoisingOptions struct {
	Density float64 `yaml:"density"` // of the tokens that are hidden
	Mean    float64 `yaml:"mean"`    // length of a span in tokens

	EntropyOptions `yaml:",inline"`
}

// Check refuses what hides no token or all.
func (o *DenoisingOptions) Check() error {
	if err := within("density", o.Density, 0.001, 0.9); err != nil {
		return err
	}
	if err := within("mean", o.Mean, 1, 1e4); err != nil {
		return err
	}
	return o.check()
}

// Task needs sentinels and a token that ends a text.
func (o *DenoisingOptions) Task(v Vocab) (Task, error) {
	if len(v.Sentinels) == 0 || v.End < 0 {
		return Task{}, fmt.Errorf("objective: denoising: the tokenizer has no <extra_id_0>, or no token that ends a text")
	}
	s := SpanCorruption{Density: o.Density, Mean: o.Mean, Sentinels: v.Sentinels, End: v.End, Pad: v.Pad, Entropy: o.entropy()}
	return Task{Maker: s, Separator: -1, Answered: written(v, o.EntropyOptions), Bind: bind(s)}, nil
}

// PairsOptions are those of Pairs.
type PairsOptions struct {
	MaskedOptions `yaml:",inline"`
	Short         float64 `yaml:"short"`   // share of documents that are cut to shorter texts
	Copies        int     `yaml:"copies"`  // times that each document is cut and masked
	Dynamic       bool    `yaml:"dynamic"` // new masks whenever a text comes again
}

// Check refuses what is no share, and units that are not known.
func (o *PairsOptions) Check() error {
	if o.Documents {
		return fmt.Errorf("documents: pairs are never packed")
	}
	if err := o.MaskedOptions.Check(); err != nil {
		return err
	}
	if err := within("short", o.Short, 0, 1); err != nil {
		return err
	}
	return within("copies", float64(o.Copies), 1, 1<<16)
}

// Task needs a mask, and tokens that stand around a text.
func (o *PairsOptions) Task(v Vocab) (Task, error) {
	if err := has("next-sentence", "mask, or no tokens that begin and end a text", v.Mask, v.Begin, v.End); err != nil {
		return Task{}, err
	}
	m := o.masking(v)
	m.Dither = false
	p := Pairs{
		Masked: Masked{Masking: m, Begin: v.Begin, End: v.End, Pad: v.Pad, Entropy: o.entropy()},
		Cut:    v.Sentences.Cut, Short: o.Short, Copies: o.Copies, Dynamic: o.Dynamic,
	}
	return Task{Sampler: p, Separator: -1, Bind: bind(p)}, nil
}

// BoundaryOptions are those of Boundary.
type BoundaryOptions struct {
	MaskedOptions `yaml:",inline"`
	Places        int `yaml:"places"` // tokens of a span that are predicted from its boundary
}

// Check refuses what MaskedOptions does.
func (o *BoundaryOptions) Check() error {
	if err := o.MaskedOptions.Check(); err != nil {
		return err
	}
	return within("places", float64(o.Places), 1, 1<<16)
}

// Task needs what that of MaskedOptions does.
func (o *BoundaryOptions) Task(v Vocab) (Task, error) {
	t, err := o.MaskedOptions.Task(v)
	if err != nil {
		return Task{}, err
	}
	b := Boundary{Masked: t.Maker.(Masked), Most: o.Places}
	t.Maker, t.Bind = b, func(model any) (Bound, error) {
		if m, ok := model.(interface{ SpanPositions() int }); ok && m.SpanPositions() < o.Places {
			return nil, fmt.Errorf("objective: span-boundary: places: %d, but the model has max_span_positions %d", o.Places, m.SpanPositions())
		}
		return Bind(b, model)
	}
	return t, nil
}

// InfillingOptions are those of Infilling.
type InfillingOptions struct {
	Rate float64 `yaml:"rate"` // of documents that are cut
	SPM  float64 `yaml:"spm"`  // share of these in suffix-first order

	EntropyOptions `yaml:",inline"`
}

// Check refuses what is no share.
func (o *InfillingOptions) Check() error {
	if err := within("rate", o.Rate, 0, 1); err != nil {
		return err
	}
	if err := within("spm", o.SPM, 0, 1); err != nil {
		return err
	}
	return o.check()
}

// infillingSigns are the signs of Code Llama, of StarCoder and of SantaCoder.
var infillingSigns = [][4]string{
	{"▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"},
	{"<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>"},
	{"<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<|endoftext|>"},
	{"<PRE>", "<SUF>", "<MID>", "<EOT>"},
}

// Task needs the signs of one of the models that are known to fill in.
func (o *InfillingOptions) Task(v Vocab) (Task, error) {
	for _, names := range infillingSigns {
		var ids [4]int32
		known := true
		for i, name := range names {
			id, ok := v.ID(name)
			ids[i], known = id, known && ok
		}
		if !known {
			continue
		}
		f := Infilling{
			Causal: Causal{Pad: v.Pad, Entropy: o.entropy()}, Rate: o.Rate, SPM: o.SPM, Begin: v.Begin,
			Prefix: ids[0], Suffix: ids[1], Mid: ids[2], End: ids[3], Encode: v.Encode, Decode: v.Decode, EncodeOn: v.EncodeOn,
		}
		return Task{Maker: f, Separator: -1, Bind: bind(f)}, nil
	}
	return Task{}, fmt.Errorf("objective: infilling: the tokenizer has no signs such as %q", infillingSigns[1])
}
