package kernel

func gemmBlocksGeneric(f Format, c []float32, ldc int, a *Activations, row, m int, b []byte, n, k int) {
	p := packings[f]
	values, stride := formats[f].values, BlocksStride(f, k)
	for i := range m {
		clear(c[i*ldc : i*ldc+n])
	}
	var w codes
	for j := range n {
		panel := b[j/BlockColumns*stride:]
		for t := range k / values {
			p.decode(&w, panel[t*p.bytes:(t+1)*p.bytes], j%BlockColumns)
			for i := range m {
				x := a.row(row + i)[t*values/32 : (t+1)*values/32]
				c[i*ldc+j] = p.addBlock(c[i*ldc+j], x, &w)
			}
		}
	}
}

// addBlock returns the element with the groups of one block added.
func (p *packing) addBlock(element float32, x []activation, w *codes) float32 {
	for g := range len(x) * 32 / p.group {
		at := g * p.group
		block := &x[at/32]
		var sum int32
		for i, v := range block.codes[at%32 : at%32+p.group] {
			sum += int32(v) * int32(w.codes[at+i])
		}
		element = fma32(float32(sum), block.scale*w.scales[g], element)
		if p.lowest {
			total := block.total
			if p.group == 16 {
				total = block.scale * float32(block.halves[g%2]>>7)
			}
			element = fma32(w.lowest[g], total, element)
		}
	}
	return element
}
