package scan

// GPT2 is the pattern of GPT-2 (Radford et al. 2019) and of all that took its
// code over: contractions, letters, numbers and the rest, each with at most one
// space before, and runs of white space.
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
var GPT2 = next(gpt2).pattern()

func gpt2(b []byte, i int) int {
	if b[i] == '\'' {
		if n := contraction(b[i:], false); n > 0 {
			return i + n
		}
	}
	j := i
	if b[i] == ' ' && i+1 < len(b) {
		j++
	}
	switch c, _ := ClassAt(b, j); {
	case c&Letter != 0:
		return while(b, j, Letter)
	case c&Number != 0:
		return while(b, j, Number)
	case c&Space == 0:
		return until(b, j, Letter|Number|Space)
	}
	return spaces(b, i)
}

// spaces matches \s+(?!\S)|\s+ at i, where there is white space: the run
// without its last character, which goes with the word behind it, unless the
// run is that one character or reaches the end.
func spaces(b []byte, i int) int {
	end, last := i, i
	for end < len(b) {
		c, n := ClassAt(b, end)
		if c&Space == 0 {
			if last > i {
				return last
			}
			return end
		}
		last = end
		end += n
	}
	return end
}

// contraction returns the length of an English contraction at the start of b:
// 's 't 're 've 'm 'll 'd. With fold it ignores case, for which ſ (U+017F) is an
// s.
func contraction(b []byte, fold bool) int {
	if len(b) < 2 {
		return 0
	}
	one := b[1]
	if fold {
		one = lower(one)
	}
	switch one {
	case 's', 't', 'm', 'd':
		return 2
	case 0xC5:
		if fold && len(b) > 2 && b[2] == 0xBF {
			return 3
		}
	case 'r', 'v', 'l':
		if len(b) < 3 {
			return 0
		}
		two := b[2]
		if fold {
			two = lower(two)
		}
		if one == 'l' && two == 'l' || one != 'l' && two == 'e' {
			return 3
		}
	}
	return 0
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// clip is the pattern of CLIP (Radford et al. 2021), which matches no white space.
//
//	<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
func clip(b []byte, i int) int {
	switch b[i] {
	case '\'':
		if n := contraction(b[i:], false); n > 0 {
			return i + n
		}
	case '<':
		for _, token := range [...]string{"<|startoftext|>", "<|endoftext|>"} {
			if len(b)-i >= len(token) && string(b[i:i+len(token)]) == token {
				return i + len(token)
			}
		}
	}
	switch c, n := ClassAt(b, i); {
	case c&Letter != 0:
		return while(b, i, Letter)
	case c&Number != 0:
		return i + n
	case c&Space == 0:
		return until(b, i, Letter|Number|Space)
	}
	return i
}
