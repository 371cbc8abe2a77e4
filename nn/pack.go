package nn

import "github.com/nlp-zoo/zoo/tensor"

// Pack brings the matrices of a loaded module into the layout that Linear reads
// fastest, as they are: see tensor.Own. No gradient flows into a packed matrix. The
// result is where they lie; who closes it must not use the module any more.
func Pack(module any) *tensor.Room { return PackAs(module, Every(tensor.Own)) }

// A Choice says in which form a matrix of that name is packed.
type Choice func(name string, p *Param) tensor.Form

// Every chooses one form for all matrices.
func Every(f tensor.Form) Choice { return func(string, *Param) tensor.Form { return f } }

// PackAs is Pack in the forms that choose gives.
func PackAs(module any, choose Choice) *tensor.Room {
	room := &tensor.Room{}
	seen := map[*Param]bool{}
	Walk(module, func(name string, p *Param) {
		if p.Tensor != nil && !seen[p] {
			seen[p] = true
			p.pack(name, choose, room)
		}
	})
	return room
}

// pack packs p if it is a matrix.
func (p *Param) pack(name string, choose Choice, room *tensor.Room) {
	if p.Matrix && len(p.Want) == 2 {
		p.Tensor = tensor.Pack(p.Tensor, choose(name, p), room)
	}
}
