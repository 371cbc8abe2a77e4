package nn

import (
	"fmt"
	"math"
	"slices"
)

// RopeScaling is how a model stretches its rotary positions beyond the length it
// was first trained on: rope_scaling or rope_parameters in config.json.
type RopeScaling struct {
	Type            string    `json:"rope_type"`
	OldType         string    `json:"type"` // what older files call rope_type
	Theta           float64   `json:"rope_theta"`
	Partial         float64   `json:"partial_rotary_factor"`
	Factor          float64   `json:"factor"`
	Original        float64   `json:"original_max_position_embeddings"` // RopeConfig.MaxPositions
	AttentionFactor *float64  `json:"attention_factor"`
	BetaFast        float64   `json:"beta_fast"` // 32
	BetaSlow        float64   `json:"beta_slow"` // 1
	MScale          float64   `json:"mscale"`
	MScaleAllDim    float64   `json:"mscale_all_dim"`
	Truncate        *bool     `json:"truncate"` // true
	LowFreqFactor   float64   `json:"low_freq_factor"`
	HighFreqFactor  float64   `json:"high_freq_factor"`
	ShortFactor     []float64 `json:"short_factor"`
	LongFactor      []float64 `json:"long_factor"`
}

// RopeConfig says how a model turns its queries and keys.
type RopeConfig struct {
	Theta        float64 // 10000
	Dim          int     // values of a head that are turned
	MaxPositions int
	Scaling      *RopeScaling // nil: none
	Divisors     []float32    // of each frequency, as GGUF's rope_freqs; nil: none
}

// A Rope gives the angles of rotary positions (arXiv:2104.09864), scaled in one
// of the ways that Hugging Face's modeling_rope_utils knows: default, linear,
// dynamic, yarn (arXiv:2309.00071), llama3 and longrope (arXiv:2402.13753).
type Rope struct {
	c       RopeConfig
	kind    string
	inverse []float32 // the frequencies
	long    []float32 // the frequencies of rows longer than the original; longrope only
	factor  float32   // of cos and sin
}

// NewRope returns the angles that c describes. The error names what is missing.
func NewRope(c RopeConfig) (*Rope, error) {
	if c.Theta == 0 {
		c.Theta = 10000
	}
	if c.Dim <= 0 || c.Dim%2 != 0 || !(c.Theta > 0) {
		return nil, fmt.Errorf("nn: rope: %d values with theta %v cannot be turned", c.Dim, c.Theta)
	}
	r := &Rope{c: c, kind: "default", factor: 1}
	if c.Scaling != nil {
		s := *c.Scaling
		r.c.Scaling = &s
		if err := r.check(&s); err != nil {
			return nil, err
		}
	}
	r.inverse = r.frequencies(c.Theta)
	switch r.kind {
	case "linear":
		for i := range r.inverse {
			r.inverse[i] /= float32(r.c.Scaling.Factor)
		}
	case "yarn":
		r.yarn(r.c.Scaling)
	case "llama3":
		r.llama3(r.c.Scaling)
	case "longrope":
		r.longrope(r.c.Scaling)
	}
	if c.Divisors != nil {
		if len(c.Divisors) != len(r.inverse) {
			return nil, fmt.Errorf("nn: rope: %d divisors for %d frequencies", len(c.Divisors), len(r.inverse))
		}
		for i, d := range c.Divisors {
			r.inverse[i] /= d
		}
	}
	return r, nil
}

// check sets defaults of s and refuses what has no meaning.
func (r *Rope) check(s *RopeScaling) error {
	if r.kind = s.Type; r.kind == "" {
		r.kind = s.OldType
	}
	if s.Original == 0 {
		s.Original = float64(r.c.MaxPositions)
	}
	switch r.kind {
	case "", "default", "none", "mrope":
		r.kind = "default"
		return nil
	case "su":
		r.kind = "longrope"
	case "linear", "dynamic", "yarn", "llama3", "longrope":
	default:
		return fmt.Errorf("nn: rope: rope_type %q is not known", r.kind)
	}
	if r.kind != "linear" && !(s.Original > 0) {
		return fmt.Errorf("nn: rope: %s needs original_max_position_embeddings", r.kind)
	}
	if s.Factor == 0 && (r.kind == "yarn" || r.kind == "longrope") {
		s.Factor = float64(r.c.MaxPositions) / s.Original
	}
	if !(s.Factor > 0) {
		return fmt.Errorf("nn: rope: factor of %s is %v, want more than 0", r.kind, s.Factor)
	}
	if n := r.c.Dim / 2; r.kind == "longrope" && (len(s.LongFactor) != n || len(s.ShortFactor) != n) {
		return fmt.Errorf("nn: rope: long_factor and short_factor have %d and %d values, want %d", len(s.LongFactor), len(s.ShortFactor), n)
	}
	if r.kind == "llama3" && !(s.LowFreqFactor > 0 && s.HighFreqFactor > s.LowFreqFactor) {
		return fmt.Errorf("nn: rope: low_freq_factor %v and high_freq_factor %v are no range", s.LowFreqFactor, s.HighFreqFactor)
	}
	if s.BetaFast == 0 {
		s.BetaFast = 32
	}
	if s.BetaSlow == 0 {
		s.BetaSlow = 1
	}
	return nil
}

