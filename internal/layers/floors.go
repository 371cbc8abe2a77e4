// Package layers holds the house rules that a test can hold: who may import
// whom, how long files and functions may be, and that every exported name is
// documented.
package layers

// Floors maps each package, by its path below the module, to its floor. A
// package imports packages of lower floors only. A name ending in "/..." stands
// for the folder and all below it.
var Floors = map[string]int{
	"internal/kernel":     1,
	"internal/parallel":   1,
	"internal/mmap":       1,
	"internal/testkit":    1,
	"internal/atomicfile": 1,
	"tokenizer":           1,
	"tokenizer/train":     2,
	"tensor":              2,
	"chat/jinja":          1,
	"chat":                2,
	"nn":                  3,
	"data":                3,
	"data/parquet":        5, // its library is none of those that lower floors may import
	"checkpoint":          3,
	"model":               4,
	"models/...":          5,
	"optim":               4,
	"generate":            5,
	"objective":           5,
	"internal/measure":    6,
	"modeltest":           6,
	"task":                6,
	"train":               6,
	"train/report":        5,
	"grammar":             2,
	"tune":                7,
	"serve/field":         6,
	"serve/anthropic":     7,
	"serve/llamacpp":      7,
	"serve/native":        7,
	"serve/ollama":        7,
	"serve/openai":        7,
	"serve/page":          7,
	"serve/tei":           7,
	"serve":               8,
	"internal/layers":     9,
	"":                    9, // the façade
	"cmd/zoo":             10,
	"tools/casing":        10,
	"tools/corpus":        10,
	"tools/experiment":    10,
	"tools/ngram":         10,
	"tools/species":       10,
	"hatchling":           5,
}

// Exceptions lists the imports that stay on one floor: parts of one whole that
// were given folders of their own.
var Exceptions = map[[2]string]string{
	{"models/all", "models/..."}:         "the list of families imports every family",
	{"checkpoint", "checkpoint/..."}:     "checkpoint finds the format, its folders read it",
	{"tokenizer", "tokenizer/..."}:       "tokenizer's folders hold its scanners and readers",
	{"checkpoint/...", "checkpoint/..."}: "formats share their checks",
	{"tokenizer/...", "tokenizer/..."}:   "tokenizer's folders build on each other",
}

// ThirdParty lists the modules that packages below floor 5 may import.
var ThirdParty = []string{
	"golang.org/x/text",
	"golang.org/x/sys",
	"github.com/dlclark/regexp2/v2",
	"github.com/ardanlabs/jinja",
	"github.com/nlpodyssey/gopickle",
	"github.com/klauspost/cpuid/v2",
}
