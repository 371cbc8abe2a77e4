package scan

// CL100K is the pattern of cl100k_base, Llama 3 and Qwen2 with its settings: how
// many digits make a word, which characters belong to one, and which may end a
// run of punctuation.
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
type CL100K struct {
	Digits int  // most digits of a number
	Marks  bool // words take combining marks too, as Qwen3.5 has it
	Final  bool // white space at the end of the text is one word, line breaks and all
}

func (p CL100K) next() next {
	word := Letter
	if p.Marks {
		word |= Mark
	}
	return func(b []byte, i int) int { return cl100k(b, i, word, p.Digits, p.Final) }
}

func cl100k(b []byte, i int, word Class, digits int, final bool) int {
	if b[i] == '\'' {
		if n := contraction(b[i:], true); n > 0 {
			return i + n
		}
	}
	c, n := ClassAt(b, i)
	switch {
	case c&word != 0:
		return while(b, i, word)
	case c&Number != 0:
		return number(b, i, digits)
	case b[i] != '\r' && b[i] != '\n' && i+n < len(b):
		if after, _ := ClassAt(b, i+n); after&word != 0 {
			return while(b, i+n, word)
		}
	}
	if end := punctuation(b, i, Letter|Number|Space|word, false); end > i {
		return end
	}
	return breaks(b, i, final)
}

// number returns the end of at most digits numbers from i.
func number(b []byte, i, digits int) int {
	for range digits {
		if i == len(b) {
			break
		}
		c, n := ClassAt(b, i)
		if c&Number == 0 {
			break
		}
		i += n
	}
	return i
}

// punctuation matches " ?[^out]+[\r\n]*", or with slash "[\r\n/]*" at its end; it
// returns i where there is no match.
func punctuation(b []byte, i int, out Class, slash bool) int {
	j := i
	if b[i] == ' ' {
		j++
	}
	end := until(b, j, out)
	if end == j {
		return i
	}
	for end < len(b) && (b[end] == '\r' || b[end] == '\n' || slash && b[end] == '/') {
		end++
	}
	return end
}

// breaks matches \s*[\r\n]+|\s+(?!\S)|\s+ at i, where there is white space: the
// run up to its last line break, if it has one; with final all of a run that ends
// the text.
func breaks(b []byte, i int, final bool) int {
	line, end := i, i
	for end < len(b) {
		c, n := ClassAt(b, end)
		if c&Space == 0 {
			break
		}
		if b[end] == '\r' || b[end] == '\n' {
			line = end + 1
		}
		end += n
	}
	switch {
	case final && end == len(b):
		return end
	case line > i:
		return line
	}
	return spaces(b, i)
}

// O200K is the pattern of o200k_base (GPT-4o), which cuts words where capitals
// begin, and of Mistral's Tekken.
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|…)?
//	|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|…)?
//	|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
type O200K struct {
	Digits       int  // most digits of a number
	Contractions bool // a word takes an English contraction behind it
}

func (p O200K) next() next {
	return func(b []byte, i int) int { return o200k(b, i, p) }
}

func o200k(b []byte, i int, p O200K) int {
	c, n := ClassAt(b, i)
	skip := 0
	if c&(Letter|Number) == 0 && b[i] != '\r' && b[i] != '\n' {
		skip = n
	}
	if c&Number == 0 {
		for _, match := range [...]func([]byte, int) int{lowered, capitals} {
			end := match(b, i+skip)
			if end < 0 && skip > 0 {
				end = match(b, i)
			}
			if end < 0 {
				continue
			}
			if p.Contractions && end < len(b) && b[end] == '\'' {
				end += contraction(b[end:], true)
			}
			return end
		}
	} else {
		return number(b, i, p.Digits)
	}
	if end := punctuation(b, i, Letter|Number|Space, true); end > i {
		return end
	}
	return breaks(b, i, false)
}

// caseless reports whether c belongs to a letter without case or to a mark,
// which stand both among the capitals and among the small letters.
func caseless(c Class) bool {
	return c&Mark != 0 || c&Letter != 0 && c&(Upper|Lower) == 0
}

// lowered matches [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+ at i,
// or returns -1. Where no small letter follows the first run, the expression
// gives back characters of it until one can stand in the second.
func lowered(b []byte, i int) int {
	back := -1
	for i < len(b) {
		c, n := ClassAt(b, i)
		switch {
		case caseless(c):
			back = i + n
		case c&Lower != 0:
			return smalls(b, i)
		case c&Upper == 0:
			return back
		}
		i += n
	}
	return back
}

// smalls returns the end of a run of small or caseless letters and marks.
func smalls(b []byte, i int) int {
	for i < len(b) {
		c, n := ClassAt(b, i)
		if c&Lower == 0 && !caseless(c) {
			break
		}
		i += n
	}
	return i
}

// capitals matches [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+ at i, or returns -1. It is
// tried only where lowered fails, so that no small letter can follow.
func capitals(b []byte, i int) int {
	start := i
	for i < len(b) {
		c, n := ClassAt(b, i)
		if c&Upper == 0 && !caseless(c) {
			break
		}
		i += n
	}
	if i == start {
		return -1
	}
	return i
}
