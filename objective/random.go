package objective

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/nlp-zoo/zoo/data"
)

// Rand returns the random source of example number index of an epoch: what is
// drawn for an example depends on nothing else, so a run may stop anywhere and
// go on, and examples may be made in any order.
func Rand(seed uint64, epoch, index int) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed+increment*uint64(epoch)), mix(uint64(index)+increment)))
}

// increment is the odd number next to 2⁶⁴ divided by the golden ratio.
const increment = 0x9E3779B97F4A7C15

// mix is the output function of SplitMix64 (Steele et al., 2014): neighbouring
// numbers give unrelated ones.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// A Text is what a data half reads: tokens in sequence.
type Text = data.Row

// A Maker is a data half that makes one example of one text.
type Maker interface {
	// Tokens returns how many tokens of text make an Input of that length.
	Tokens(length int) int
	// Example makes an example of t, with the random choices of r. A text that is
	// too short to be one gives the zero Example.
	Example(r *rand.Rand, t Text) Example
}

// Examples returns what m makes of each text of in. The choices for a text depend
// on seed and on how many came before it, so a text that comes again is seen
// with other choices: RoBERTa's dynamic masking (arXiv:1907.11692, section 4.1).
// Texts that give no example are passed over.
func Examples(in data.Stream[Text], m Maker, seed uint64) data.Stream[Example] {
	return &examples{in: in, m: m, seed: seed}
}

type examples struct {
	in   data.Stream[Text]
	m    Maker
	seed uint64
	n    int
}

func (s *examples) Next() (Example, error) {
	for {
		t, err := s.in.Next()
		if err != nil {
			return Example{}, err
		}
		s.n++
		if e := s.m.Example(Rand(s.seed, 0, s.n-1), t); e.Input != nil {
			return e, nil
		}
	}
}

// state is where a stream over another stands.
type state struct {
	N  int             `json:"n"`
	In json.RawMessage `json:"in"`
}

func (s *examples) State() ([]byte, error) {
	in, err := s.in.State()
	if err != nil {
		return nil, err
	}
	return json.Marshal(state{s.n, in})
}

func (s *examples) Restore(saved []byte) error {
	var st state
	if err := json.Unmarshal(saved, &st); err != nil {
		return fmt.Errorf("objective: state of examples: %w", err)
	}
	if st.N < 0 {
		return fmt.Errorf("objective: state of examples: n: %d is negative", st.N)
	}
	if err := s.in.Restore(st.In); err != nil {
		return err
	}
	s.n = st.N
	return nil
}
