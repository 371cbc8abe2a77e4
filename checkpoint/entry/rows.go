package entry

// SwapRows returns the rows of raw, each of size bytes, in another order: seen as
// [a,b,c] they become [a,c,b]. It panics if raw is shorter.
func SwapRows(raw []byte, a, b, c, size int) []byte {
	out := make([]byte, 0, a*b*c*size)
	for i := range a {
		for k := range c {
			for j := range b {
				at := ((i*b+j)*c + k) * size
				out = append(out, raw[at:at+size]...)
			}
		}
	}
	return out
}
