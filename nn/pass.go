package nn

import (
	"strconv"

	"github.com/nlp-zoo/zoo/tensor"
)

// IDs is a batch of token ids [B,T], row after row.
type IDs struct {
	Data []int32
	B, T int
}

// Rows packs rows of ids into a batch, padded with pad, and tells their lengths.
func Rows(pad int32, rows ...[]int32) (*IDs, []int) {
	ids, lens := &IDs{B: len(rows)}, make([]int, len(rows))
	for i, row := range rows {
		lens[i], ids.T = len(row), max(ids.T, len(row))
	}
	for _, row := range rows {
		ids.Data = append(ids.Data, row...)
		for range ids.T - len(row) {
			ids.Data = append(ids.Data, pad)
		}
	}
	return ids, lens
}

// A Pass is all that changes from one forward call to the next. A model is only
// read while it runs, so one model serves many goroutines, each with its Pass.
// The zero Pass evaluates full rows from their start.
//
// Rows may be padded on the right, which Lens tells; what a row gives does not
// depend on its padding or on its neighbours.
type Pass struct {
	Arena     *tensor.Arena // memory of the results; nil: the Go heap
	Cache     *Cache        // keys and values of the past; nil: no past
	Slots     []int         // the cache's row for each row of the batch; nil: row b is b
	Lens      []int         // tokens of each row in this call; nil: all
	Mask      []bool        // [B,T], false for a token no other may see; not with Cache
	Types     []int32       // [B,T] token types; nil: 0
	Positions []int32       // [B,T]; nil: a token's place in its row
	Last      bool          // logits of each row's last token only: [B,1,V]
	Train     bool          // dropout is on
	Seed      uint64        // what dropout leaves out is a function of it, of the call in the pass, and of the element

	// Recompute has a training pass with a training arena keep no more of each layer
	// than its input, and run it again in the backward pass: the same gradients, in
	// far less memory and a third more time.
	Recompute bool

	// From and Until, if not nil, are [B,T]: a token sees no token of its row before
	// From, and none from Until on, and Until stands in the place of a causal model's
	// own bound. So rows are packed of several documents, each of which is to a model
	// without a position table what it is alone, and begin with a prefix that sees
	// itself both ways. They hold for the attention of a sequence to itself, and not
	// with Cache. Positions tell where a document begins to count anew.
	From, Until []int32

	// Observe, if not nil, is called with results on the way, under the names
	// that Hugging Face's output objects give them: hidden_states.0 and so on.
	Observe func(name string, x *tensor.Tensor)

	// Attended, if not nil, is called in a pass without a cache with what each attention
	// of the rows to themselves is made from, layer after layer.
	Attended func(q, k, bias *tensor.Tensor, scale float32, mask tensor.Mask)

	places    []tensor.Place
	positions IDs
	keys      []bool  // room of Cross
	index     []int32 // room of RelativeBias
	drops     uint64  // dropouts so far
}

// slot returns the row of the cache that row b of the batch is.
func (p *Pass) slot(b int) int {
	if p.Slots != nil {
		return p.Slots[b]
	}
	return b
}

// Past returns how many positions of row b stand before the first of this pass.
func (p *Pass) Past(b int) int {
	if p.Cache == nil {
		return 0
	}
	return p.Cache.lens[p.slot(b)]
}

// Len returns how many tokens row b has in this pass, of t with padding.
func (p *Pass) Len(b, t int) int {
	if p.Lens == nil {
		return t
	}
	return p.Lens[b]
}

// Place returns the place in its whole row of token t of row b of this pass.
func (p *Pass) Place(b, t int) int { return p.Past(b) + t }

// Places returns the position of each token of ids: p.Positions, or each one's
// place. The result is p's own until its next call.
func (p *Pass) Places(ids *IDs) *IDs {
	if p.Positions != nil {
		return &IDs{p.Positions, ids.B, ids.T}
	}
	data := p.positions.Data[:0]
	for b := range ids.B {
		past := int32(p.Past(b))
		for t := range ids.T {
			data = append(data, past+int32(t))
		}
	}
	p.positions = IDs{data, ids.B, ids.T}
	return &p.positions
}

// Attend is attention of q [B,T,H,D] over the past and the present k, v
// [B,T,K,D] of a layer: [B,T,H,D]. It takes the padding from p, and adds k and v
// to the layer's past if there is a cache.
func (p *Pass) Attend(layer int, q, k, v, bias *tensor.Tensor, scale float32, mask tensor.Mask) *tensor.Tensor {
	if p.Cache == nil {
		mask.Lens, mask.Keys, mask.From, mask.Until = p.Lens, p.Mask, p.From, p.Until
		if p.Attended != nil {
			p.Attended(q, k, bias, scale, mask)
		}
		return tensor.Attention(q, k, v, bias, scale, mask)
	}
	B, T := q.Dim(0), q.Dim(1)
	p.places = p.places[:0]
	for b := range B {
		p.places = append(p.places, tensor.Place{Row: p.slot(b), Past: p.Past(b), N: p.Len(b, T)})
	}
	kv := p.Cache.layers[layer]
	kv.Append(k, v, p.places)
	return kv.Attend(q, bias, scale, p.places, mask)
}

// Done ends a pass over ids: what it added to the cache is now the past.
func (p *Pass) Done(ids *IDs) {
	if p.Cache == nil {
		return
	}
	for b := range ids.B {
		p.Cache.lens[p.slot(b)] += p.Len(b, ids.T)
	}
}

// Tail returns x [B,T,E] or, where p.Last asks for it, the last token of each
// row: [B,1,E]. Of a row without tokens it returns the first.
func (p *Pass) Tail(x *tensor.Tensor) *tensor.Tensor {
	B, T, E := x.Dim(0), x.Dim(1), x.Dim(2)
	if !p.Last || T == 1 {
		return x
	}
	var few [16]int
	at := few[:0]
	for b := range B {
		at = append(at, max(p.Len(b, T)-1, 0))
	}
	return tensor.Reshape(tensor.Rows(x, at), B, 1, E)
}

// Dropout zeroes values of x with probability rate in training, see [tensor.Dropout].
func (p *Pass) Dropout(x *tensor.Tensor, rate float64) *tensor.Tensor {
	return tensor.Dropout(x, p.Drop(rate))
}

// Drop returns the next dropout of the pass in training, and else one that leaves
// nothing out.
func (p *Pass) Drop(rate float64) tensor.Drop {
	if !p.Train || rate == 0 {
		return tensor.Drop{}
	}
	p.drops++
	return tensor.NewDrop(rate, p.Seed, p.drops)
}

// Observed tells an observer of x.
func (p *Pass) Observed(name string, x *tensor.Tensor) {
	if p.Observe != nil {
		p.Observe(name, x)
	}
}

// ObservedAt tells an observer of x under name.i.
func (p *Pass) ObservedAt(name string, i int, x *tensor.Tensor) {
	if p.Observe != nil {
		p.Observe(name+"."+strconv.Itoa(i), x)
	}
}
