package kernel

// RopeHalf turns the pairs (x[i], x[i+n]) by the angles whose cosines and sines are
// given, n being their number and x holding 2n elements: rotary position embedding
// (Su and others, 2021) in the order of Llama and GPT-NeoX checkpoints.
func RopeHalf(x, cos, sin []float32) {
	n := len(cos)
	if len(sin) != n || len(x) != 2*n {
		sameLength("RopeHalf", 2*n, len(x), 2*len(sin))
	}
	rope(x[:n], x[n:], cos, sin)
}

// RopePairs turns the pairs (x[2i], x[2i+1]), the order of GPT-J and of the paper.
func RopePairs(x, cos, sin []float32) {
	n := len(cos)
	if len(sin) != n || len(x) != 2*n {
		sameLength("RopePairs", 2*n, len(x), 2*len(sin))
	}
	var even, odd [64]float32
	for len(cos) > 0 {
		n := min(len(cos), len(even))
		for i := range n {
			even[i], odd[i] = x[2*i], x[2*i+1]
		}
		rope(even[:n], odd[:n], cos[:n], sin[:n])
		for i := range n {
			x[2*i], x[2*i+1] = even[i], odd[i]
		}
		x, cos, sin = x[2*n:], cos[n:], sin[n:]
	}
}
