package generate

import "strings"

// textStream gives the text of one token after another: only whole
// characters, the rest with a later token or at the end.
type textStream interface {
	Push(id int32) string
	Flush() string
}

// stopper passes text on, but holds back what may be the beginning of a stop
// string, and ends at the first stop string.
type stopper struct {
	stops []string
	held  string
}

// push takes more text and returns what may go out. If a stop string is complete
// it returns the text before it and which it was; nothing may be pushed after.
func (s *stopper) push(text string) (out, stop string) {
	if len(s.stops) == 0 {
		return text, ""
	}
	s.held += text
	at := -1
	for _, x := range s.stops {
		if i := strings.Index(s.held, x); i >= 0 && (at < 0 || i < at) {
			at, stop = i, x
		}
	}
	if at >= 0 {
		out, s.held = s.held[:at], ""
		return out, stop
	}
	hold := 0
	for _, x := range s.stops {
		for n := min(len(x)-1, len(s.held)); n > hold; n-- {
			if strings.HasSuffix(s.held, x[:n]) {
				hold = n
			}
		}
	}
	out, s.held = s.held[:len(s.held)-hold], s.held[len(s.held)-hold:]
	return out, ""
}

// flush returns what was held back.
func (s *stopper) flush() string {
	out := s.held
	s.held = ""
	return out
}
