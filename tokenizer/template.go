package tokenizer

// part is one place of a template: one of the two texts, or special tokens.
type part struct {
	text int     // 0 or 1 for the texts, -1 for tokens
	ids  []int32 // with text -1
	kind int32   // segment of all its ids
}

// parts are the places of a sequence.
type parts []part

// added returns how many tokens stand around the texts.
func (ps parts) added() (n int) {
	for _, p := range ps {
		n += len(p.ids)
	}
	return n
}

// template says how special tokens stand around one text, or two.
type template struct {
	single, pair parts
}

// of returns the parts for one text or two.
func (t template) of(texts int) parts {
	if texts == 2 {
		return t.pair
	}
	return t.single
}

// plainTemplate adds nothing; the second text is the second segment.
var plainTemplate = template{
	single: []part{{text: 0}},
	pair:   []part{{text: 0}, {text: 1, kind: 1}},
}

func tokens(kind int32, ids ...int32) part { return part{text: -1, ids: ids, kind: kind} }

// bertTemplate is [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with B and what
// follows in segment 1.
func bertTemplate(cls, sep int32) template {
	return template{
		single: []part{tokens(0, cls), {text: 0}, tokens(0, sep)},
		pair:   []part{tokens(0, cls), {text: 0}, tokens(0, sep), {text: 1, kind: 1}, tokens(1, sep)},
	}
}

// robertaTemplate is <s> A </s>, and <s> A </s></s> B </s>, all in segment 0.
func robertaTemplate(cls, sep int32) template {
	return template{
		single: []part{tokens(0, cls), {text: 0}, tokens(0, sep)},
		pair:   []part{tokens(0, cls), {text: 0}, tokens(0, sep, sep), {text: 1}, tokens(0, sep)},
	}
}

// aroundTemplate puts bos before and eos behind each text; negative ones are
// left out.
func aroundTemplate(bos, eos int32) template {
	var t template
	for n := range 2 {
		kind := int32(n)
		if bos >= 0 {
			t.pair = append(t.pair, tokens(kind, bos))
		}
		t.pair = append(t.pair, part{text: n, kind: kind})
		if eos >= 0 {
			t.pair = append(t.pair, tokens(kind, eos))
		}
		if n == 0 {
			t.single = append(t.single, t.pair...)
		}
	}
	return t
}

// adds reports whether the template for one text puts id before it.
func (t template) adds(id int32) bool {
	for _, p := range t.single {
		if p.text >= 0 {
			return false
		}
		for _, i := range p.ids {
			if i == id {
				return true
			}
		}
	}
	return false
}
