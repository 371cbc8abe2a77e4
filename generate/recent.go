package generate

// Recent is a Processor that penalises the tokens that stood last, prompt included,
// as llama.cpp does: the score of each goes over Repeat, or times it where it is
// negative, and then loses Presence, and Frequency for each time that it stood there.
type Recent struct {
	Prompt              []int32
	Last                int     // so many tokens; negative: all
	Repeat              float64 // 0 or 1: none
	Presence, Frequency float64
}

// Process implements Processor.
func (r Recent) Process(made []int32, logits []float32) {
	counts := map[int32]int{}
	left := r.Last
	if left < 0 {
		left = len(r.Prompt) + len(made)
	}
	for _, ids := range [][]int32{made, r.Prompt} {
		for i := len(ids) - 1; i >= 0 && left > 0; i, left = i-1, left-1 {
			counts[ids[i]]++
		}
	}
	for id, n := range counts {
		if int(id) >= len(logits) {
			continue
		}
		score := logits[id]
		switch repeat := float32(r.Repeat); {
		case repeat == 0:
		case score <= 0:
			score *= repeat
		default:
			score /= repeat
		}
		logits[id] = score - float32(float64(n)*r.Frequency+r.Presence)
	}
}
