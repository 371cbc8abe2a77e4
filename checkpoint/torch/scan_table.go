package torch

// operations are the operations of a pickle that torch.save uses for a state
// dict, of protocols 2 to 4.
var operations = map[byte]form{
	0x80: {argument: 1}, // protocol
	0x95: {argument: 8}, // frame

	'N': {cost: 1}, 0x88: {cost: 1}, 0x89: {cost: 1}, // None, True, False
	'K': {argument: 1, cost: 1}, 'M': {argument: 2, cost: 2}, 'J': {argument: 4, cost: 2}, // whole numbers
	0x8a: {argument: long1, cost: 2},
	'G':  {argument: 8, cost: 2}, // a float64

	'X': {argument: counted4, cost: 3}, 0x8c: {argument: counted1, cost: 3}, // text
	'T': {argument: counted4, cost: 3}, 'U': {argument: counted1, cost: 3}, // Python 2's text

	'q': {argument: 1, cost: 5}, 'r': {argument: 4, cost: 5}, 0x94: {cost: 5}, // to the memo
	'h': {argument: 1, cost: 1}, 'j': {argument: 4, cost: 1}, // from the memo

	'(':  {cost: 17, depth: 1},
	')':  {cost: 2},
	0x85: {cost: 3}, 0x86: {cost: 4}, 0x87: {cost: 5}, 't': {cost: 3, depth: -1}, // tuples
	']': {cost: 6}, 'a': {cost: 4}, 'e': {cost: 4, depth: -1}, // lists
	'}': {cost: 10}, 's': {cost: 12}, 'u': {cost: 12, depth: -1}, // dicts

	'c': {argument: lines, cost: 16}, 0x93: {cost: 8}, // a class
	'R': {cost: 20}, // an object of it
	'b': {cost: 4},  // its state
	'Q': {cost: 8},  // a storage
}

// allowed are the classes that a pickle may name. None of them runs code that the
// file brings.
var allowed = map[string]bool{
	"collections.OrderedDict":         true,
	"torch.Size":                      true,
	"torch._utils._rebuild_tensor":    true,
	"torch._utils._rebuild_tensor_v2": true,
	"torch._utils._rebuild_parameter": true,
	"torch.DoubleStorage":             true,
	"torch.FloatStorage":              true,
	"torch.HalfStorage":               true,
	"torch.BFloat16Storage":           true,
	"torch.LongStorage":               true,
	"torch.IntStorage":                true,
	"torch.ShortStorage":              true,
	"torch.CharStorage":               true,
	"torch.ByteStorage":               true,
	"torch.BoolStorage":               true,
	"torch.float64":                   true,
	"torch.float32":                   true,
	"torch.float16":                   true,
	"torch.bfloat16":                  true,
	"torch.int64":                     true,
	"torch.int32":                     true,
	"torch.int16":                     true,
	"torch.int8":                      true,
	"torch.uint8":                     true,
	"torch.bool":                      true,
}
