package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// A Schedule says how the learning rate goes: after a warm-up, in which it rises from 0
// in equal steps, as Name has it. The formulas are those of the transformers library.
type Schedule struct {
	// Name is constant, or one of:
	//
	//   linear        falls to Floor in equal steps
	//   cosine        falls to Floor as half a period of a cosine
	//   inverse_sqrt  falls as 1/√step, beginning with 1 after the warm-up
	//   rsqrt         is 1/√max(step, Timescale), as for T5: the rate is a number by
	//                 itself, so that 1 is the learning rate to multiply by it
	//   wsd           stays, and falls to Floor during the last Decay steps only
	Name string `yaml:"name"`
	// Warmup is how many steps the warm-up takes.
	Warmup int `yaml:"warmup,omitempty"`
	// Floor is the share of the learning rate that is left in the end.
	Floor float64 `yaml:"floor,omitempty"`
	// Decay is how many steps the fall takes, for linear and cosine from the warm-up
	// on (0: until the end), for wsd at the end (0: a tenth of all).
	Decay int `yaml:"decay,omitempty"`
	// Shape is that of wsd's fall: linear, cosine or sqrt (1-√progress); "": linear.
	Shape string `yaml:"shape,omitempty"`
	// Timescale is how many steps it takes inverse_sqrt to fall by a factor of √2 (0:
	// Warmup, or 10000 without one), and how many rsqrt stays at first (0: 10000).
	Timescale int `yaml:"timescale,omitempty"`
}

// falls has for each shape what is left at a progress from 0 to 1.
var falls = map[string]func(progress float64) float64{
	"":       func(p float64) float64 { return 1 - p },
	"linear": func(p float64) float64 { return 1 - p },
	"cosine": func(p float64) float64 { return 0.5 * (1 + math.Cos(math.Pi*p)) },
	"sqrt":   func(p float64) float64 { return 1 - math.Sqrt(p) },
}

// schedules has what each makes of the steps so far, after the warm-up.
var schedules = map[string]func(s Schedule, step, total int) float64{
	"constant":     func(Schedule, int, int) float64 { return 1 },
	"linear":       func(s Schedule, step, total int) float64 { return s.fall("linear", step, s.Warmup, total) },
	"cosine":       func(s Schedule, step, total int) float64 { return s.fall("cosine", step, s.Warmup, total) },
	"inverse_sqrt": Schedule.inverseSqrt,
	"rsqrt":        Schedule.rsqrt,
	"wsd":          Schedule.stable,
}

// Schedules returns the names of the schedules there are.
func Schedules() []string { return slices.Sorted(maps.Keys(schedules)) }

// Check fails if the schedule makes no sense.
func (s Schedule) Check() error {
	if _, ok := schedules[s.Name]; !ok {
		return fmt.Errorf("optim: schedule: name: must be one of %s, not %.40q", strings.Join(Schedules(), ", "), s.Name)
	}
	if _, ok := falls[s.Shape]; !ok {
		return fmt.Errorf("optim: schedule: shape: must be linear, cosine or sqrt, not %.40q", s.Shape)
	}
	if !(s.Floor >= 0 && s.Floor <= 1) {
		return fmt.Errorf("optim: schedule: floor: must be from 0 to 1, not %g", s.Floor)
	}
	for key, v := range map[string]int{"warmup": s.Warmup, "decay": s.Decay, "timescale": s.Timescale} {
		if v < 0 {
			return fmt.Errorf("optim: schedule: %s: must not be %d", key, v)
		}
	}
	return nil
}

// At returns the factor of the learning rate for the step that follows step others, in
// a training of total steps. The schedule has passed Check.
func (s Schedule) At(step, total int) float64 {
	if step < s.Warmup && s.Name != "rsqrt" {
		return float64(step) / float64(s.Warmup)
	}
	return max(0, schedules[s.Name](s, step, total))
}

// fall returns what is left after step steps, of which the fall begins with from.
func (s Schedule) fall(shape string, step, from, total int) float64 {
	length := total - from
	if s.Decay > 0 && s.Name != "wsd" {
		length = min(s.Decay, length)
	}
	progress := min(float64(step-from)/float64(max(1, length)), 1)
	return falls[shape](progress)*(1-s.Floor) + s.Floor
}

func (s Schedule) stable(step, total int) float64 {
	length := s.Decay
	if length == 0 {
		length = total / 10
	}
	from := max(s.Warmup, total-length)
	if step < from {
		return 1
	}
	return s.fall(s.Shape, step, from, total)
}

// given returns n, or if that is 0 the first of others that is not.
func given(n int, others ...int) float64 {
	for _, o := range others {
		if n == 0 {
			n = o
		}
	}
	return float64(n)
}

func (s Schedule) inverseSqrt(step, _ int) float64 {
	scale := given(s.Timescale, s.Warmup, 10000)
	return 1 / math.Sqrt((float64(step-s.Warmup)+scale)/scale)
}

// rsqrt counts this step too, as the step of the optimizer that it comes from does.
func (s Schedule) rsqrt(step, _ int) float64 {
	now := float64(step + 1)
	rate := 1 / math.Sqrt(max(now, given(s.Timescale, 10000)))
	if s.Warmup > 0 {
		rate *= min(now/float64(s.Warmup), 1)
	}
	return rate
}