// powers returns theta^(2i/Dim) in float32, as the reference has it.
func (r *Rope) powers(theta float64) []float32 {
	w := make([]float32, r.c.Dim/2)
	for i := range w {
		w[i] = float32(math.Pow(theta, float64(float32(2*i)/float32(r.c.Dim))))
	}
	return w
}

func (r *Rope) frequencies(theta float64) []float32 {
	w := r.powers(theta)
	for i := range w {
		w[i] = 1 / w[i]
	}
	return w
}

// yarn blends the frequencies with those divided by the factor, from the first
// that turns less than BetaFast times to the first that turns less than BetaSlow
// times within the original length.
func (r *Rope) yarn(s *RopeScaling) {
	low, high := r.yarnRange(s)
	for i, p := range r.powers(r.c.Theta) {
		ramp := float32(min(max((float64(i)-low)/(high-low), 0), 1))
		keep := 1 - ramp
		r.inverse[i] = 1/(float32(s.Factor)*p)*(1-keep) + 1/p*keep
	}
	scale := func(m float64) float64 {
		if s.Factor <= 1 {
			return 1
		}
		return 0.1*m*math.Log(s.Factor) + 1
	}
	switch {
	case s.AttentionFactor != nil:
		r.factor = float32(*s.AttentionFactor)
	case s.MScale != 0 && s.MScaleAllDim != 0:
		r.factor = float32(scale(s.MScale) / scale(s.MScaleAllDim))
	default:
		r.factor = float32(scale(1))
	}
}

// yarnRange returns between which indices the ramp runs.
func (r *Rope) yarnRange(s *RopeScaling) (low, high float64) {
	dim := float64(r.c.Dim)
	at := func(turns float64) float64 {
		return dim * math.Log(s.Original/(turns*2*math.Pi)) / (2 * math.Log(r.c.Theta))
	}
	low, high = at(s.BetaFast), at(s.BetaSlow)
	if s.Truncate == nil || *s.Truncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, dim-1)
	if low == high {
		high += 0.001
	}
	return low, high
}

// llama3 divides the low frequencies by the factor, keeps the high ones, and
// blends those between.
func (r *Rope) llama3(s *RopeScaling) {
	for i, inv := range r.inverse {
		wave := 2 * math.Pi / float64(inv)
		switch {
		case wave < s.Original/s.HighFreqFactor:
		case wave > s.Original/s.LowFreqFactor:
			r.inverse[i] = inv / float32(s.Factor)
		default:
			t := float32((s.Original/wave - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor))
			r.inverse[i] = (1-t)*inv/float32(s.Factor) + t*inv
		}
	}
}

// longrope divides each frequency by a learned factor: one list for rows within
// the original length, and one for longer rows.
func (r *Rope) longrope(s *RopeScaling) {
	r.long = slices.Clone(r.inverse)
	for i, p := range r.powers(r.c.Theta) {
		r.inverse[i] = 1 / (float32(s.ShortFactor[i]) * p)
		r.long[i] = 1 / (float32(s.LongFactor[i]) * p)
	}
	if s.AttentionFactor != nil {
		r.factor = float32(*s.AttentionFactor)
	} else if s.Factor > 1 {
		r.factor = float32(math.Sqrt(1 + math.Log(s.Factor)/math.Log(s.Original)))
	}
}

// at returns the frequencies for a row that is n positions long.
func (r *Rope) at(n int) []float32 {
	switch {
	case r.kind == "longrope" && float64(n) > r.c.Scaling.Original:
		return r.long
	case r.kind == "dynamic" && n > r.c.MaxPositions && r.c.Dim > 2:
		f, dim := r.c.Scaling.Factor, float64(r.c.Dim)
		stretch := f*float64(n)/float64(r.c.MaxPositions) - (f - 1)
		return r.frequencies(r.c.Theta * math.Pow(stretch, dim/(dim-2)))
	}
	return r.inverse
}

// Angles returns the cosines and sines of the angles of each token of ids, Dim/2
// of each for every token, for [tensor.Rotate]. They lie in the arena of p, and
// serve all layers of one pass.
func (r *Rope) Angles(p *Pass, ids *IDs) (cos, sin []float32) {
	n := r.c.Dim / 2
	cos, sin = p.Arena.New(ids.B*ids.T, n).Data(), p.Arena.New(ids.B*ids.T, n).Data()
	places := p.Places(ids).Data
	for b := range ids.B {
		row := places[b*ids.T : (b+1)*ids.T]
		longest := int32(0)
		for _, pos := range row[:min(p.Len(b, ids.T), ids.T)] {
			longest = max(longest, pos)
		}
		inverse := r.at(int(longest) + 1)
		for t, pos := range row {
			at := (b*ids.T + t) * n
			for i, w := range inverse {
				s, c := math.Sincos(float64(float32(pos) * w))
				cos[at+i], sin[at+i] = float32(c)*r.factor, float32(s)*r.factor
			}
		}
	}
	return cos, sin
}
