package tokenizer

// GPT-2 writes bytes as characters, so that its vocabulary is text: those that
// print stand for themselves, the others are the characters from U+0100 on.
var (
	byteRune [256]rune        // the character of a byte
	runeByte [0x144]int16     // the byte of a character; -1 none
	_        = makeAlphabet() // fills both
)

func makeAlphabet() struct{} {
	for i := range runeByte {
		runeByte[i] = -1
	}
	next := rune(0x100)
	for b := range rune(256) {
		r := b
		if b < '!' || b > '~' && b < 0xA1 || b == 0xAD {
			r = next
			next++
		}
		byteRune[b], runeByte[r] = r, int16(b)
	}
	return struct{}{}
}

// appendBytes appends the bytes that token writes in the alphabet of GPT-2. It
// returns false, and dst as it was, if token holds other characters.
func appendBytes(dst []byte, token string) ([]byte, bool) {
	n := len(dst)
	for _, r := range token {
		if uint32(r) >= uint32(len(runeByte)) || runeByte[r] < 0 {
			return dst[:n], false
		}
		dst = append(dst, byte(runeByte[r]))
	}
	return dst, true
}
